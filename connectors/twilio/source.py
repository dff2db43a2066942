"""Twilio's API as a source."""

from connectors.live.source import PROVIDER_OPTIONS, LiveSource

SOURCE = LiveSource(
    schemes=("twilio",),
    title="Twilio's API",
    example="twilio://ACCOUNT_SID",
    rights="an auth token or API key that may read messages",
    leaves="nothing but requests that count against the account's limit",
    options=PROVIDER_OPTIONS,
    secrets={"token": ("TWILIO_AUTH_TOKEN",)},
    module="connectors.twilio.connector",
    extra="http",
    library="httpx",
)
