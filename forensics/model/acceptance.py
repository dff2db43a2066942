"""Findings that somebody has looked at and decided to live with."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The newest word on one finding.

    Attributes:
        finding_id: The finding, as it was called when it was accepted.
        title: Its title then.
        severity: Its severity then.
        reason: Why it is accepted, or why no longer.
        until: From when on it counts again, UTC; None for never.
        withdrawn: It counts again.
        said_by: Who said so: account and machine.
        said_at: When, UTC.
        events: How many log lines showed it then; more of them make it grow.
    """

    finding_id: str
    title: str
    severity: str
    reason: str
    until: datetime | None
    withdrawn: bool
    said_by: str
    said_at: datetime
    events: int

    def holds(self, now: datetime) -> bool:
        """Whether it is in force."""
        return not self.withdrawn and (self.until is None or now < self.until)
