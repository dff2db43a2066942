"""One thing that one log says happened, before it is written in the format of that log."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened, in the words of the canonical event.

    Attributes:
        label: The instance of the story it belongs to; None for ordinary traffic.
        log: The log that tells of it, by the name of its format.
        at: When it began, by a clock that is right.
        columns: Canonical columns; what a format has no place for is not written.
        payload: What else the native record says: the columns of a row, the arguments of a call.
    """

    label: str | None
    log: str
    at: datetime
    columns: Columns
    payload: Columns = field(default_factory=dict)

    @property
    def clock(self) -> str:
        """The system whose clock stamps the record."""
        owners = {"stripe": "stripe", "debezium": "shop-db", "cloudtrail": "aws"}
        return owners.get(self.log) or str(self.columns["system"])
