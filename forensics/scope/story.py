"""Incidents from findings that share causes, each with its story in order of time."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import duckdb

from forensics.model.blast_radius import BlastRadius
from forensics.model.finding import Exposure, Finding
from forensics.model.impact import Rate
from forensics.model.incident import (
    Change,
    Failure,
    Incident,
    Pending,
    Relation,
    Root,
    Standing,
    Step,
    Untold,
)
from forensics.model.operations import Operations
from forensics.model.words import plural
from forensics.scope import money
from forensics.scope.beginnings import Tie, changes, failures, roots, standings, ties
from forensics.scope.estimate import estimates
from forensics.scope.operations import operations
from forensics.scope.queries import rows
from forensics.scope.radius import radii

_END_OF_TIME = "9999"


def incidents(
    connection: duckdb.DuckDBPyConnection,
    findings: Iterable[Finding],
    pending: Collection[Pending],
    rates: Sequence[Rate] = (),
    incomplete: Collection[str] = (),
    *,
    untold: Collection[Untold] = (),
) -> list[Incident]:
    """One incident for each `incident_id`, worst first.

    Args:
        connection: After `assemble` and `reconcile`.
        findings: All of them.
        pending: What the logs leave unfinished.
        rates: What things cost besides what the logs show.
        incomplete: Sources that are not whole.
        untold: Work of which logs tell no end.
    """
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        assert finding.incident_id is not None  # noqa: S101 - `assemble` gave each one
        grouped[finding.incident_id].append(finding)
    if not grouped:
        return []
    told = _gathered(connection, grouped, pending, incomplete, untold)
    made = [_incident(name, members, told, rates) for name, members in grouped.items()]
    return sorted(
        made,
        key=lambda one: (
            one.severity.rank,
            -_most(one.exposure),
            -len(one.findings),
            _when(one),
            one.incident_id,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the log says of incidents, by incident id; `begins` and `ties` by finding id.

    `causes` are those between its runs that ids show, and those that were found by values.
    """

    begins: Mapping[str, str]
    ties: Mapping[str, Sequence[Tie]]
    roots: Mapping[str, Sequence[Root]]
    changes: Mapping[str, Sequence[Change]]
    failures: Mapping[str, Sequence[Failure]]
    standings: Mapping[str, Standing]
    systems: Mapping[str, Sequence[str]]
    radii: Mapping[str, BlastRadius]
    exposure: Mapping[str, Sequence[Exposure]]
    operations: Mapping[str, Operations]
    causes: Mapping[str, tuple[int, int]]


def _gathered(
    connection: duckdb.DuckDBPyConnection,
    grouped: Mapping[str, Sequence[Finding]],
    pending: Collection[Pending],
    incomplete: Collection[str],
    untold: Collection[Untold],
) -> _Told:
    """Ask each thing once, for all incidents."""
    tied = ties(connection)
    by_finding: dict[str, list[Tie]] = defaultdict(list)
    for tie in tied:
        by_finding[tie[0]].append(tie)
    members = {name: [f.finding_id for f in found] for name, found in grouped.items()}
    begins = {row["finding_id"]: str(row["first_at"]) for row in rows(connection, _BEGINS)}
    begun = roots(connection, members, tied)
    systems = {row["incident_id"]: row["systems"] for row in rows(connection, _SYSTEMS)}
    chances = {
        f.finding_id: f.confidence for found in grouped.values() for f in found if f.confidence
    }
    return _Told(
        begins=begins,
        ties=by_finding,
        roots=begun,
        changes=changes(connection),
        failures=failures(connection),
        standings=standings(connection, incomplete),
        systems=systems,
        radii=radii(connection, systems, chances),
        exposure=money.by_incident(connection),
        operations=operations(connection, pending, untold),
        causes={
            row["incident_id"]: (row["causes"], row["inferred"])
            for row in rows(connection, _CAUSES)
        },
    )


def _incident(
    name: str, members: Sequence[Finding], told: _Told, rates: Sequence[Rate]
) -> Incident:
    ordered = sorted(
        members, key=lambda f: (told.begins.get(f.finding_id, _END_OF_TIME), f.finding_id)
    )
    story, radius = _steps(ordered, told.ties), told.radii[name]
    return Incident(
        incident_id=name,
        title=_title(members),
        severity=min((f.severity for f in members), key=lambda s: s.rank),
        first_at=min((f.first_at for f in members if f.first_at), default=None),
        last_at=max((f.last_at for f in members if f.last_at), default=None),
        findings=[f.finding_id for f in ordered],
        story=story,
        roots=told.roots[name],
        preceded_by=told.changes.get(name, ()),
        failed=told.failures.get(name, ()),
        mechanisms=_commonest(str(f.facts.get("mechanism") or "") for f in members),
        remedies=list(_commonest(f.explanation.remedy for f in members)),
        standing=told.standings[name],
        exposure=told.exposure.get(name, ()),
        blast_radius=replace(
            radius,
            estimates=estimates(rates, _counts(radius)),
            backlog=told.operations[name].backlog.value or 0,
            operations=told.operations[name],
            inferred=_inferred(story, *told.causes[name]),
            open_questions=sum(len(f.explanation.undecided) for f in members),
        ),
        customers=sorted({customer for f in members for customer in f.customers}),
        systems=told.systems.get(name, ()),
    )


def _commonest(words: Iterable[str]) -> dict[str, int]:
    """How often each was said, what was said most first; silence is not counted."""
    counts = Counter(filter(None, words))
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _counts(radius: BlastRadius) -> dict[str, int]:
    """What the units of `PER` are counted as."""
    return {
        "incident": 1,
        "effect": radius.outstanding,
        "customer": len(set().union(*(harm.owned for harm in radius.harms))),
        "record": radius.records_wrong,
        "call": radius.calls_wasted,
    }


def _most(exposure: Sequence[Exposure]) -> float:
    return float(max((lost.net for lost in exposure), default=0))


def _title(members: Sequence[Finding]) -> str:
    worst = min(members, key=lambda f: (f.severity.rank, _when(f), f.finding_id))
    more = len(members) - 1
    return worst.explanation.title + (f" (and {plural(more, 'more finding')})" if more else "")


def _steps(ordered: Sequence[Finding], ties: Mapping[str, Sequence[Tie]]) -> list[Step]:
    """One step for each run of findings of one pattern about one kind of subject."""
    steps: list[Step] = []
    place: dict[str, int] = {}
    for _, alike in groupby(ordered, key=lambda f: (f.pattern, f.subject[0] if f.subject else "")):
        members = list(alike)
        more = len(members) - 1
        tail = f", and {more} more like it" if more else ""
        relation, after, by = _tie(members, ties, place)
        steps.append(
            Step(
                sentence=members[0].explanation.title + tail,
                findings=[f.finding_id for f in members],
                relation=relation,
                after=after,
                by=by,
            )
        )
        place |= {f.finding_id: len(steps) for f in members}
    return steps


def _tie(
    members: Sequence[Finding], ties: Mapping[str, Sequence[Tie]], place: Mapping[str, int]
) -> tuple[Relation | None, int | None, str]:
    """The strongest tie of a step to one before it; of equal ones, to the latest step."""
    strength = list(Relation)
    possible = [
        (strength.index(relation), -place[earlier], by)
        for finding in members
        for _, earlier, relation, by in ties.get(finding.finding_id, ())
        if earlier in place
    ]
    if possible:
        rank, step, by = min(possible)
        return strength[rank], -step, by
    return None, None, ""


def _inferred(story: Sequence[Step], shown: int, by_value: int) -> float:
    """Share of the story's ties, and of the causes between runs, that no explicit id shows."""
    relations = [step.relation for step in story if step.relation]
    weak = by_value + sum(relation is not Relation.CAUSED for relation in relations)
    every = shown + by_value + len(relations)
    return weak / every if every else 0


def _when(thing: Finding | Incident) -> str:
    return thing.first_at.isoformat() if thing.first_at else _END_OF_TIME


_CAUSES = "SELECT incident_id, causes, inferred FROM incident_complexity"

_BEGINS = "SELECT finding_id, first_at FROM finding_begins"

_SYSTEMS = """
    SELECT i.incident_id, list(DISTINCT f.system ORDER BY f.system) AS systems
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE f.system IS NOT NULL
    GROUP BY i.incident_id"""
