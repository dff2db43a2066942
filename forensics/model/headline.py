"""What a person has to know first, in the order in which it is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from forensics.model.blast_radius import Money, StillOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far one log reaches.

    Attributes:
        source: The log.
        last_at: Its last line, UTC; None where it has no times.
    """

    source: str
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The first screen: seven answers, each as short as it can be.

    Attributes:
        standing: Whether something goes on, as far as the logs reach.
        reaches: The end of each log, the earliest first.
        customers_confirmed: Distinct customers hit, for sure.
        customers_possible: Further ones that may have been.
        records_wrong: Records that races may have left wrong.
        money: Excess effects of the incidents that count, each once, by currency, stage and
            certainty.
        still_out: Between what and what the money still out lies, a currency each.
        accepted: Incidents of which all findings are accepted: none of the above counts them.
        stop: What may fire next, and what to hold.
        save: What expires, and until when it can be saved.
        worst: Ids of the three findings that matter most.
        unseen: What could not be seen, and the log that would show it.
        following: The commands to go on with.
    """

    standing: str
    reaches: Sequence[Reach]
    customers_confirmed: int
    customers_possible: int
    records_wrong: int
    money: Sequence[Money]
    still_out: Sequence[StillOut]
    accepted: int
    stop: Sequence[str]
    save: Sequence[str]
    worst: Sequence[str]
    unseen: Sequence[str]
    following: Sequence[str]
