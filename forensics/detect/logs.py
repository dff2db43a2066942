"""What the lines of each log tell, counted: enough to say what a pattern could see there."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from forensics.detect.contract import Pattern
from forensics.detect.filled import is_filled

_MOSTLY = 0.5
"""Share of a log's ends that must say what came of them, for what has not ended to need no word."""

_LINES = {
    # Of a lock it is the taking that says what came of it.
    "ended": "NOT (phase = 'progress'"
    " OR phase = CASE kind WHEN 'lock' THEN 'end' ELSE 'start' END)",
    "read": "kind = 'read' AND phase IN ('single', 'end')",
    "write": "(kind = 'write' OR write_kind IS NOT NULL) AND phase IN ('single', 'end')",
}
"""What a line can be, besides what it fills."""

_WITH_READS = {"read_order": "source_seq"}
"""What a column tells in a log that has reads: the last before a write is what it was built on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The lines of one log and kind that tell the same.

    Attributes:
        source: The log.
        kind: Their kind.
        tell: Columns that they fill, and which of `ended`, `read` and `write` they are.
        count: How many they are.
        first_at: When the earliest of them was; None where none has a time.
        last_at: When the latest was.
    """

    source: str
    kind: str
    tell: frozenset[str]
    count: int
    first_at: datetime | None
    last_at: datetime | None


class Logs:
    """What the logs of a case tell of what patterns need."""

    def __init__(self, lines: Iterable[Lines]) -> None:
        """Take all lines of the case."""
        self.lines = tuple(lines)
        self._with_reads = {each.source for each in self.lines if each.kind == "read"}
        ended = [each for each in self.lines if "ended" in each.tell]
        self._ends_known = _mostly_known(((each.source, each.kind), each) for each in ended)
        self._known = _mostly_known(
            ((name, log), each)
            for each in self.lines
            for name in each.tell & _LINES.keys()
            for log in (each.source, None)
        )

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection, patterns: Iterable[Pattern]) -> "Logs":
        """Count the lines of `events` by all that the patterns need, in one scan."""
        conditions = _LINES | {name: is_filled(name) for name in _columns(patterns)}
        bits = " | ".join(
            f"(coalesce({condition}, false)::BIGINT << {place})"
            for place, condition in enumerate(conditions.values())
        )
        counted = connection.sql(f"""
            SELECT source, kind, {bits} AS told, count(*) AS events,
                min(occurred_at) AS first_at, max(occurred_at) AS last_at
            FROM events GROUP BY ALL""")
        return cls(
            Lines(
                source=row["source"],
                kind=row["kind"],
                tell=_named(row["told"], conditions),
                count=row["events"],
                first_at=row["first_at"],
                last_at=row["last_at"],
            )
            for row in counted.to_arrow_table().to_pylist()
        )

    def tell(self, lines: Lines, need: str, outcomes_of: Sequence[str]) -> bool:
        """Whether some lines of a log, or others for them, tell what is needed.

        Args:
            lines: Those that are asked.
            need: A column; of `a|b`, either will do.
            outcomes_of: As `Pattern.outcomes_of` has it.
        """
        if need == "outcome":
            return self._outcome_of(lines) and all(
                any(self._outcome_of_others(lines, other) for other in others.split("|"))
                for others in outcomes_of
            )
        return any(self._fill(lines, column) for column in need.split("|"))

    def _fill(self, lines: Lines, column: str) -> bool:
        if column in _WITH_READS:
            return _WITH_READS[column] in lines.tell and lines.source in self._with_reads
        return column in lines.tell

    def _outcome_of(self, lines: Lines) -> bool:
        """What has not ended need not say it where the log says that of most that ended."""
        return "outcome" in lines.tell or (
            "ended" not in lines.tell and self._ends_known.get((lines.source, lines.kind), False)
        )

    def _outcome_of_others(self, lines: Lines, other: str) -> bool:
        """Those of the lines' own log are asked, and of all logs where that has none."""
        if other not in _LINES:
            return other in lines.tell
        everywhere = self._known.get((other, None), True)
        return self._known.get((other, lines.source), everywhere)


def _mostly_known(
    lines: Iterable[tuple[tuple[str, str | None], Lines]],
) -> dict[tuple[str, str | None], bool]:
    """Of all lines of one name, whether most say what came of them."""
    counts: dict[tuple[str, str | None], list[int]] = defaultdict(lambda: [0, 0])
    for name, each in lines:
        counts[name]["outcome" in each.tell] += each.count
    return {name: known >= _MOSTLY * (known + silent) for name, (silent, known) in counts.items()}


def _columns(patterns: Iterable[Pattern]) -> list[str]:
    """Every column that they need, once."""
    needs = [need for p in patterns for need in (*p.needs, *p.outcomes_of)]
    names = ["outcome", *(name for need in needs for name in need.split("|"))]
    columns = [_WITH_READS.get(name, name) for name in names if name not in _LINES]
    return list(dict.fromkeys(columns))


def _named(bits: int, names: Collection[str]) -> frozenset[str]:
    return frozenset(name for place, name in enumerate(names) if bits >> place & 1)
