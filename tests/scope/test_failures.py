"""What failed while an incident went on, and of which work the logs cannot tell the end."""

from typing import Any

import pytest

from forensics.report.incident_card import card
from forensics.scope.pending import untold
from tests.link.linked import linked
from tests.scope.scoped import charge, of_order
from tests.scope.told import message, row, told


def statement(name: str, minute: float, order: str, **other: Any) -> dict[str, Any]:
    """A statement of the shop's database that names an order in its text alone."""
    given = {
        "kind": "write",
        "action": "insert",
        "outcome": "error",
        "error": "22001",
        "system": "database",
        "source": "database",
        "execution_id": f"session-{name}",
        "raw": f"INSERT INTO paid VALUES ('{order}')",
    }
    return row(name, minute, **(given | other))


def pair() -> list[dict[str, Any]]:
    """An order that was charged twice within two minutes, once in each of two runs."""
    of = {"entity_type": "order", "entity_id": "order-17"}
    return [
        charge("a", 0, execution_id="run-a", tenant="shop", **of),
        charge("b", 2, execution_id="run-b", tenant="shop", **of),
    ]


@pytest.mark.parametrize(
    ("lines", "failed"),
    [
        ([statement("s", 1, "order-17")], [("s", 1)]),
        # The same failure again is the same.
        ([statement("s", 1, "order-17"), statement("t", 1.5, "order-17")], [("s", 2)]),
        ([row("n", 1, action="notify", outcome="timeout", execution_id="run-a")], [("n", 1)]),
        # It did not fail; it is of another order, of another tenant; it came before or after.
        ([statement("s", 1, "order-17", outcome="ok")], []),
        ([statement("s", 1, "order-177")], []),
        ([statement("s", 1, "order-17", tenant="other")], []),
        ([statement("s", -1, "order-17"), statement("t", 3, "order-17")], []),
        ([row("n", 1, action="notify", outcome="timeout", execution_id="run-c")], []),
    ],
)
def test_what_failed_in_its_runs_or_under_its_name_is_told(
    lines: list[dict[str, Any]], failed: list[tuple[str, int]]
) -> None:
    with told([*pair(), *lines]) as (found, _):
        (incident,) = found
        assert [(one.event_id, one.lines) for one in incident.failed] == failed


def test_more_kinds_of_failure_than_are_shown_are_kept() -> None:
    lines = [statement(f"s{n}", 1, "order-17", error=f"2200{n}") for n in range(8)]
    with told([*pair(), *lines]) as (found, _):
        (incident,) = found

    assert [one.event_id for one in incident.failed] == [f"s{n}" for n in range(8)]
    shown = card(incident, [])
    assert "22004" in shown
    assert "22005" not in shown
    assert "and 3 more kinds of failure" in shown


def test_the_evidence_of_a_finding_has_not_failed_besides() -> None:
    tries = of_order(
        *(
            charge(f"t{n}", n / 30, kind="attempt", outcome="error", effect_id=None)
            for n in range(12)
        )
    )
    with told(tries) as (found, _):
        assert [incident.failed for incident in found] == [()]


@pytest.mark.parametrize(
    ("events", "works"),
    [
        ([message("m1", 0), message("m1", 1), message("m2", 2)], [("shop", "message", 2)]),
        # One that ended shows that this log tells ends; a queue itself tells what waits in it.
        ([message("m1", 0), message("m2", 1, phase="end", outcome="ok")], []),
        # What ended in an error may be tried again: no end that shows the others to be open.
        (
            [message("m1", 0), message("m2", 1, phase="end", outcome="error"), message("m3", 2)],
            [("shop", "message", 2)],
        ),
        ([message("m1", 0, source="queue")], []),
        ([row("r", 0, outcome="pending", execution_id="run")], [("shop", "run", 1)]),
        # What was never said to have begun has no end to tell.
        ([row("r", 0, outcome="unknown", execution_id="run")], []),
    ],
)
def test_a_log_that_tells_no_ends_is_named(
    events: list[dict[str, Any]], works: list[tuple[str, str, int]]
) -> None:
    with linked(events) as connection:
        found = untold(connection, ["queue"])

    assert [(one.source, one.kind, one.works) for one in found] == works


def test_an_error_stands_apart_from_what_the_line_tells_whatever_it_quotes() -> None:
    quoting = "23505 Key (`nick`)=(little Fox) (`in` use) for `order"
    with told([*pair(), statement("s", 1, "order-17", error=quoting)]) as ((incident,), _):
        (one,) = incident.failed

    assert (one.sentence, one.error) == ("`insert` error in `database`", quoting)


def test_an_error_that_is_the_outcome_s_own_word_is_not_said_twice() -> None:
    silent = statement("s", 1, "order-17", outcome="timeout", error="timeout")
    with told([*pair(), silent]) as ((incident,), _):
        (one,) = incident.failed

    assert (one.sentence, one.error) == ("`insert` timeout in `database`", "")
