"""Reads a Hookdeck project's requests, the events made of them, and the attempts to deliver those.

https://hookdeck.com/docs/api
"""

from datetime import timedelta

from connectors.live.provider import Listing, Provider, by_token, stamped

_ON_THEIR_WAY = frozenset({"SCHEDULED", "QUEUED", "HOLD"})


def _listing(name: str) -> Listing:
    return Listing(
        name=name,
        path=f"/{name}",
        records="models",
        parameters={"limit": 250, "order_by": "created_at", "dir": "desc"},
        following=by_token("next", "pagination", "next"),
        made_at=stamped("created_at"),
        is_final=lambda record: record.get("status") not in _ON_THEIR_WAY,
        settles=timedelta(days=7),
    )


HOOKDECK = Provider(
    title="Hookdeck",
    endpoint="https://api.hookdeck.com/2025-07-01",
    rights="The key must be one of the project.",
    headers=lambda _, key: {"Authorization": f"Bearer {key}"},
    listings=tuple(map(_listing, ("requests", "events", "attempts"))),
)

open_source = HOOKDECK.open
