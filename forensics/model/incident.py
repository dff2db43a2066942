"""Findings that share causes, how they began, whether they are over and how far they reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from forensics.model.finding import Exposure, Severity
from forensics.model.impact import Estimate
from forensics.model.operations import Operations


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
        sentence: What it is, in the source's own words.
        findings: How many of the incident's findings causes lead back to it from.
        weight: Their share; the weights of all candidates need not add up, since one may stand
            above another.
        before_log: Whether it names a cause that the log does not hold.
    """

    event_id: str
    source: str
    occurred_at: datetime | None
    sentence: str
    findings: int
    weight: float
    before_log: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A deploy, configuration, schema or permission change in the day before an incident.

    That it preceded the incident is all that is said.
    """

    event_id: str
    source: str
    occurred_at: datetime
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What failed while an incident went on, in one of its runs or with the name of its work.

    That it failed meanwhile is all that is said.

    Attributes:
        event_id: The first line of it.
        source: The log.
        place: File and line, else the source's own position.
        occurred_at: When it came first, UTC.
        sentence: What it is, in the source's own words.
        lines: How many lines say the same.
    """

    event_id: str
    source: str
    place: str
    occurred_at: datetime
    sentence: str
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
    """

    state: str
    last_at: datetime | None
    reaches_to: datetime | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Effects that should not have been, of one currency, stage and certainty.

    Attributes:
        currency: ISO 4217; empty where no log names it.
        stage: `authorised`, `captured`, ... or empty where no log says.
        certain: `confirmed` (the callee vouches for the effect, and the finding is proven or
            strong) or `possible`.
        effects: How many.
        gross: Their sum, in major units.
        compensated: What was taken back of it.
        by_witness: What is still out, by who vouches for the effects, as in `Total`.
    """

    currency: str
    stage: str
    certain: str
    effects: int
    gross: Decimal
    compensated: Decimal
    by_witness: Mapping[str, Decimal]

    @property
    def net(self) -> Decimal:
        """What is still out."""
        return self.gross - self.compensated


@dataclass(frozen=True, slots=True, kw_only=True)
class StillOut:
    """Between what and what the money still out lies, in one currency.

    Attributes:
        currency: ISO 4217; empty where no log names it.
        low: What is confirmed.
        high: With what is possible, and with calls of which no log tells the outcome.
    """

    currency: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """Customers to whom one thing was done.

    Attributes:
        harm: `charged` (too much, and not yet given back in full), `charged wrongly` (two logs say
            different sums of a charge), `repaid` (charged too much, and given it back), `credited`
            (given too much), `messaged twice`, `data wrong`, `delayed` or `touched`.
        certain: `confirmed` or `possible`, as for `Money`.
        customers: Who, sorted; one id with two tenants is two of them.
        tenants: Whose customer each is; empty where no log says.
    """

    harm: str
    certain: str
    customers: Sequence[str]
    tenants: Sequence[str]

    @property
    def owned(self) -> set[tuple[str, str]]:
        """Each customer once, as tenant and id."""
        return set(zip(self.tenants, self.customers, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Effects that the excess runs led to further on, of one class, stage, currency and certainty.

    Attributes:
        effect_class: Such as `messaging`.
        stage: As for `Money`.
        currency: ISO 4217; empty where no log names it.
        certain: `confirmed` (reached over explicit ids alone, from a proven or strong finding) or
            `possible`: what they are reached from is inferred.
        effects: How many.
        amount: Their sum, the upper end; None where no log tells any.
        expected: The sum of each amount times the probability that it was reached; None where that
            is not known of all of them.
    """

    effect_class: str
    stage: str
    currency: str
    certain: str
    effects: int
    amount: Decimal | None
    expected: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedLogs:
    """Two logs of an incident's evidence that share a name: a join for somebody to make.

    Attributes:
        left: One log.
        right: The other.
        by: What the name is of: `effect`, `operation`, `message`, `run`, `trace`, `transaction`,
            `customer`, or the type of a record.
    """

    left: str
    right: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadius:
    """How far an incident reached, in four units. Each effect is counted once in all incidents.

    Attributes:
        money: Excess effects by currency, stage and certainty.
        estimates: What it may cost besides, by the rates that were declared.
        still_out: Between what and what the money still out lies, a currency each.
        unresolved: Money of calls whose outcome no log tells: it may be out besides.
        followed: Effects that the excess runs led to further on, by class; no finding counts them.
        reached: The same with their money, and how sure it is that they were reached.
        harms: Customers by what was done to them.
        outstanding: Excess effects that were not taken back.
        repeated: Customers hit more than once.
        corrected_s: Seconds until what was taken back was: the median; None where nothing was.
        records_wrong: Records that a race may have left wrong.
        calls_wasted: Tries beyond the first, each counted once.
        backlog: Work of the incident that is unfinished at the end of the logs.
        operations: What it did to operations, each number only where the logs can tell it.
        systems: Systems touched, sorted.
        refused: Calls of others that a limit refused, at the callee of a storm or circle meanwhile.
        refused_customers: Customers among those.
        hops: Causes between the lines of the proof.
        inferred: Share of the causes between its runs, and of the story's ties, that no id shows.
        open_questions: Innocent readings that the logs cannot decide.
        sources_joined: Logs that a person would have had to read side by side.
        joins: By which names two of them are joined.
    """

    money: Sequence[Money] = ()
    estimates: Sequence[Estimate] = ()
    still_out: Sequence[StillOut] = ()
    unresolved: Sequence[Exposure] = ()
    followed: Sequence[tuple[str, int]] = ()
    reached: Sequence[Reached] = ()
    harms: Sequence[Harm] = ()
    outstanding: int = 0
    repeated: int = 0
    corrected_s: float | None = None
    records_wrong: int = 0
    calls_wasted: int = 0
    backlog: int = 0
    operations: Operations = field(default_factory=Operations)
    systems: Sequence[str] = ()
    refused: int = 0
    refused_customers: int = 0
    hops: int = 0
    inferred: float = 0
    open_questions: int = 0
    sources_joined: int = 0
    joins: Sequence[JoinedLogs] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Work that the logs leave unfinished and that may fire again, or for the first time.

    Attributes:
        event_id: Its last line.
        source: The log.
        incident_id: The incident it belongs to; None for one of no incident.
        why: `queued`, `unacknowledged`, `unanswered`, `retry due`, `scheduled` or `still looping`.
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
