"""What five recorded incidents call their things, as their drivers have it, and what is learned.

The drivers are those of `tests/incidents`, with more orders (`tests/link/record.py`): those of the
incidents themselves tell of fewer things than a join takes.
"""

from functools import cache
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from connectors import registry
from forensics.case.case import Case
from forensics.model.joins import Join
from forensics.model.record import SourceSpec
from tests.link.record import NAMES, RECORDED

REQUEST = {"provider_events.trace_id", "provider_requests.trace_id"}
THINGS: dict[str, dict[str, set[str]]] = {
    "dead_letters_replayed": {
        "charge": {"provider_events.effect_id", "payments_changes.entity_id:public.payments"},
        "request": REQUEST,
    },
    "key_per_attempt": {
        "charge": {"provider_events.effect_id", "payments_changes.entity_id:public.payments"},
        "attempt": {"provider_events.operation_key", "provider_requests.operation_key"},
        "request": REQUEST,
    },
    "outbox_two_relays": {
        "charge": {"provider_events.effect_id", "shop_changes.entity_id:public.payments"},
        "request": REQUEST,
    },
    "refunded_twice": {
        "order, which is the key of its charge": {
            "provider_events.operation_key", "provider_events.entity_id:order",
            "provider_requests.operation_key",
        },
        "request": REQUEST,
    },
    "webhook_retried": {
        "charge": {
            "provider_events.effect_id", "provider_events.natural_key", "webhooks.effect_id",
            "webhooks.entity_id:charge",
        },
        "transfer": {"provider_events.effect_id", "transfers_changes.entity_id:public.transfers"},
        "order, which is the key of its charge": {
            "provider_events.operation_key", "provider_events.entity_id:order",
            "provider_requests.operation_key", "webhooks.operation_key",
            "webhooks.entity_id:order",
        },
        "customer": {
            "provider_events.customer_id", "provider_events.entity_id:customer",
            "webhooks.customer_id", "webhooks.entity_id:customer",
        },
        # An event says which request made it, and the webhook is the event.
        "request": {*REQUEST, "webhooks.trace_id"},
    },
}  # fmt: skip
"""Incident to its things, each with the fields that name it."""

Pair = frozenset[str]


@cache
def learned(name: str) -> list[Join]:
    with TemporaryDirectory() as place:
        case = Case(Path(place, "case"), registry)
        logs = [path for path in sorted((RECORDED / name).glob("*.*")) if path.stem != "truth"]
        case.ingest(
            [SourceSpec(name=path.name.partition(".")[0], address=str(path)) for path in logs]
        )
        return case.learned_joins()


def pair(join: Join) -> Pair:
    return frozenset(
        {f"{join.left_source}.{join.left_field}", f"{join.right_source}.{join.right_field}"}
    )


def true_pairs(name: str) -> set[Pair]:
    return {
        frozenset(fields)
        for thing in THINGS[name].values()
        for fields in combinations(sorted(thing), 2)
        if len({field.partition(".")[0] for field in fields}) == 2
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_true_join_is_found(name: str) -> None:
    assert true_pairs(name) - {pair(join) for join in learned(name) if join.used} == set()


@pytest.mark.parametrize("name", NAMES)
def test_no_false_join_is_used(name: str) -> None:
    assert {pair(join) for join in learned(name) if join.used} - true_pairs(name) == set()
