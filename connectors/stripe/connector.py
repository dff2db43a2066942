"""Reads Stripe's list of events.

https://docs.stripe.com/api/events/list
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.live.provider import Listing, Provider, by_last_id

_KEPT = timedelta(days=30)


def _made_at(event: Any) -> datetime | None:  # noqa: ANN401 - JSON
    seconds = event.get("created")
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None


STRIPE = Provider(
    title="Stripe",
    endpoint="https://api.stripe.com",
    rights="The key needs read access to Events; a restricted key with nothing else is enough.",
    headers=lambda _, key: {"Authorization": f"Bearer {key}"},
    listings=(
        Listing(
            name="events",
            path="/v1/events",
            records="data",
            parameters={"limit": 100},
            following=by_last_id("starting_after", more="has_more"),
            made_at=_made_at,
            since=lambda since: {"created[gte]": int(since.timestamp())},
            kept=_KEPT,
        ),
    ),
)

open_source = STRIPE.open
