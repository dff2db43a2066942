"""Reads the webhook events of a PayPal app.

https://developer.paypal.com/docs/api/webhooks/v1/#webhooks-events_list
"""

from datetime import timedelta
from typing import Any

import httpx

from connectors.live.provider import Listing, Provider, stamped


def _next_link(response: httpx.Response, content: Any, last: str) -> str:  # noqa: ANN401 - JSON
    del response, last
    links = content.get("links") or []
    return next((str(link["href"]) for link in links if link.get("rel") == "next"), "")


PAYPAL = Provider(
    title="PayPal",
    endpoint="https://api-m.paypal.com",
    rights="The access token must be one of the app that owns the webhook, and not expired.",
    headers=lambda _, token: {"Authorization": f"Bearer {token}"},
    secret="token",  # noqa: S106 - the name of a secret
    listings=(
        Listing(
            name="events",
            path="/v1/notifications/webhooks-events",
            records="events",
            parameters={"page_size": 300},
            following=_next_link,
            made_at=stamped("create_time"),
            since=lambda since: {"start_time": f"{since:%Y-%m-%dT%H:%M:%SZ}"},
            kept=timedelta(days=30),
        ),
    ),
)

open_source = PAYPAL.open
