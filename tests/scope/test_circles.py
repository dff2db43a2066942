"""What the later rounds of a circle did is too much once, whoever else says so."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.recursive_chain.detector import RECURSIVE_CHAIN
from forensics.scope import money
from tests.scope.scoped import DAY, charge, measured, refund, scoped

BOTH = (DUPLICATE_SIDE_EFFECT, RECURSIVE_CHAIN)


def circle(runs: int, kind: str = "trigger") -> list[dict[str, Any]]:
    """Two workflows that set each other off, a run a minute."""
    return [
        {
            "event_id": f"r{number}", "execution_id": f"x{number}", "kind": kind,
            "occurred_at": DAY.replace(minute=number), "action": "run", "outcome": "ok",
            "system": "shop", "workflow": "ab"[number % 2], "entity_type": "order",
            "entity_id": "o1", "cause_id": f"x{number - 1}" if number else None,
        }
        for number in range(runs)
    ]  # fmt: skip


def charges(runs: int, **other: Any) -> list[dict[str, Any]]:
    """A charge in each run, under a key of its own."""
    return [
        charge(f"ch{n}", n + 0.5, execution_id=f"x{n}", key=f"k{n}", **other) for n in range(runs)
    ]


def test_the_rounds_after_the_first_are_exposed() -> None:
    seen = scoped([*circle(6), *charges(6)], (RECURSIVE_CHAIN,))

    (found,) = seen.findings
    assert [(lost.gross, lost.currency) for lost in found.exposure] == [(Decimal(40), "EUR")]
    assert found.customers == ["customer"]
    assert seen.totals["EUR"].net == Decimal(40)
    assert seen.acts == {f"ch{number}": "check" for number in range(2, 6)}


def test_what_was_given_back_is_not_out() -> None:
    given = refund("re", 30, of="ch4")

    seen = scoped([*circle(6), *charges(6), given], (RECURSIVE_CHAIN,))

    assert seen.totals["EUR"].gross == Decimal(40)
    assert seen.totals["EUR"].net == Decimal(30)


def test_what_writes_a_record_costs_nothing() -> None:
    rows = [row | {"effect_class": "ledger", "amount": Decimal(9)} for row in circle(6, "write")]

    assert scoped(rows, (RECURSIVE_CHAIN,)).totals == {}


@pytest.mark.parametrize(
    ("keys", "out", "acts"),
    [
        # A charge of the first round is repeated in the second.
        ({1: "k0"}, 50, {"ch1": "refund", "ch2": "check"}),
        # Of two charges of later rounds, none stays.
        ({3: "k2"}, 40, {"ch2": "check", "ch3": "refund"}),
    ],
)
def test_an_effect_of_two_findings_counts_once(
    keys: dict[int, str], out: int, acts: dict[str, str]
) -> None:
    paid: Sequence[dict[str, Any]] = [
        one | {"operation_key": keys.get(n, f"k{n}")} for n, one in enumerate(charges(6))
    ]
    with measured([*circle(6), *paid], BOTH) as (connection, findings):
        (total,) = money.in_all(connection)
        (incident,) = money.by_incident(connection).values()
        assert len(findings) == 2
    seen = scoped([*circle(6), *paid], BOTH)

    assert total.exposure.net == Decimal(out)
    assert [one.net for one in incident] == [Decimal(out)]
    assert acts.items() <= seen.acts.items()
