"""PayPal's API as a source."""

from connectors.live.source import PROVIDER_OPTIONS, LiveSource

SOURCE = LiveSource(
    schemes=("paypal",),
    title="PayPal's API",
    example="'paypal://?since=2026-11-01'",
    rights="an access token of the app that owns the webhook",
    leaves="nothing but requests that count against the account's limit",
    options=PROVIDER_OPTIONS,
    secrets={"token": ("PAYPAL_ACCESS_TOKEN",)},
    has_account=False,
    module="connectors.paypal.connector",
    extra="http",
    library="httpx",
)
