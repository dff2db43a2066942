"""Holds what a detector finds beside what a scenario says that it should."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import duckdb

from forensics.detect.registry import DETECTORS, PATTERNS
from forensics.detect.run import run
from tests.detect.scenario import Scenario, scenarios
from tests.link.linked import linked

SCENARIOS = list(scenarios())

Sets = dict[tuple[str, str | None], frozenset[frozenset[str]]]

_WEIGHED = {"differing", "weights"}
"""What is said of likeness alone."""

_NO_NUMBER = re.compile(r":(?:NaN|-?Infinity)")


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
        if any(fact != (None if value == "-" else value) for fact in told):
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
