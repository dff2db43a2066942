"""What an inferred cause leads to counts with its probability, and as inferred."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.recursive_chain.detector import RECURSIVE_CHAIN
from forensics.model.incident import Incident
from forensics.scope.reconcile import reconcile
from forensics.scope.story import incidents
from tests.scope.scoped import charge, measured
from tests.scope.told import row

CONTACT = {"entity_type": "contact", "entity_id": "c1"}


def turn(number: int) -> list[dict[str, Any]]:
    """A run that is set off by the value before it and writes the next."""
    workflow, system = (("trim", "shop"), ("title", "crm"))[number % 2]
    of = {"execution_id": f"turn-{number}", "workflow": workflow, "system": system, **CONTACT}
    minute = number / 3
    set_off = {"kind": "trigger", "payload_hash": number}
    wrote = {"kind": "write", "before_hash": number, "after_hash": number + 1}
    return [
        row(f"t{number}", minute, **(of | set_off)),
        row(f"w{number}", minute + 0.02, **(of | wrote)),
    ]


def turns() -> list[dict[str, Any]]:
    """Two workflows that answer each other; the first turn's run had charged a second time."""
    doubled = charge("b", 0.01, execution_id="turn-0", amount="10")
    first = charge("a", -1, execution_id="run-a", amount="10")
    mail = charge("far", 0.4, key="other", amount="12", cause_id="turn-1", execution_id="mail-run")
    return [first, doubled, mail, *(line for number in range(6) for line in turn(number))]


@contextmanager
def judged(
    events: list[dict[str, Any]], chance: float | None, grade: str = "probable"
) -> Iterator[list[Incident]]:
    """The incidents, with the probability and grade that are given to the inferred loop."""
    with measured(events, (DUPLICATE_SIDE_EFFECT, RECURSIVE_CHAIN)) as (connection, findings):
        assert {f.pattern for f in findings} == {"same_key", "inferred_loop"}
        reconcile(connection)
        connection.execute(
            """
            UPDATE candidates
            SET grade = $grade, facts = json_merge_patch(facts, $told::JSON)::VARCHAR
            WHERE pattern = 'inferred_loop'""",
            {"grade": grade, "told": f'{{"chance": {{"probability": {chance or "null"}}}}}'},
        )
        yield incidents(connection, findings, ())


@pytest.mark.parametrize(
    ("chance", "grade", "reached"),
    [
        (0.75, "probable", [("possible", Decimal(12), Decimal(9))]),
        # How likely it is was not to be told: only the upper end is known.
        (None, "probable", [("possible", Decimal(12), None)]),
        # Nothing is followed from a suspicion.
        (0.75, "suspicion", []),
    ],
)
def test_what_follows_over_an_inferred_cause_counts_with_its_probability(
    chance: float | None, grade: str, reached: list[tuple[str, Decimal, Decimal | None]]
) -> None:
    with judged(turns(), chance, grade) as found:
        told = [
            (one.certain, one.amount, one.expected)
            for incident in found
            for one in incident.blast_radius.reached
        ]

    assert told == reached


def test_the_share_of_inferred_causes_is_told() -> None:
    with judged(turns(), 0.75) as (incident,):
        radius = incident.blast_radius
    # All causes are by value, no id shows another; what ties the two findings is weak as well. The
    # first workflow ran again two causes later.
    assert (radius.inferred, radius.hops) == (1, 2)


def test_ids_are_not_inferred() -> None:
    third = charge("c", 0.5, execution_id="run-c", cause_id="run-a", amount="10")
    with judged([*turns(), third], 0.75) as (incident,):
        radius = incident.blast_radius

    assert 0 < radius.inferred < 1


def test_the_names_by_which_logs_are_joined_are_told() -> None:
    of = {"entity_type": "order", "entity_id": "order-17", "customer_id": None}
    pair = [charge("a", 0, source="one", **of), charge("b", 1, source="two", **of)]
    with measured(pair) as (connection, findings):
        reconcile(connection)
        (incident,) = incidents(connection, findings, ())

    joins = [(one.left, one.right, one.by) for one in incident.blast_radius.joins]
    assert joins == [("one", "two", "operation"), ("one", "two", "order")]


def test_what_is_called_alike_and_is_of_another_kind_joins_nothing() -> None:
    of = {"operation_key": None, "customer_id": "c-1"}
    pair = [
        charge("a", 0, source="one", delivery_id="900", **of),
        charge("b", 1, source="two", trace_id="900", **of),
    ]
    with measured(pair) as (connection, findings):
        reconcile(connection)
        (incident,) = incidents(connection, findings, ())

    assert [one.by for one in incident.blast_radius.joins] == ["customer"]
