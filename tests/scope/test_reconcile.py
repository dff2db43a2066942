"""Provider and shop tied out against each other."""

from datetime import timedelta
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
    only_theirs: list[dict[str, Any]], only_ours: list[dict[str, Any]]
) -> list[Reconciliation]:
    """Two logs with the charges of `BOTH`, and these."""
    events = [make(name, minute) for name, minute in BOTH for make in (charge, ours)]
    with linked([*events, *only_theirs, *only_ours]) as connection:
        connection.execute("""
            CREATE OR REPLACE TEMP TABLE coverage AS
            SELECT 'shop' AS source, 'p' AS part, 1 AS page, 'complete' AS state""")
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


def test_a_row_that_bears_the_effects_id_is_its_booking() -> None:
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
        }
        for name, minute in BOTH
    ]
    provider = [charge("first", 0), charge("lost", 50), charge("last", 100)]
    with linked([*provider, *rows]) as connection:
        connection.execute(
            "CREATE TEMP TABLE coverage (source VARCHAR, part VARCHAR, page INT, state VARCHAR)"
        )
        (one,) = reconcile(connection)

    assert (one.left, one.right, one.matched, one.left_only) == ("log", "books", 2, 1)
    assert one.examples == ["lost (only log)"]


def test_logs_that_share_no_effect_are_not_held_against_each_other() -> None:
    with linked([charge("a", 0), charge("b", 9), ours("c", 1), ours("d", 8)]) as connection:
        connection.execute(
            "CREATE TEMP TABLE coverage (source VARCHAR, part VARCHAR, page INT, state VARCHAR)"
        )
        assert reconcile(connection) == []
