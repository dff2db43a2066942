"""Every pattern against its labelled tables, and the laws that hold for all of them."""

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, reduce
from typing import Any

import duckdb
import pytest

from forensics.detect.contract import Detector, Pattern
from forensics.detect.registry import DETECTORS, PATTERNS
from forensics.detect.run import run
from tests.detect.company import Company, Rows, companies, parted, told_together
from tests.detect.scenario import Scenario, scenarios
from tests.link.linked import linked

SCENARIOS = list(scenarios())
COMPANIES = companies(SCENARIOS)


def by_scenario(*, least: int) -> pytest.MarkDecorator:
    """A test a scenario, and the number of its company, for companies of at least so many."""
    return pytest.mark.parametrize(
        ("scenario", "company"),
        [
            pytest.param(
                scenario,
                number,
                id=f"{scenario.pattern}-{scenario.name}",
                marks=pytest.mark.xdist_group(f"{number}"),
            )
            for number, company in enumerate(COMPANIES)
            for scenario in company
            if len(company) >= least
        ],
    )


_RELATION = re.compile(r"CREATE OR REPLACE TEMP (?:TABLE|VIEW|MACRO) (\w+)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")
_WEIGHED = {"differing", "weights"}
"""What is said of likeness alone."""
_NO_NUMBER = re.compile(r":(?:NaN|-?Infinity)")
_MOVES = (
    timedelta(days=7, seconds=3.7),
    timedelta(days=1, seconds=11_111, microseconds=1),
    timedelta(seconds=36.999983),
)
"""No multiple of an interval that is counted in, so that no clock's round figures decide."""

Sets = dict[tuple[str, str | None], frozenset[frozenset[str]]]
Found = Mapping[str, Rows]


def candidates(
    scenario: Scenario, events: Sequence[dict[str, Any]], *, threads: int = 1
) -> list[dict[str, Any]]:
    """What the scenario's detector proposes, each with the ids of its evidence."""
    detector = next(d for d in DETECTORS if PATTERNS[scenario.pattern] in d.every_pattern)
    with linked(events, threads=threads) as connection:
        run(
            connection,
            [detector],
            settings={scenario.pattern: scenario.settings},
            declarations=scenario.declarations,
        )
        return settled(connection)


def settled(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The candidates of a run, each with the ids of its evidence, and the exposures without any."""
    table = connection.sql("""
        SELECT pattern, suppressor, finding_id, c.subject, c.grade, c.excess, c.facts,
            e.ids, e.originals, e.context
        FROM candidates AS c
        INNER JOIN (
            SELECT finding_id, list(event_id) FILTER (role <> 'context') AS ids,
                list(event_id) FILTER (role = 'original') AS originals,
                list(event_id) FILTER (role = 'context') AS context
            FROM candidate_evidence
            GROUP BY finding_id
        ) AS e USING (finding_id)
        UNION ALL BY NAME
        SELECT pattern, md5(concat_ws('|', pattern, subject::VARCHAR)) AS finding_id, subject,
            facts, []::VARCHAR[] AS ids, []::VARCHAR[] AS originals, []::VARCHAR[] AS context
        FROM exposures""").to_arrow_table()
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def as_sets(rows: Sequence[dict[str, Any]]) -> Sets:
    """(pattern, suppressor) to the sets of evidence ids."""
    result: dict[tuple[str, str | None], set[frozenset[str]]] = {}
    for row in filter(_has_evidence, rows):
        result.setdefault((row["pattern"], row["suppressor"]), set()).add(frozenset(row["ids"]))
    return {key: frozenset(value) for key, value in result.items()}


def _has_evidence(row: Mapping[str, Any]) -> bool:
    """Whether it is said to have happened."""
    return bool(row["ids"])


def all_said(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The candidates in an order of their own, their evidence too."""
    ordered = [
        row | {role: sorted(row[role] or ()) for role in ("ids", "originals", "context")}
        for row in rows
    ]
    return sorted(ordered, key=lambda row: row["finding_id"])


def findings(result: Sets) -> dict[str, frozenset[frozenset[str]]]:
    """Only what was not suppressed."""
    return {pattern: sets for (pattern, suppressor), sets in result.items() if suppressor is None}


def shortfall(scenario: Scenario, rows: Sequence[dict[str, Any]]) -> str:
    """How the candidates differ from what the scenario says; empty when they do not."""
    result = as_sets(rows)
    if broken := _malformed(rows):
        return broken
    mine = [r for r in rows if r["pattern"] == scenario.pattern and r["suppressor"] is None]
    expected = dict(scenario.also) | ({scenario.pattern: scenario.finds} if scenario.finds else {})
    if expected != findings(result):
        return f"found {findings(result)}, expected {expected}; all candidates: {result}"
    for suppressor, sets in scenario.suppressed.items():
        if not sets <= result.get((scenario.pattern, suppressor), frozenset()):
            return f"{suppressor} should hold back {sets}; all candidates: {result}"
    held = {
        suppressor: sets
        for (pattern, suppressor), sets in result.items()
        if pattern == scenario.pattern and suppressor not in (None, "stronger_pattern")
    }
    listed = {s: sets for s, sets in scenario.suppressed.items() if s != "stronger_pattern"}
    if scenario.complete and held != listed:
        return f"holds back {held}, expected {listed}"
    if scenario.grade and any(r["grade"] != scenario.grade for r in mine):
        return f"grades {[r['grade'] for r in mine]}, expected {scenario.grade}"
    if scenario.grades is not None and sorted(r["grade"] for r in mine) != list(scenario.grades):
        return f"grades {sorted(r['grade'] for r in mine)}, expected {scenario.grades}"
    if scenario.excess is not None and sorted(r["excess"] for r in mine) != list(scenario.excess):
        return f"excess {sorted(r['excess'] for r in mine)}, expected {scenario.excess}"
    return _misattributed(scenario, mine) or _unforeseen(scenario, rows) or _misread(scenario, mine)


def _misattributed(scenario: Scenario, mine: Sequence[dict[str, Any]]) -> str:
    """Whom or what the findings hold to be what it is not."""
    for role in ("originals", "context"):
        named = {event_id for r in mine for event_id in r[role] or ()}
        if getattr(scenario, role) not in (None, named):
            return f"{role} {named}, expected {getattr(scenario, role)}"
    subjects = {tuple(r["subject"]) for r in mine}
    wrong = scenario.subjects not in (None, subjects)
    return f"subjects {subjects}, expected {scenario.subjects}" if wrong else ""


def _malformed(rows: Sequence[dict[str, Any]]) -> str:
    """What no scenario may find."""
    twice = [r for r in rows if len(r["ids"]) > len(set(r["ids"]))]
    if twice:
        return f"the evidence holds an event twice: {twice}"
    again = Counter(
        (r["pattern"], r["suppressor"], *sorted(r["ids"])) for r in filter(_has_evidence, rows)
    )
    if any(count > 1 for count in again.values()):
        return f"one thing is told more than once: {again.most_common(1)}"
    both = [r for r in rows if not set(r["context"] or ()).isdisjoint(r["ids"])]
    if both:
        return f"an event is evidence and only shown beside it: {both}"
    in_vain = [r for r in rows if r["suppressor"] and "mechanism" in json.loads(r["facts"])]
    if in_vain:
        return f"a mechanism is named for what is held back: {in_vain}"
    weighed = [r for r in rows if _WEIGHED & json.loads(r["facts"]).keys()]
    if any(r["suppressor"] or r["pattern"] != "same_content" for r in weighed):
        return f"likeness is weighed of what does not rest on it: {weighed}"
    no_numbers = [r for r in rows if _NO_NUMBER.search(r["facts"])]
    return f"the facts hold what is no number of JSON: {no_numbers}" if no_numbers else ""


def _unforeseen(scenario: Scenario, rows: Sequence[dict[str, Any]]) -> str:
    """How what can happen differs from what the scenario says."""
    exposed = sorted(tuple(r["subject"]) for r in rows if not _has_evidence(r))
    wrong = exposed != sorted(scenario.exposes)
    return f"exposes {exposed}, expected {scenario.exposes}" if wrong else ""


def _step(facts: Any, name: str) -> Any:
    """What lies under a name, or at a place, of facts; None where nothing does."""
    try:
        return facts[int(name) if isinstance(facts, list) else name]
    except (LookupError, TypeError):
        return None


def _misread(scenario: Scenario, mine: Sequence[dict[str, Any]]) -> str:
    """What the findings say wrongly."""
    mechanisms = {json.loads(r["facts"]).get("mechanism", "") for r in mine}
    if scenario.mechanism is not None and mechanisms != {scenario.mechanism}:
        return f"mechanism {mechanisms}, expected {scenario.mechanism!r}"
    for path, value in scenario.facts.items():
        told = [reduce(_step, path.split("."), json.loads(r["facts"])) for r in mine]
        if any(fact != value for fact in told):
            return f"{path} is {told}, expected {value!r}"
    words = " ".join(_words(scenario.pattern, r["facts"]) for r in mine)
    wrong = [phrase for phrase in scenario.says if phrase not in words]
    wrong += [phrase for phrase in scenario.unsaid if phrase in words]
    return f"{wrong} is missing or too much in: {words}" if wrong else ""


def _words(pattern: str, facts: str) -> str:
    explanation = PATTERNS[pattern].explain(json.loads(facts))
    parts = (explanation.title, explanation.sentences, *explanation.reasons_for,
             *explanation.reasons_against, explanation.disproof)  # fmt: skip
    return "\n".join(parts)


def _of_patterns(detector: Detector) -> list[str]:
    return [text for pattern in detector.patterns for text in pattern.conclusion_sql()]


def test_no_two_detectors_make_a_relation_of_one_name() -> None:
    made = [
        {
            name
            for text in (*d.relation_sql(), *d.conclusion_sql(), *_of_patterns(d))
            for name in _RELATION.findall(text)
        }
        for d in DETECTORS
    ]

    assert all(len(names) > 1 for names in made)
    assert sum(map(len, made)) == len(set[str]().union(*made))


@by_scenario(least=1)
def test_scenario_finds_exactly_what_it_should(scenario: Scenario, company: int) -> None:
    rows = as_they_are(company)[scenario.name]

    assert shortfall(scenario, rows) == "", scenario.why


@by_scenario(least=2)
def test_what_should_not_matter_does_not(scenario: Scenario, company: int) -> None:
    """A run for one scenario alone is too dear; `benchmarks/reach/alone.py` asks it of all."""
    rows = as_they_are(company)[scenario.name]

    assert undated(told_otherwise(company)[scenario.name]) == undated(rows)


@cache
def as_they_are(company: int) -> Found:
    """What is found in the scenarios of that number."""
    return judged(COMPANIES[company], [s.events for s in COMPANIES[company]])


@cache
def told_otherwise(company: int) -> Found:
    """The same in another order, some time later, on two threads, amid unrelated events."""
    return judged_otherwise(COMPANIES[company])


def judged_otherwise(company: Company) -> Found:
    """What is found in the scenarios when they are told otherwise, by name.

    Its instants are those of the log as it was.
    """
    by = random.Random(company[0].name).choice(_MOVES)  # noqa: S311 - a pause, not a secret
    logs = [_otherwise(scenario.events, by) for scenario in company]
    found = judged(company, logs, shuffled=True, threads=2)
    return {name: [_moved_back(row, by) for row in rows] for name, rows in found.items()}


def _moved_back(row: dict[str, Any], by: timedelta) -> dict[str, Any]:
    def earlier(told: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(told[0]) - by:%Y-%m-%dT%H:%M:%S.%fZ}"

    return row | {"facts": _INSTANT.sub(earlier, row["facts"])}


def judged(
    company: Company, logs: Sequence[Rows], *, shuffled: bool = False, threads: int = 1
) -> Found:
    """What is found in each of the logs, by the scenarios' names."""
    told = told_together(logs)
    if shuffled:
        random.Random(company[0].name).shuffle(told)  # noqa: S311 - an order, not a secret
    rows = candidates(company[0], told, threads=threads)
    return parted(rows, [scenario.name for scenario in company])


def _otherwise(events: Rows, by: timedelta) -> Rows:
    moved = [{name: _later(value, by) for name, value in event.items()} for event in events]
    return [*moved, *_unrelated(moved)]


def undated(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """All that is said, but for dates, and times told to the second."""
    return [row | {"facts": _DATE.sub("", row["facts"])} for row in all_said(rows)]


def _later(value: Any, by: timedelta) -> Any:
    """A time, or what holds times, moved."""
    if isinstance(value, Mapping):
        return {name: _later(part, by) for name, part in value.items()}
    return value + by if isinstance(value, datetime) else value


def _unrelated(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What other systems did at the same moments."""
    return [
        {"event_id": f"noise-{n}", "source": "elsewhere", "kind": "state", "action": "looked",
         "outcome": "ok", "system": f"elsewhere-{n}", "occurred_at": event["occurred_at"]}
        for n, event in enumerate(events)
        if event.get("occurred_at") is not None
    ]  # fmt: skip


def test_an_empty_log_holds_no_findings() -> None:
    with linked([]) as connection:
        run(connection, DETECTORS)
        assert connection.execute("SELECT count(*) FROM candidates").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM exposures").fetchall() == [(0,)]


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_a_pattern_has_scenarios_a_near_miss_and_bound_parameters(pattern: Pattern) -> None:
    mine = [s for s in SCENARIOS if s.pattern == pattern.name]
    used = {word for word in pattern.parameters if f"${word}" in pattern.sql}

    assert any(s.finds or s.exposes for s in mine), "a hit"
    assert any(not s.finds and not s.exposes for s in mine), "a near-miss"
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
