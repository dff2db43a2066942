"""Provider and shop tied out against each other."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from forensics.model.reconciliation import Reconciliation
from forensics.scope.reconcile import reconcile
from tests.link.linked import linked
from tests.scope.scoped import DAY, charge


def ours(effect: str, minute: float, **other: Any) -> dict[str, Any]:
    """The shop's own line of a charge that the provider answered."""
    given = {
        "event_id": f"o-{effect}",
        "source": "shop",
        "system": "shop",
        "target_system": "payments",
        "vantage": "client",
    }
    return charge(effect, minute, **(given | other))


BOTH = [("first", 0), ("last", 100)]
"""Charges that both tell of: they span the time that both cover."""


def reconciled(
    only_theirs: list[dict[str, Any]],
    only_ours: list[dict[str, Any]],
    states: Mapping[str, str] = MappingProxyType({"shop": "complete"}),
) -> list[Reconciliation]:
    """Two logs with the charges of `BOTH`, and these; by default, one is known to be whole."""
    events = [make(name, minute) for name, minute in BOTH for make in (charge, ours)]
    with linked([*events, *only_theirs, *only_ours]) as connection:
        for source, told in states.items():
            for page, state in enumerate(told.split(), 1):
                connection.execute(
                    "INSERT INTO coverage VALUES ($source, 'p', $page, $state)",
                    {"source": source, "page": page, "state": state},
                )
        return reconcile(connection)


@pytest.mark.parametrize(
    ("theirs", "mine", "counts", "examples"),
    [
        ([], [], (2, 0, 0, 0), []),
        ([charge("x", 50)], [], (2, 0, 1, 0), ["x (only log)"]),
        ([], [ours("x", 50)], (2, 0, 0, 1), ["x (only shop)"]),
        ([charge("x", 50)], [ours("x", 50, amount="11")], (2, 1, 0, 0), ["x (amounts differ)"]),
        # Other currencies and other stages cannot be compared.
        ([charge("x", 50)], [ours("x", 50, currency="USD")], (3, 0, 0, 0), []),
        (
            [charge("x", 50, money_stage="authorised")],
            [ours("x", 50, amount="8")],
            (3, 0, 0, 0),
            [],
        ),
        ([charge("x", 50)], [ours("x", 50, amount=None)], (3, 0, 0, 0), []),
        # Beyond the time that both cover, or so near its end that the other line may be.
        ([charge("x", 200)], [], (2, 0, 0, 0), []),
        ([charge("x", 98)], [], (2, 0, 0, 0), []),
        # One log tells of effects ten minutes after the other does.
        ([charge("x", 85), charge("y", 40)], [ours("y", 50)], (3, 0, 0, 0), []),
        # A call that failed charged nothing.
        ([], [ours("x", 50, outcome="error")], (2, 0, 0, 0), []),
    ],
)
def test_each_effect_is_looked_for_in_the_other_log(
    theirs: list[dict[str, Any]],
    mine: list[dict[str, Any]],
    counts: tuple[int, ...],
    examples: list[str],
) -> None:
    (one,) = reconciled(theirs, mine)

    assert (one.left, one.right, one.callee) == ("log", "shop", "payments")
    assert (one.matched, one.differing, one.left_only, one.right_only) == counts
    assert one.examples == examples
    assert one.agrees == (not examples)
    assert one.last_at == DAY + timedelta(minutes=100)


def plain(source: str, minute: float) -> dict[str, Any]:
    """A line that tells of no effect, but that the log was kept then."""
    return ours(f"{source}-{minute}", minute, source=source, kind="other", effect_id=None)


@pytest.mark.parametrize(
    ("lines", "states", "missing", "wholes"),
    [
        # A whole log that has other lines then lacks the charge at 150.
        ([plain("shop", 200)], ("complete", "complete"), 1, (190, 200)),
        # Near misses: it ends before, its ends are too near, or its own lines may be missing.
        ([], ("complete", "complete"), 0, (190, 100)),
        ([plain("shop", 154)], ("complete", "complete"), 0, (190, 154)),
        ([plain("shop", 200)], ("complete", "truncated"), 0, (190, None)),
        ([plain("shop", 200)], ("complete", "forgotten"), 1, (190, 200)),
        # What was gone before it was read stays missing; what was cut may have come since.
        ([plain("shop", 200)], ("complete", "expired complete"), 0, (190, None)),
        ([plain("shop", 200)], ("complete", "truncated complete"), 1, (190, 200)),
        # Of a log that is not whole, the time to its last effect is compared.
        ([plain("shop", 200), charge("y", 170)], ("truncated", "complete"), 1, (None, 200)),
    ],
)
def test_what_lies_outside_a_logs_own_time_is_not_missing_in_it(
    lines: list[dict[str, Any]],
    states: tuple[str, str],
    missing: int,
    wholes: tuple[int | None, int | None],
) -> None:
    later = [charge("x", 150), plain("log", 190)] if states[0] == "complete" else [charge("x", 150)]
    (one,) = reconciled(later, lines, dict(zip(("log", "shop"), states, strict=True)))

    assert (one.left, one.left_only, one.right_only) == ("log", missing, 0)
    assert one.complete == (None not in wholes)
    ends = [None if whole is None else whole.last_at for whole in (one.left_whole, one.right_whole)]
    assert ends == [None if end is None else DAY + timedelta(minutes=end) for end in wholes]


@pytest.mark.parametrize("named", [None, "payments/{}"], ids=["a write", "an inserted row"])
def test_a_row_that_bears_the_effects_id_is_its_booking(named: str | None) -> None:
    rows = [
        {
            "event_id": f"row-{name}",
            "source": "books",
            "system": "shop",
            "kind": "write",
            "action": "insert",
            "outcome": "ok",
            "occurred_at": DAY + timedelta(minutes=minute),
            "entity_type": "payments",
            "entity_id": name,
            "effect_id": named and named.format(name),
        }
        for name, minute in BOTH
    ]
    provider = [charge("first", 0), charge("lost", 50), charge("last", 100)]
    with linked([*provider, *rows]) as connection:
        (one,) = reconcile(connection)

    assert (one.left, one.right, one.matched, one.left_only) == ("log", "books", 2, 1)
    assert one.examples == ["lost (only log)"]


def test_logs_that_share_no_effect_are_not_held_against_each_other() -> None:
    with linked([charge("a", 0), charge("b", 9), ours("c", 1), ours("d", 8)]) as connection:
        assert reconcile(connection) == []
