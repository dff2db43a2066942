"""Laws of duplicate side effects, on made-up logs."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.run import run
from tests.detect.judging import SCENARIOS
from tests.link.linked import linked

Row = dict[str, Any]
NIGHT = datetime(2026, 11, 2, tzinfo=UTC)

EFFECT = st.fixed_dictionaries(
    {
        "minute": st.sampled_from([0, 1, 5, 2000]),
        "operation_key": st.sampled_from([None, "k1", "k2"]),
        "delivery_id": st.sampled_from([None, "m1"]),
        "execution_id": st.sampled_from([None, "r1", "r2"]),
        "cause_id": st.sampled_from([None, "c1"]),
        "customer_id": st.sampled_from(["c1", "c2"]),
        "target_system": st.sampled_from(["payments", "bank"]),
        "natural_key": st.sampled_from([None, "INV-1"]),
        "outcome": st.sampled_from(["ok", "ok", "timeout", "error"]),
        "tenant": st.sampled_from([None, "a"]),
    }
)
LOGS = st.lists(EFFECT, min_size=2, max_size=7)
few = settings(max_examples=6)


def rows(log: Sequence[Row]) -> list[Row]:
    """A log of payments, each with an id of its own."""
    fixed = {"kind": "effect", "action": "pay", "system": "shop", "vantage": "client",
             "effect_class": "billing", "amount": Decimal(10), "currency": "EUR",
             "money_stage": "captured"}  # fmt: skip
    return [
        fixed
        | {name: value for name, value in drawn.items() if name != "minute"}
        | {"event_id": f"e{n}", "effect_id": f"pay_{n}" if drawn["outcome"] == "ok" else None,
           "occurred_at": NIGHT + timedelta(minutes=drawn["minute"])}
        for n, drawn in enumerate(log)
    ]  # fmt: skip


def proposals(events: Sequence[Row]) -> list[Row]:
    """All that the detector finds or holds back, with the roles of its evidence."""
    with linked(events) as connection:
        run(connection, [DUPLICATE_SIDE_EFFECT])
        table = connection.sql("""
            SELECT c.pattern, c.suppressor, c.excess, c.facts, p.evidence
            FROM candidates AS c INNER JOIN proposed AS p ON c.proposal = p.rowid""")
        found: list[Row] = table.to_arrow_table().to_pylist()
        return found


def settled(events: Sequence[Row], *, threads: int) -> tuple[list[Row], list[Row]]:
    """All that a report is made from: the candidates and their evidence."""
    with linked(events, threads=threads) as connection:
        run(connection, [DUPLICATE_SIDE_EFFECT])
        queries = (
            "SELECT * EXCLUDE (proposal) FROM candidates ORDER BY ALL",
            "FROM candidate_evidence ORDER BY ALL",
        )
        told = [connection.sql(query).to_arrow_table().to_pylist() for query in queries]
        return told[0], told[1]


def repeated(found: Sequence[Row]) -> Counter[tuple[str, tuple[str, ...]]]:
    """The findings: pattern and the events that stand for its effects."""
    return Counter(
        (f["pattern"], tuple(sorted(e["event_id"] for e in f["evidence"]
                                    if e["role"] in ("original", "duplicate"))))
        for f in found
        if f["suppressor"] is None
    )  # fmt: skip


@pytest.mark.parametrize("pattern", [p.name for p in DUPLICATE_SIDE_EFFECT.patterns])
def test_no_order_of_lines_changes_a_byte(pattern: str) -> None:
    """The logs of all scenarios of a pattern as one, each for a tenant of its own."""
    events = [
        event | {"event_id": f"{n}-{event['event_id']}", "tenant": f"{n}-{event.get('tenant')}"}
        for n, scenario in enumerate(s for s in SCENARIOS if s.pattern == pattern)
        for event in scenario.events
    ]
    expected = settled(events, threads=1)
    random.Random(pattern).shuffle(events)  # noqa: S311 - an order, not a secret

    assert len({c["finding_id"] for c in expected[0]}) == len(expected[0]) > 0
    assert settled(events, threads=2) == expected


@few
@given(log=LOGS)
def test_evidence_names_each_event_once_and_every_finding_can_be_said(log: list[Row]) -> None:
    patterns = {pattern.name: pattern for pattern in DUPLICATE_SIDE_EFFECT.patterns}
    for found in proposals(rows(log)):
        ids = [e["event_id"] for e in found["evidence"]]
        roles = Counter(e["role"] for e in found["evidence"])

        assert len(ids) == len(set(ids)), found
        if found["suppressor"] is None:
            assert roles["duplicate"] == found["excess"] >= 1, found
            assert roles["original"] >= 1, found
            said = patterns[found["pattern"]].explain(json.loads(found["facts"]))
            assert 0 < len(said.title) <= 90
            assert "None" not in said.title + said.sentences


@pytest.mark.parametrize(("system", "doubted"), [(None, True), ("shop", False)])
def test_that_logs_name_no_system_is_said_as_a_doubt(system: str | None, doubted: bool) -> None:
    drawn = {"minute": 0, "operation_key": "k1", "outcome": "ok"}
    events = [
        event | {"system": system, "source": f"app-{n}"}
        for n, event in enumerate(rows([drawn, drawn]))
    ]
    patterns = {pattern.name: pattern for pattern in DUPLICATE_SIDE_EFFECT.patterns}

    (found,) = [found for found in proposals(events) if found["suppressor"] is None]
    said = patterns[found["pattern"]].explain(json.loads(found["facts"]))

    assert doubted == ("The logs name no system, so they may be two." in said.reasons_against)


@few
@given(log=LOGS, data=st.data())
def test_an_answer_from_memory_adds_no_finding(log: list[Row], data: st.DataObject) -> None:
    events = rows(log)
    first = data.draw(st.sampled_from(events))
    again = first | {"event_id": "again", "outcome": "replayed",
                     "occurred_at": first["occurred_at"] + timedelta(seconds=30)}  # fmt: skip

    assert repeated(proposals(events)) == repeated(proposals([*events, again]))


@few
@given(log=LOGS)
def test_a_second_witness_of_every_effect_changes_no_finding(log: list[Row]) -> None:
    events = rows(log)
    told_again = [
        event | {"event_id": f"z{n}", "source": "payments", "system": event["target_system"],
                 "target_system": None, "vantage": "provider",
                 "occurred_at": event["occurred_at"] + timedelta(seconds=1)}
        for n, event in enumerate(events) if event["effect_id"]
    ]  # fmt: skip

    assert repeated(proposals(events)) == repeated(proposals([*events, *told_again]))


@few
@given(log=LOGS)
def test_two_tenants_are_two_logs(log: list[Row]) -> None:
    events = rows(log)
    ours = [event | {"tenant": "x"} for event in events]
    theirs = [
        event | {"tenant": "y", "event_id": f"t{event['event_id']}",
                 "effect_id": event["effect_id"] and f"t{event['effect_id']}"}
        for event in events
    ]  # fmt: skip

    together = repeated(proposals([*ours, *theirs]))

    assert together == repeated(proposals(ours)) + repeated(proposals(theirs))
