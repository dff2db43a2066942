"""Incidents from findings that share causes, each with its story in order of time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from forensics.model.audit import Incident, Step
from forensics.model.finding import Exposure, Finding
from forensics.model.words import plural

_END_OF_TIME = "9999"


def incidents(
    findings: Iterable[Finding],
    systems: Mapping[str, Sequence[str]],
    exposure: Mapping[str, Sequence[Exposure]],
) -> list[Incident]:
    """One incident for each `incident_id`, worst first.

    Args:
        findings: All of them.
        systems: Finding id to the systems it touches.
        exposure: Incident id to the money of its effects, each counted once.
    """
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        grouped[finding.incident_id or finding.finding_id].append(finding)
    made = [
        _incident(name, members, systems, exposure.get(name, ()))
        for name, members in grouped.items()
    ]
    return sorted(
        made, key=lambda one: (one.severity.rank, -len(one.findings), _when(one), one.incident_id)
    )


def _incident(
    name: str,
    members: Sequence[Finding],
    systems: Mapping[str, Sequence[str]],
    exposure: Sequence[Exposure],
) -> Incident:
    ordered = sorted(members, key=lambda f: (_when(f), f.finding_id))
    worst = min(members, key=lambda f: (f.severity.rank, _when(f), f.finding_id))
    more = len(members) - 1
    tail = f" (and {plural(more, 'more finding')})" if more else ""
    return Incident(
        incident_id=name,
        title=worst.explanation.title + tail,
        severity=worst.severity,
        first_at=min((f.first_at for f in members if f.first_at), default=None),
        last_at=max((f.last_at for f in members if f.last_at), default=None),
        findings=[f.finding_id for f in ordered],
        story=_steps(ordered),
        exposure=exposure,
        customers=sorted({customer for f in members for customer in f.customers}),
        systems=sorted({s for f in members for s in systems.get(f.finding_id, ())}),
    )


def _steps(ordered: Sequence[Finding]) -> list[Step]:
    """One step for each run of findings of one pattern about one kind of subject."""
    steps = []
    for _, alike in groupby(ordered, key=lambda f: (f.pattern, f.subject[0] if f.subject else "")):
        members = list(alike)
        more = len(members) - 1
        tail = f", and {more} more like it" if more else ""
        steps.append(
            Step(
                sentence=members[0].explanation.title + tail,
                findings=[f.finding_id for f in members],
            )
        )
    return steps


def _when(thing: Finding | Incident) -> str:
    return thing.first_at.isoformat() if thing.first_at else _END_OF_TIME
