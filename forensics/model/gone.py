"""Findings of earlier runs that a run does not show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """One of them; it counts neither for a severity nor for the exit code, and has no evidence.

    Attributes:
        finding_id: The finding, as the last run that showed it called it.
        problem_id: The weakness.
        detector: That found it.
        pattern: Its pattern.
        severity: As last seen.
        grade: As last seen.
        title: As last seen.
        status: `resolved`: it would have been seen; `not_observed`: perhaps it could not be seen.
        reason: Why it is one or the other, one sentence.
        first_at: When its first witness occurred, UTC.
        last_at: When the last one did.
        sources: Logs that witnessed it.
    """

    finding_id: str
    problem_id: str
    detector: str
    pattern: str
    severity: str
    grade: str
    title: str
    status: str
    reason: str
    first_at: datetime | None
    last_at: datetime | None
    sources: Sequence[str]
