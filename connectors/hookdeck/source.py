"""Hookdeck's API as a source."""

from connectors.live.source import PROVIDER_OPTIONS, LiveSource

SOURCE = LiveSource(
    schemes=("hookdeck",),
    title="Hookdeck's API",
    example="hookdeck://",
    rights="an API key of the project",
    leaves="nothing but requests that count against the account's limit",
    options=PROVIDER_OPTIONS,
    secrets={"key": ("HOOKDECK_API_KEY",)},
    has_account=False,
    module="connectors.hookdeck.connector",
    extra="http",
    library="httpx",
)
