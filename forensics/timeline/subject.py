"""What figures are told of a finding."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forensics.model.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A finding, as far as a figure needs it.

    Attributes:
        finding_id: Which.
        detector: Which found it; decides colour, symbol and figure.
        pattern: The pattern it fits.
        title: Its one line.
        severity: How bad if true.
        first_at: When its first witness occurred, UTC; None when the log has no times.
        last_at: When the last one did.
        excess: How many effects, attempts, writes or runs should not have been.
        facts: What the pattern measured.
    """

    finding_id: str
    detector: str
    pattern: str
    title: str
    severity: str
    first_at: datetime | None
    last_at: datetime | None
    excess: int
    facts: Mapping[str, Any]


def subject(finding: Finding) -> Subject:
    """What figures are told of it."""
    return Subject(
        finding_id=finding.finding_id,
        detector=finding.detector,
        pattern=finding.pattern,
        title=finding.explanation.title,
        severity=finding.severity.value,
        first_at=finding.first_at,
        last_at=finding.last_at,
        excess=finding.excess,
        facts=finding.facts,
    )
