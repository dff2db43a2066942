"""Reads the messages of a Svix application, and the attempts to deliver them to an endpoint.

https://api.svix.com/docs
"""

from datetime import timedelta

from connectors.live.provider import Listing, Provider, by_token_until, stamped

_FOLLOWING = by_token_until("iterator", end="done")

SVIX = Provider(
    title="Svix",
    endpoint="https://api.svix.com",
    rights="The token needs read access to messages and attempts of the application.",
    headers=lambda _, token: {"Authorization": f"Bearer {token}"},
    secret="token",  # noqa: S106 - the name of a secret
    listings=(
        Listing(
            name="messages",
            path="/api/v1/app/{place}/msg",
            records="data",
            parameters={"limit": 250},
            following=_FOLLOWING,
            made_at=stamped("timestamp"),
            since=lambda since: {"after": since.isoformat()},
        ),
        Listing(
            name="attempts",
            path="/api/v1/app/{place}/attempt/endpoint/{endpoint_id}",
            records="data",
            parameters={"limit": 250},
            following=_FOLLOWING,
            made_at=stamped("timestamp"),
            since=lambda since: {"after": since.isoformat()},
            # 1 is pending, 3 sending.
            is_final=lambda attempt: attempt.get("status") not in {1, 3},
            settles=timedelta(hours=1),
        ),
    ),
)

open_source = SVIX.open
