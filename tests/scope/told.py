"""Lines of a shop's log, and the incidents that are told of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from forensics.detect.contract import Detector
from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.race_window.detector import RACE_WINDOW
from forensics.detect.retry_storm.detector import RETRY_STORM
from forensics.model.incident import Incident, Pending
from forensics.scope.pending import pending
from forensics.scope.reconcile import reconcile
from forensics.scope.story import incidents
from tests.scope.scoped import DAY, measured

DETECTORS = (DUPLICATE_SIDE_EFFECT, RETRY_STORM, RACE_WINDOW)


@contextmanager
def told(
    events: Sequence[dict[str, Any]],
    detectors: Sequence[Detector] = DETECTORS,
    *,
    incomplete: Sequence[str] = (),
    states: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[list[Incident], list[Pending]]]:
    """The incidents of a log, and what it leaves unfinished; `states` is the logs' coverage."""
    with measured(events, detectors) as (connection, findings):
        for told_of in states.items():
            connection.execute("INSERT INTO coverage VALUES ($1, 'p', 1, $2)", list(told_of))
        reconcile(connection)
        unfinished = pending(connection, key_lifetime_s=86_400)
        yield incidents(connection, findings, unfinished, incomplete=incomplete), unfinished


def row(name: str, minute: float, **other: Any) -> dict[str, Any]:
    """Any line of the shop's log."""
    return {
        "event_id": name,
        "occurred_at": DAY + timedelta(minutes=minute),
        "kind": "trigger",
        "action": "run",
        "outcome": "ok",
        "system": "shop",
        "source": "shop",
    } | other


def message(name: str, minute: float, **other: Any) -> dict[str, Any]:
    """A message that is handed over."""
    given = {"kind": "delivery", "action": "deliver", "delivery_id": name, "outcome": "pending"}
    return row(f"{name}-{minute}", minute, **(given | other))


def call(name: str, minute: float, key: str, **other: Any) -> dict[str, Any]:
    """A call under a key."""
    given = {"kind": "attempt", "action": "pay", "operation_key": key, "outcome": "timeout"}
    return row(name, minute, **(given | other))


def storm(count: int) -> list[dict[str, Any]]:
    """One order's calls to a dead dependency, each a run that the order's run caused."""
    failed = {
        "kind": "attempt",
        "action": "charge",
        "outcome": "timeout",
        "error_kind": "timeout",
        "target_system": "payments",
        "entity_type": "order",
        "entity_id": "o1",
        "cause_id": "order-run",
        "workflow": "checkout",
        "vantage": "client",
    }
    return [row(f"try-{n}", n / 30, execution_id=f"call-{n}", **failed) for n in range(count)]
