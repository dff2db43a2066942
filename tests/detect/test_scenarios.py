"""Every pattern against its labelled tables, and the laws that hold for all of them."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from forensics.detect.contract import Pattern
from forensics.detect.registry import DETECTORS, PATTERNS
from forensics.detect.run import run
from forensics.link.link import link
from forensics.store.engine import engine
from tests.detect.scenario import Scenario, arrow, scenarios

SCENARIOS = list(scenarios())
by_scenario = pytest.mark.parametrize(
    "scenario", SCENARIOS, ids=[f"{s.pattern}-{s.name}" for s in SCENARIOS]
)

Found = dict[tuple[str, str | None], frozenset[frozenset[str]]]


def found(scenario: Scenario, events: Sequence[dict[str, Any]], *, threads: int = 1) -> Found:
    """What the scenario's detector finds: (pattern, suppressor) to the sets of evidence ids."""
    detector = next(d for d in DETECTORS if scenario.pattern in {p.name for p in d.patterns})
    with engine(threads=threads) as connection:
        connection.register("events_table", arrow(events))
        connection.execute("CREATE VIEW events AS FROM events_table")
        link(connection)
        run(connection, [detector], settings={scenario.pattern: scenario.settings})
        rows = connection.execute("""
            SELECT pattern, suppressor, list(event_id)
            FROM candidate_evidence WHERE role <> 'context'
            GROUP BY finding_id, pattern, suppressor""").fetchall()
    result: dict[tuple[str, str | None], set[frozenset[str]]] = {}
    for pattern, suppressor, ids in rows:
        result.setdefault((pattern, suppressor), set()).add(frozenset(ids))
    return {key: frozenset(value) for key, value in result.items()}


def findings(result: Found) -> dict[str, frozenset[frozenset[str]]]:
    """Only what was not suppressed."""
    return {pattern: sets for (pattern, suppressor), sets in result.items() if suppressor is None}


@by_scenario
def test_scenario_finds_exactly_what_it_should(scenario: Scenario) -> None:
    result = found(scenario, scenario.events)

    expected = dict(scenario.also) | ({scenario.pattern: scenario.finds} if scenario.finds else {})
    assert expected == findings(result), scenario.why
    for suppressor, sets in scenario.suppressed.items():
        assert sets <= result.get((scenario.pattern, suppressor), frozenset()), scenario.why


@by_scenario
def test_neither_the_order_of_events_nor_the_thread_count_matters(scenario: Scenario) -> None:
    shuffled = list(scenario.events)
    random.Random(scenario.name).shuffle(shuffled)  # noqa: S311 - an order, not a secret

    assert found(scenario, scenario.events) == found(scenario, shuffled, threads=2)


@by_scenario
def test_a_week_later_the_same_is_found(scenario: Scenario) -> None:
    later = [
        {
            name: value + timedelta(days=7) if hasattr(value, "utcoffset") else value
            for name, value in event.items()
        }
        for event in scenario.events
        if event.get("lock") is None
    ]
    if len(later) == len(scenario.events):
        assert findings(found(scenario, scenario.events)) == findings(found(scenario, later))


@by_scenario
def test_unrelated_events_change_nothing(scenario: Scenario) -> None:
    noise = [
        {"event_id": f"noise-{n}", "source": "elsewhere", "kind": "state", "action": "looked",
         "outcome": "ok", "system": f"elsewhere-{n}", "occurred_at": event["occurred_at"]}
        for n, event in enumerate(scenario.events)
        if event.get("occurred_at") is not None
    ]  # fmt: skip

    assert found(scenario, scenario.events) == found(scenario, [*scenario.events, *noise])


def test_an_empty_log_holds_no_findings() -> None:
    with engine() as connection:
        connection.register("events_table", arrow([]))
        connection.execute("CREATE VIEW events AS FROM events_table")
        link(connection)
        run(connection, DETECTORS)
        assert connection.execute("SELECT count(*) FROM candidates").fetchall() == [(0,)]


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_a_pattern_has_scenarios_a_near_miss_and_bound_parameters(pattern: Pattern) -> None:
    mine = [s for s in SCENARIOS if s.pattern == pattern.name]
    used = {word for word in pattern.parameters if f"${word}" in pattern.sql}

    assert any(s.finds for s in mine), "a hit"
    assert any(not s.finds for s in mine), "a near-miss"
    assert used == set(pattern.parameters)


HEADINGS = (
    "## Claim", "## Evidence needed", "## When it is wrong", "## What it misses",
    "## What to do", "## Sources",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_a_page_has_the_fixed_headings_and_names_what_it_needs(pattern: Pattern) -> None:
    headings = tuple(line for line in pattern.page.splitlines() if line.startswith("## "))

    assert headings == HEADINGS
    assert f"`{pattern.name}`" in pattern.page.splitlines()[0]
    for need in pattern.needs:
        for column in need.split("|"):
            assert f"`{column}`" in pattern.page
    for suppressor in pattern.suppressors:
        assert f"`{suppressor}`" in pattern.page
