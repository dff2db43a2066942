"""Findings that share causes, how they began, whether they are over and how far they reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from forensics.model.blast_radius import BlastRadius
from forensics.model.finding import Exposure, Severity

MOST_FAILURES, MOST_REMEDIES = 5, 3
"""As many as are shown of an incident at first sight, the first ones."""


class Relation(StrEnum):
    """What ties a step of a story to one before it; the word is as strong as the evidence."""

    CAUSED = "caused"  # explicit ids lead from a line of that step to a line of this one
    FOLLOWED = "followed"  # both name one run, record, operation or effect, and the order is known
    COINCIDED = "coincided"  # they overlap in time, or their clocks do not tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an incident's story.

    Attributes:
        sentence: What happened.
        findings: Ids of the findings that say so, in order of time.
        relation: What ties it to an earlier step; None for the first, and for one that shares
            nothing with any before it.
        after: The number of that step, from 1; None where there is no relation.
        by: What they have in common: `chain`, `event`, `effect`, `operation`, `trace` or
            `record`; empty where there is no relation.
    """

    sentence: str
    findings: Sequence[str]
    relation: Relation | None = None
    after: int | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """What an incident may have begun with.

    Attributes:
        event_id: The event; the first that is seen where the log begins too late.
        source: The log that tells of it.
        occurred_at: When, UTC.
        sentence: What it is, in the source's own words, but for the error.
        error: Which error it tells of; empty for none.
        findings: How many of the incident's findings causes lead back to it from.
        weight: Their share; the weights of all candidates need not add up, since one may stand
            above another.
        before_log: Whether it names a cause that the log does not hold.
    """

    event_id: str
    source: str
    occurred_at: datetime | None
    sentence: str
    error: str
    findings: int
    weight: float
    before_log: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A deploy, configuration, schema or permission change in the day before an incident.

    That it preceded the incident is all that is said.

    Attributes:
        event_id: The event.
        source: The log.
        place: File and line, else the source's own position.
        occurred_at: When, UTC.
        sentence: What it is, in the source's own words, but for the error.
        error: Which error it tells of; empty for none.
    """

    event_id: str
    source: str
    place: str
    occurred_at: datetime
    sentence: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What failed while an incident went on, in one of its runs or with the name of its work.

    That it failed meanwhile is all that is said.

    Attributes:
        event_id: The first line of it.
        source: The log.
        place: File and line, else the source's own position.
        occurred_at: When it came first, UTC.
        sentence: What it is, in the source's own words, but for the error.
        error: Which error it tells of; empty for none.
        lines: How many lines say the same.
    """

    event_id: str
    source: str
    place: str
    occurred_at: datetime
    sentence: str
    error: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether an incident goes on, as far as the logs reach.

    Attributes:
        state: `running` (lines of it up to the end of the logs), `quiet` (none for much longer than
            it ever paused) or `unknown` (the logs end too soon after it, or have no times).
        last_at: Its last line, UTC.
        reaches_to: The end of the log that ends first among those that witness it; nothing is said
            of what came later.
        source: That log.
        is_whole: Nothing is known to be missing from the logs that witness it.
    """

    state: str
    last_at: datetime | None
    reaches_to: datetime | None
    source: str
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Work that the logs leave unfinished and that may fire again, or for the first time.

    Attributes:
        event_id: Its last line.
        source: The log.
        incident_id: The incident it belongs to; None for one of no incident.
        why: `queued`, `unacknowledged`, `unfinished`, `unanswered`, `retry due`, `scheduled` or
            `still looping`.
        system: Who would act.
        action: What it would do.
        name: The message, operation, record or run.
        since: When it was last seen, UTC.
        fires_at: When it may fire; None where no log says.
        key_until: Until when a repetition under the same key does no harm; None where the key, or
            how long it is remembered, is not known.
        amount: Money that it would move, in major units; None where no log says.
        currency: Its currency; empty where no log says.
    """

    event_id: str
    source: str
    incident_id: str | None
    why: str
    system: str
    action: str
    name: str
    since: datetime | None
    fires_at: datetime | None
    key_until: datetime | None
    amount: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """Work of which a log tells the beginning and never an end: what of it is open is not known.

    Attributes:
        source: The log.
        whose: The consumer, else the system, whose work it is.
        kind: `message` or `run`.
        works: How many.
    """

    source: str
    whose: str
    kind: str
    works: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Findings that share causes, with their story in order.

    Attributes:
        incident_id: Made of the smallest finding id in it; 16 hex.
        title: One line.
        severity: The worst of its findings.
        first_at: When it began, UTC.
        last_at: When its last witness occurred.
        findings: Ids of its findings, in order of time.
        story: Its steps in order of time; findings of one kind that follow each other are one.
        roots: What it may have begun with, the likeliest first.
        preceded_by: Changes in the day before.
        failed: What failed meanwhile and is no evidence of its findings.
        mechanisms: How its duplicates came about, where the log shows it: the number of findings
            of each mechanism, the commonest first.
        remedies: What to do about its causes, the commonest first.
        standing: Whether it goes on.
        exposure: Money of its effects, each counted once, a currency each.
        blast_radius: How far it reached.
        customers: Distinct customers, sorted.
        systems: Systems touched, sorted.
    """

    incident_id: str
    title: str
    severity: Severity
    first_at: datetime | None
    last_at: datetime | None
    findings: Sequence[str]
    story: Sequence[Step]
    roots: Sequence[Root] = ()
    preceded_by: Sequence[Change] = ()
    failed: Sequence[Failure] = ()
    mechanisms: Mapping[str, int] = field(default_factory=dict)
    remedies: Sequence[str] = ()
    standing: Standing
    exposure: Sequence[Exposure]
    blast_radius: BlastRadius
    customers: Sequence[str]
    systems: Sequence[str]
