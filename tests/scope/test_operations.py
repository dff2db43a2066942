"""Goodput, invariants, divergence and backlog: a number where the logs tell it, else why not."""

from collections.abc import Iterable
from typing import Any

import pytest

from forensics.model.operations import Operations
from tests.scope.scoped import charge
from tests.scope.test_reconcile import ours, plain
from tests.scope.told import call, row, storm, told

TO_PAYMENTS = {
    "kind": "attempt",
    "action": "charge",
    "target_system": "payments",
    "vantage": "client",
    "workflow": "checkout",
}


def before(minutes: Iterable[float], outcome: str = "ok") -> list[dict[str, Any]]:
    """Calls to what the storm calls, one each of these minutes before it."""
    return [
        row(f"before-{m}", -m, execution_id=f"b{m}", outcome=outcome, **TO_PAYMENTS)
        for m in minutes
    ]


def measured(events: list[dict[str, Any]]) -> Operations:
    """The numbers of the only incident of a log."""
    with told(events) as ((incident,), _):
        return incident.blast_radius.operations


USUAL = [n / 2 for n in range(6, 100)]
"""Two calls a minute up to three minutes before the storm."""


@pytest.mark.parametrize(
    ("events", "lost", "reason"),
    [
        # One order's storm of ten minutes: twenty others could have been served, it alone was not.
        (before(USUAL), 1, ""),
        # What was served at the rate before has lost nothing.
        (before([*USUAL, *(-n / 4 for n in range(1, 39))]), 0, ""),
        ([], None, "the logs hold no ten minutes of calls to payments before the storm"),
        (
            before(range(3, 12)),
            None,
            "the logs hold no ten minutes of calls to payments before the storm",
        ),
        (
            before(USUAL, outcome="timeout")[::2] + before(USUAL)[1::2],
            None,
            "calls to payments failed before the storm as well",
        ),
        # Calls of another system's, or just before, tell nothing of the rate.
        (
            [event | {"target_system": "mail"} for event in before(USUAL)],
            None,
            "the logs hold no ten minutes of calls to payments before the storm",
        ),
    ],
)
def test_goodput_is_what_the_rate_before_would_have_served(
    events: list[dict[str, Any]], lost: int | None, reason: str
) -> None:
    with told([*storm(300), *events]) as (found, _):
        one = max(found, key=lambda incident: incident.blast_radius.calls_wasted)
        goodput = one.blast_radius.operations.goodput_lost

    assert (goodput.value, goodput.reason) == (lost, reason)


def test_without_a_storm_no_goodput_is_told() -> None:
    goodput = measured([charge("a", 0), charge("b", 1)]).goodput_lost

    assert (goodput.value, goodput.reason) == (None, "it holds no retry storm")


def test_what_is_proven_broke_an_invariant() -> None:
    invariants = measured([charge("a", 0), charge("b", 1), charge("c", 2)]).invariants_broken

    assert (invariants.value, invariants.kinds) == (1, {"same_key": 1})


def test_what_is_not_proven_broke_none_for_certain() -> None:
    invariants = measured(storm(40)).invariants_broken

    assert invariants.value is None
    assert invariants.reason == "none of its findings proves a record wrong"


@pytest.mark.parametrize(
    ("whole", "mine", "value", "kinds"),
    [
        (True, [ours("a", 50), ours("b", 51)], 0, {}),
        (True, [ours("a", 50)], 1, {"only in one log": 1}),
        (True, [ours("a", 50), ours("b", 51, amount="9")], 1, {"amounts differ": 1}),
        # A log that is not whole may have lost the line of the second.
        (False, [ours("a", 50)], 0, {}),
        # No other log tells of any of the two.
        (False, [], None, {}),
    ],
)
def test_what_two_logs_say_of_its_effects_is_compared(
    whole: bool, mine: list[dict[str, Any]], value: int | None, kinds: dict[str, int]
) -> None:
    twice = [charge("a", 50), charge("b", 51)]
    around = [
        make(name, minute, key=name, customer_id=name, entity_id=name, entity_type="order")
        for name, minute in (("first", 0), ("last", 100))
        for make in (charge, ours)
    ]
    states = {"log": "complete", "shop": "complete"} if whole else {}
    with told([*twice, *mine, *around, plain("log", 200)], states=states) as ((one,), _):
        diverged = one.blast_radius.operations.records_diverged

    assert (diverged.value, diverged.kinds) == (value, kinds)
    assert (value is None) == bool(diverged.reason)


def write(run: str, minute: float, store: str, value: int, **other: Any) -> dict[str, Any]:
    """A version of a record, in a store."""
    given = {
        "event_id": f"{store}-{run}-{minute}",
        "kind": "write",
        "action": "update",
        "system": store,
        "source": store,
        "vantage": "database",
        "entity_type": "account",
        "entity_id": "a1",
        "after_hash": value,
        "execution_id": run,
    }
    return row("", minute, **(given | other))


@pytest.mark.parametrize(
    ("copy", "value", "kinds"),
    [
        ([write("sync", 2, "mirror", 1)], 1, {"stores differ": 1}),
        ([write("sync", 2, "mirror", 1), write("again", 3, "mirror", 3)], 0, {}),
        # Hashes that were never equal may be of two makes; a copy may be under way at the end.
        ([write("sync", 2, "mirror", 77)], None, {}),
        ([write("sync", 2, "mirror", 1), write("late", 58, "mirror", 9)], None, {}),
        ([], None, {}),
    ],
)
def test_stores_of_a_raced_record_are_compared(
    copy: list[dict[str, Any]], value: int | None, kinds: dict[str, int]
) -> None:
    raced = [
        write("x", 0, "books", 1, version_read="1", version_written="2"),
        write("y", 1, "books", 2, version_read="2", version_written="3"),
        write("z", 2, "books", 3, version_read="2", version_written="3"),
    ]
    ends = [plain("books", 60), plain("mirror", 60)]
    diverged = measured([*raced, *copy, *ends]).records_diverged

    assert (diverged.value, diverged.kinds) == (value, kinds)


def test_backlog_is_told_by_kind() -> None:
    events = [charge("a", 0, key="k"), charge("b", 1, key="k"), call("c", 2, "k")]
    with told(events) as (found, unfinished):
        (one,) = found
        backlog = one.blast_radius.operations.backlog

    assert backlog.value == one.blast_radius.backlog == len(unfinished)
    assert sum(backlog.kinds.values()) == backlog.value


def test_a_log_of_rows_alone_tells_no_backlog() -> None:
    raced = [
        write("x", 0, "books", 1, version_read="1", version_written="2"),
        write("y", 1, "books", 2, version_read="2", version_written="3"),
        write("z", 2, "books", 3, version_read="2", version_written="3"),
    ]
    backlog = measured(raced).backlog

    assert (backlog.value, backlog.reason) == (
        None,
        "no log of it tells of messages, runs or keys",
    )
