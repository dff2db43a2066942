"""How far a partition was read, and what of it was not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from forensics.model.words import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a cursor holds: where to go on, and what is missing of all that came before.

    Attributes:
        offset: Of the next message; None before the first reading.
        gone: Offsets that had been removed before they were read.
        unread: Why values are kept as bytes, and how many are.
    """

    offset: int | None = None
    gone: int = 0
    unread: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: str) -> "Progress":
        """What a cursor says: `OFFSET`, `OFFSET-GONE` or `OFFSET-GONE-UNREAD`."""
        offset, _, rest = cursor.partition("-")
        gone, _, unread = rest.partition("-")
        return cls(
            offset=int(offset) if offset else None,
            gone=int(gone or 0),
            unread=orjson.loads(unread or "{}"),
        )

    @property
    def cursor(self) -> str:
        """What `of` reads."""
        if self.unread:
            kept = orjson.dumps(self.unread, option=orjson.OPT_SORT_KEYS).decode()
            return f"{self.offset}-{self.gone}-{kept}"
        return f"{self.offset}-{self.gone}" if self.gone else str(self.offset)

    def coverage(self, name: str, *, low: int, compacted: bool) -> tuple[str, str]:
        """What is known to be missing of a partition: a state and the reasons.

        Args:
            name: The partition.
            low: Its oldest offset that is still there.
            compacted: Whether older messages of a key go.
        """
        reasons = [
            f"{plural(count, 'value')} of `{name}` kept as bytes, and not read: {why}."
            for why, count in sorted(self.unread.items())
        ]
        if self.gone:
            reasons.append(
                f"`{name}`: {self.gone:,} offsets before {low:,} had been removed by the topic's"
                " retention before they were read."
            )
        if compacted:
            reasons.append(
                f"`{name}` is compacted: of the messages with one key only the last one stays, so"
                " that repeats cannot be seen."
            )
        state = "truncated" if compacted else "complete"
        state = "expired" if self.gone else state
        return "unknown" if self.unread else state, " ".join(reasons)
