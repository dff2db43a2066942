"""What a detector says, and how far the log supports it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Grade(StrEnum):
    """How far the log supports a finding; decided by the kind of evidence, never by a score."""

    PROVEN = "proven"  # no ordering of unseen events explains it away
    STRONG = "strong"  # needs one named assumption
    PROBABLE = "probable"  # likelier than not, with named reasons
    SUSPICION = "suspicion"  # consistent with the log, as is an innocent reading


class Severity(StrEnum):
    """How bad it is if true: money, customers, reversibility. Worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Verdict(StrEnum):
    """What a pattern can say about a source."""

    FOUND = "found"
    CLEAR = "clear"  # nothing in the period and population named
    PARTIAL = "partial"  # nothing seen, but the log is incomplete
    BLIND = "blind"  # the log lacks columns that the pattern needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a person reads of a finding, built from its facts and from what was declared.

    Attributes:
        title: One line, at most about 90 characters.
        sentences: What happened, in plain words, in order.
        reasons_for: What in the log supports it.
        reasons_against: What an innocent reading would rest on.
        disproof: The cheapest observation that would refute it.
        disproof_tried: Whether the log could decide that, and it held against it.
        tried: Innocent readings, by their names, that the log could have shown and did not.
        undecided: Those that it could not decide, with the columns that it lacks for them.
        remedy: What to do about the cause.
    """

    title: str
    sentences: str
    reasons_for: Sequence[str] = ()
    reasons_against: Sequence[str] = ()
    disproof: str = ""
    disproof_tried: bool = False
    tried: Sequence[str] = ()
    undecided: Mapping[str, Sequence[str]] = field(default_factory=dict)
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Money in one currency, in major units.

    Attributes:
        currency: ISO 4217; empty where no log names it.
        gross: Sum of the excess effects.
        compensated: What was taken back of it; never more than `gross`.
    """

    currency: str
    gross: Decimal
    compensated: Decimal = Decimal(0)

    @property
    def net(self) -> Decimal:
        """What is still out."""
        return self.gross - self.compensated


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The money of all findings in one currency, each effect counted once.

    Attributes:
        exposure: The sums.
        by_witness: What is still out, by who vouches for the effect: `settled`, `recorded` (the
            callee's log), `answered` (its reply in the caller's log) or `asserted` (the caller).
    """

    exposure: Exposure
    by_witness: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that went wrong, with every line that shows it.

    Attributes:
        finding_id: This episode: `problem_id` and the earliest event of the evidence; 16 hex.
        problem_id: Detector, pattern and subject: the same weakness next week; 16 hex.
        detector: Such as `duplicate_side_effect`.
        pattern: Such as `same_key`.
        severity: How bad if true.
        grade: How far the log supports it.
        confidence: Calibrated probability; None of a suspicion, and where no log was like it.
        subject: What it is about: system, action, entity or edge.
        first_at: When the first witness occurred, UTC; None when the log has no times.
        last_at: When the last one did.
        events: Number of log lines in the evidence.
        executions: Distinct executions among them.
        excess: Effects, attempts, writes or runs that should not have been.
        exposure: Money, a currency each.
        customers: Distinct customers hit, sorted.
        sources: Logs that witness it, sorted.
        explanation: For people.
        facts: What the pattern measured, for programs.
        incident_id: The incident it belongs to; None until findings are grouped.
        status: `new`, `growing`, `recurring`, `resolved`, `not_observed` or `accepted`.
        reproduce: SQL over the case's views that shows its evidence.
    """

    finding_id: str
    problem_id: str
    detector: str
    pattern: str
    severity: Severity
    grade: Grade
    confidence: float | None = None
    subject: Sequence[str]
    first_at: datetime | None
    last_at: datetime | None
    events: int
    executions: int
    excess: int
    exposure: Sequence[Exposure] = ()
    customers: Sequence[str] = ()
    sources: Sequence[str] = ()
    explanation: Explanation
    facts: dict[str, object] = field(default_factory=dict)
    incident_id: str | None = None
    status: str = "new"
    reproduce: str = ""
