"""The outcome of an audit: what was read, what was found, what could not be seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from forensics.model.audience import OWNER, Audience
from forensics.model.declarations import Declarations
from forensics.model.elsewhere import Elsewhere
from forensics.model.figure import Drawn
from forensics.model.finding import Finding, Severity, Total, Verdict
from forensics.model.gone import Gone
from forensics.model.incident import Incident, Pending, Untold
from forensics.model.joins import Join
from forensics.model.latent import Latent
from forensics.model.reconciliation import Reconciliation
from forensics.model.record import Notice

SHOWN_FINDINGS = 1_000
"""Findings that the page shows with their evidence, worst first; programs read the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceVerdict:
    """One pattern's word on one source.

    Attributes:
        source: The source.
        detector: The pattern's detector.
        pattern: The pattern.
        verdict: The word.
        events: Events of the kinds that the pattern looks at.
        population: Those of them that say what it needs.
        first_at: Begin of the period these cover, UTC.
        last_at: Its end.
        missing: Columns (or `kind ...`) that make it blind, or blind to most of the events.
        reason: One sentence; for `blind` which log or field would cure it.
    """

    source: str
    detector: str
    pattern: str
    verdict: Verdict
    events: int
    population: int
    first_at: datetime | None
    last_at: datetime | None
    missing: Sequence[str]
    reason: str

    @property
    def partly_blind(self) -> bool:
        """Whether it sees some of the events, and most of them lack what it needs."""
        return self.verdict is not Verdict.BLIND and bool(self.missing)


DEFAULT_CASE = "case"
"""The folder of a case that nobody named."""
_UNMAPPED_WORD = "unmapped"
UNMAPPED = f"{_UNMAPPED_WORD}: "
"""Before the name of a file, why records of it that no format recognises are ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAccount:
    """What became of one source's records, in one run or in all of them.

    Attributes:
        source: Its name.
        address: Where it was read.
        formats: Mappings that read its parts, sorted.
        read: Records read; always `mapped + ignored + already_stored + quarantined`.
        mapped: Records that gave events.
        ignored: Records that gave none, by name.
        already_stored: Records the case held before.
        quarantined: Records that could not be read.
        events: Events stored.
        notices: What the user should be told, in order.
    """

    source: str
    address: str
    formats: Sequence[str] = ()
    read: int = 0
    mapped: int = 0
    ignored: Mapping[str, int] = field(default_factory=dict)
    already_stored: int = 0
    quarantined: int = 0
    events: int = 0
    notices: Sequence[Notice] = ()

    @property
    def unmapped(self) -> dict[str, int]:
        """File to its records that no format recognises."""
        return {
            name.removeprefix(UNMAPPED): count
            for name, count in self.ignored.items()
            if name.startswith(UNMAPPED)
        }

    @property
    def unrecognised(self) -> int:
        """Records that no format recognises, in files of none and among those of one."""
        return sum(n for name, n in self.ignored.items() if name.startswith(_UNMAPPED_WORD))

    @property
    def failed(self) -> bool:
        """Whether a part, or all of it, could not be read."""
        return any(notice.state == "failed" for notice in self.notices)

    @property
    def holed(self) -> bool:
        """Whether something of what was read is missing, or may be."""
        return any(notice.state == "incomplete" for notice in self.notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCoverage:
    """How much of a source's world the case holds.

    Attributes:
        source: The source.
        first_at: Time of its first event, UTC.
        last_at: Time of its last event.
        events: How many.
        state: `complete`, `sampled`, `truncated`, `expired` or `unknown`; the worst of its parts.
        reason: Why it is not complete; empty when it is.
        times: In which zone times without one were read; empty when each carries its own.
        waiting: Which of its parts end with half a record that is not read yet; empty when none.
    """

    source: str
    first_at: datetime | None
    last_at: datetime | None
    events: int
    state: str
    reason: str
    times: str = ""
    waiting: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineReason:
    """Records of one source that could not be read for one reason.

    Attributes:
        source: The source.
        reason: Why, with `…` for what differs from record to record.
        records: How many.
        examples: Where the first of them stand: file and line, else the position.
    """

    source: str
    reason: str
    records: int
    examples: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedCount:
    """Candidates that a named innocent explanation took away.

    Attributes:
        detector: Of the pattern.
        pattern: That proposed them.
        suppressor: The explanation's name.
        meaning: The explanation.
        candidates: How many.
    """

    detector: str
    pattern: str
    suppressor: str
    meaning: str
    candidates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One log line behind a finding.

    Attributes:
        finding_id: The finding.
        role: `original`, `duplicate`, `cause`, `guard`, `context` or `compensation`.
        event_id: The event.
        source: The log.
        source_position: Where in it.
        source_path: The file, as it was typed.
        source_line: The line, where lines mean something.
        occurred_at: When, UTC.
        ended_at: When it ended, where that is known.
        system: Who acted.
        target_system: Whom it called.
        workflow: In which workflow.
        execution_id: In which run.
        kind: What the row is.
        action: The verb.
        outcome: What came of it.
        entity: Type and id of the record, joined by a blank.
        raw: The record as read, secrets masked, cut at 4,000 characters.
    """

    finding_id: str
    role: str
    event_id: str
    source: str
    source_position: str
    source_path: str | None
    source_line: int | None
    occurred_at: datetime | None
    ended_at: datetime | None
    system: str | None
    target_system: str | None
    workflow: str | None
    execution_id: str
    kind: str
    action: str
    outcome: str
    entity: str | None
    raw: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One excess effect to undo, or one damaged record to correct.

    Attributes:
        finding_id: The finding.
        act: `refund` (money taken), `void` (money held), `collect` (money given), `reverse` (a
            payout, transfer or debit), `answer` (a dispute), `retract` (a message), `correct` (a
            record), `check`, or `none` (already taken back).
        system: Where to do it.
        subject: Effect id, or type and id of the record.
        keep: The effect that stays, where one is to be undone; `choose` where the log does not tell
            which came first: any one of the finding's may stay.
        amount: Money of that effect that is still out, as text in major units; empty where the
            effect moved none.
        currency: Its currency.
        customer: Who is affected.
        occurred_at: When it happened, UTC.
        state: Money stage as last seen, `taken back`, `partly taken back`, `disputed`, `refund
            pending` or `refund outcome unknown` (of it or of the one that stays; the act is then
            `check`), or the outcome.
        grade: How far the log supports the finding.
        idempotency_key: A key to use for the act, so that doing it twice does no harm; the same for
            the same effect and act, whichever finding names it.
        evidence: The event that shows it.
        keep_because: Why that effect is the one to keep; empty where none is.
        compensated: What was taken back of it, as text in major units; empty for nothing.
        sets_off: Automations that such acts set off before, the most frequent first.
    """

    finding_id: str
    act: str
    system: str
    subject: str
    keep: str
    amount: str
    currency: str
    customer: str
    occurred_at: datetime | None
    state: str
    grade: str
    idempotency_key: str
    evidence: str
    keep_because: str
    compensated: str
    sets_off: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """What differs from run to run and says nothing about the evidence.

    Attributes:
        case: Name of the case folder.
        at: When the run was made, UTC.
        seconds: How long it took.
        tool_version: With which version.
        custody_digest: Head of the chain of custody when the detectors ran.
        since: Begin of the window asked for.
        until: End of the window, exclusive.
        detectors: Detectors that ran.
        thresholds: Pattern to the numbers that decided, set or default.
        declarations: What was taken on the user's word.
    """

    case: str
    at: datetime
    seconds: float
    tool_version: str
    custody_digest: str
    since: datetime | None
    until: datetime | None
    detectors: Sequence[str]
    thresholds: Mapping[str, Mapping[str, int | float]]
    declarations: Declarations

    @property
    def named(self) -> str:
        """What somebody called the case; empty for the folder that is made where nobody did."""
        return "" if self.case == DEFAULT_CASE else self.case


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Everything a report is made of.

    Attributes:
        run: What differs from run to run.
        findings: Worst first.
        incidents: Worst first.
        totals: Money of all excess effects, each counted once, a currency each.
        exposures: What has not happened yet but can (`latent_race`, `latent_loop`).
        verdicts: Every source and pattern.
        elsewhere: What keeps patterns from seeing a source, and which logs would show it.
        accounts: Every source's records, over all acquisitions of the case.
        coverage: Every source's period.
        joins: Fields of two sources that hold equal values, those that are used first.
        suppressed: What was explained away, counted.
        quarantine: Why records could not be read, the most frequent reasons of each source.
        evidence: Lines behind each finding: some fifty where it is shown, else a few.
        repairs: What to undo or correct, in the order to work through.
        pending: What the logs leave unfinished and may fire, what belongs to an incident first.
        untold: Work of which logs tell the beginning and never an end.
        reconciliations: Pairs of logs of the same effects, tied out against each other.
        kept_days: Source to the days after which it deletes its records by itself.
        gone: Findings of earlier runs that this one does not show, worst first.
        missing: Sentences on evidence that is missing; empty when the exit code may be 0.
        figures: Timelines of the page, by name; see `forensics.timeline.draw.for_page`.
        audience: For whom it is told.
    """

    run: RunInfo
    findings: Sequence[Finding]
    incidents: Sequence[Incident]
    totals: Sequence[Total] = ()
    exposures: Sequence[Latent] = ()
    verdicts: Sequence[SourceVerdict]
    elsewhere: Sequence[Elsewhere] = ()
    accounts: Sequence[SourceAccount]
    coverage: Sequence[SourceCoverage]
    joins: Sequence[Join] = ()
    suppressed: Sequence[SuppressedCount]
    quarantine: Sequence[QuarantineReason] = ()
    evidence: Sequence[EvidenceLine]
    repairs: Sequence[Repair]
    pending: Sequence[Pending] = ()
    untold: Sequence[Untold] = ()
    reconciliations: Sequence[Reconciliation] = ()
    kept_days: Mapping[str, int] = field(default_factory=dict)
    gone: Sequence[Gone] = ()
    missing: Sequence[str] = ()
    figures: Mapping[str, Drawn] = field(default_factory=dict)
    audience: Audience = OWNER

    @property
    def counting(self) -> list[Incident]:
        """The incidents of which not all findings are accepted."""
        counting = not_accepted(self.findings)
        return [one for one in self.incidents if one.incident_id in counting]

    def within(self, incident_id: str) -> list[Finding]:
        """The findings of an incident."""
        return [finding for finding in self.findings if finding.incident_id == incident_id]

    def at_or_above(self, severity: Severity, *, every: bool = False) -> list[Finding]:
        """Findings that make the exit code 1: accepted ones never, old ones only with `every`."""
        return [
            finding
            for finding in self.findings
            if finding.severity.rank <= severity.rank
            and finding.status != "accepted"
            and (every or finding.status in {"new", "growing"})
        ]


def not_accepted(findings: Iterable[Finding]) -> set[str | None]:
    """Ids of the incidents of which not all findings are accepted."""
    return {finding.incident_id for finding in findings if finding.status != "accepted"}
