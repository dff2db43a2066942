"""What an incident did to operations, each number only where the logs can tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A number, or why there is none.

    Attributes:
        value: How many; None where the logs cannot tell.
        reason: Why there is no number, or why it may be more; else empty.
        kinds: What it adds up, by kind; a record that was broken in two ways is in two of them, and
            once in `value`.
    """

    value: int | None = None
    reason: str = "it was not counted"
    kinds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Four numbers of one incident.

    Attributes:
        goodput_lost: Operations of its storms that were never served, as far as they go beyond what
            the callee served less than at its rate before.
        invariants_broken: Records that a proven duplicate or race left wrong, by pattern.
        records_diverged: Effects and records of which two logs or stores say different things.
        backlog: Work unfinished at the end of the logs, by why it is.
    """

    goodput_lost: Tally = Tally()
    invariants_broken: Tally = Tally()
    records_diverged: Tally = Tally()
    backlog: Tally = Tally()
