"""Svix's API as a source."""

from connectors.live.source import PROVIDER_OPTIONS, LiveSource

SOURCE = LiveSource(
    schemes=("svix",),
    title="Svix's API",
    example="'svix://APP?endpoint_id=ENDPOINT'",
    rights="a token that may read messages and attempts of the application",
    leaves="nothing but requests that count against the account's limit",
    options={
        **PROVIDER_OPTIONS,
        "endpoint_id": "the endpoint whose attempts are read",
    },
    secrets={"token": ("SVIX_AUTH_TOKEN",)},
    has_account=False,
    module="connectors.svix.connector",
    extra="http",
    library="httpx",
)
