"""GitHub's API as a source."""

from connectors.live.source import PROVIDER_OPTIONS, LiveSource

SOURCE = LiveSource(
    schemes=("github",),
    title="GitHub's API",
    example="'github://OWNER/REPO?hook=HOOK'",
    rights="a fine-grained token that may read Actions and Webhooks of the repository",
    leaves="nothing but the requests counted against the token's hourly limit",
    options={
        **PROVIDER_OPTIONS,
        "hook": "number of the webhook whose deliveries are read",
    },
    secrets={"token": ("GITHUB_TOKEN", "GH_TOKEN")},
    has_account=False,
    module="connectors.github.connector",
    extra="http",
    library="httpx",
)
