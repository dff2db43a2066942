"""Stripe's API as a source."""

from connectors.live.source import PROVIDER_OPTIONS, LiveSource

SOURCE = LiveSource(
    schemes=("stripe",),
    title="Stripe's API",
    example="'stripe://?since=2026-11-01'",
    rights="a restricted key with read access to Events",
    leaves="an entry in the account's own request log for each page",
    options=PROVIDER_OPTIONS,
    secrets={"key": ("STRIPE_API_KEY", "STRIPE_SECRET_KEY")},
    has_account=False,
    module="connectors.stripe.connector",
    extra="http",
    library="httpx",
)
