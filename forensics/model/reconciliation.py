"""Two logs of the same effects, tied out against each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time in which a log holds everything that it is meant to hold.

    Attributes:
        first_at: Its begin, UTC.
        last_at: Its end.
    """

    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What two logs say of the effects of one class at one system, while both were kept.

    Attributes:
        effect_class: Such as `billing`.
        callee: The system that was asked.
        left: One log, the callee's own where one of them is.
        right: The other.
        first_at: Begin of the time that both cover, UTC.
        last_at: Its end.
        left_whole: The time in which the left log is whole; None where it is not known to be.
        right_whole: The same of the right one.
        complete: Whether both logs are whole; else what only one of them tells may be a hole in the
            other.
        matched: Effects that both tell of, with one amount.
        differing: Effects of which they give different amounts.
        left_only: Effects of which only the left one tells.
        right_only: Effects of which only the right one tells.
        examples: Ids of effects that differ or that one side lacks: `ch_1 (only stripe)`.
    """

    effect_class: str
    callee: str
    left: str
    right: str
    first_at: datetime
    last_at: datetime
    left_whole: Period | None
    right_whole: Period | None
    complete: bool
    matched: int
    differing: int
    left_only: int
    right_only: int
    examples: Sequence[str]

    @property
    def agrees(self) -> bool:
        """Whether every effect of the time is in both, with one amount."""
        return not (self.differing or self.left_only or self.right_only)
