"""What was done to customers besides charging them twice, and to others whose limit was used up."""

from typing import Any

import pytest

from forensics.detect.recursive_chain.detector import RECURSIVE_CHAIN
from tests.scope.scoped import charge
from tests.scope.test_operations import ours, plain
from tests.scope.test_story import row, told


@pytest.mark.parametrize(
    ("booked", "harmed"),
    [
        ("10", {"charged": "confirmed"}),
        ("9", {"charged": "confirmed", "charged wrongly": "possible"}),
    ],
)
def test_of_whom_two_logs_say_different_sums_was_perhaps_charged_wrongly(
    booked: str, harmed: dict[str, str]
) -> None:
    around = [
        make(name, minute, key=name, customer_id=name, entity_id=name, entity_type="order")
        for name, minute in (("first", 0), ("last", 100))
        for make in (charge, ours)
    ]
    twice = [charge("a", 50), charge("b", 51), ours("a", 50), ours("b", 51, amount=booked)]
    states = {"log": "complete", "shop": "complete"}
    with told([*twice, *around, plain("log", 200)], states=states) as ((one,), _):
        harms = one.blast_radius.harms

    assert {harm.harm: harm.certain for harm in harms} == harmed
    assert {name for harm in harms for name in harm.customers} == {"customer"}


def circle() -> list[dict[str, Any]]:
    """Two workflows that set each other off, each run of which calls the same system."""
    events = []
    for number in range(8):
        run = {
            "execution_id": f"run-{number}",
            "cause_id": f"run-{number - 1}" if number else None,
            "workflow": ("there", "back")[number % 2],
        }
        record = {"entity_type": "contact", "entity_id": "c1"}
        events += [
            row(f"t{number}", number / 10, **run, **record),
            row(f"c{number}", number / 10 + 0.02, kind="attempt", target_system="crm", **run),
        ]
    return events


def refused(minute: float, **other: Any) -> dict[str, Any]:
    """Another's call that was told to slow down."""
    given = {
        "kind": "attempt",
        "action": "put",
        "outcome": "error",
        "error_kind": "throttle",
        "target_system": "crm",
        "customer_id": "another",
        "execution_id": "another",
    }
    return row("refused", minute, **(given | other))


@pytest.mark.parametrize(
    ("other", "counted"),
    [
        ([refused(0.6)], (1, 1)),
        ([refused(0.6, target_system="mail")], (0, 0)),
        ([refused(0.6, error_kind="server")], (0, 0)),
        ([refused(5)], (0, 0)),
        ([refused(0.6, execution_id="run-6")], (0, 0)),
    ],
)
def test_who_is_refused_by_what_a_circle_called_is_collateral(
    other: list[dict[str, Any]], counted: tuple[int, int]
) -> None:
    with told([*circle(), *other], (RECURSIVE_CHAIN,)) as ((one,), _):
        radius = one.blast_radius

    assert (radius.refused, radius.refused_customers) == counted
