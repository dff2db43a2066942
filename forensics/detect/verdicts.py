"""What each pattern can say about each source: found, clear, partial or blind.

"Clear" is only said where the source holds what the pattern needs and its coverage is complete.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from forensics.detect.contract import Detector, Pattern
from forensics.model.audit import SourceVerdict
from forensics.model.finding import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holding:
    """How many events of one kind a source has, and how many of them fill each column."""

    kind: str
    events: int
    first_at: datetime | None
    last_at: datetime | None
    filled: Mapping[str, int]


def judge(
    connection: duckdb.DuckDBPyConnection,
    detectors: Iterable[Detector],
    *,
    incomplete: Mapping[str, str],
) -> list[SourceVerdict]:
    """A verdict for every source and pattern, in their order.

    Args:
        connection: Has `events`, `candidates` and `candidate_evidence`.
        detectors: Those that ran.
        incomplete: Source to the reason why its coverage is not complete.
    """
    patterns = [pattern for detector in detectors for pattern in detector.patterns]
    holdings = _holdings(connection, patterns)
    found = set(
        connection.execute("""
            SELECT DISTINCT source, pattern FROM candidate_evidence JOIN events USING (event_id)
            WHERE suppressor IS NULL AND role <> 'context'""").fetchall()
    )
    return [
        _verdict(
            source,
            pattern,
            held,
            found=(source, pattern.name) in found,
            incomplete=incomplete.get(source),
        )
        for source, held in sorted(holdings.items())
        for pattern in patterns
    ]


def _verdict(
    source: str,
    pattern: Pattern,
    held: Sequence[_Holding],
    *,
    found: bool,
    incomplete: str | None,
) -> SourceVerdict:
    mine = [holding for holding in held if holding.kind in pattern.kinds]
    missing = _missing(pattern, mine)
    population = sum(holding.events for holding in mine)
    if found:
        verdict, reason = Verdict.FOUND, "Listed among the findings."
    elif missing:
        verdict, reason = Verdict.BLIND, pattern.cure
    elif incomplete:
        verdict, reason = Verdict.PARTIAL, incomplete
    else:
        verdict, reason = Verdict.CLEAR, f"None among {population:,} events."
    return SourceVerdict(
        source=source,
        detector=pattern.detector,
        pattern=pattern.name,
        verdict=verdict,
        population=population,
        first_at=min((h.first_at for h in mine if h.first_at), default=None),
        last_at=max((h.last_at for h in mine if h.last_at), default=None),
        missing=missing if verdict is Verdict.BLIND else (),
        reason=reason,
    )


def _missing(pattern: Pattern, mine: Sequence[_Holding]) -> tuple[str, ...]:
    if not mine:
        return (f"kind {' or '.join(pattern.kinds)}",)
    return tuple(
        need
        for need in pattern.needs
        if not any(holding.filled[column] for holding in mine for column in need.split("|"))
    )


def _holdings(
    connection: duckdb.DuckDBPyConnection, patterns: Sequence[Pattern]
) -> dict[str, list[_Holding]]:
    columns = sorted({c for p in patterns for need in p.needs for c in need.split("|")})
    counts = "".join(f", count({column})" for column in columns)
    rows = (
        connection.sql(f"""
            SELECT source, kind, count(*), min(occurred_at), max(occurred_at){counts}
            FROM events GROUP BY source, kind""")
        .to_arrow_table()
        .to_pylist()
    )
    result: dict[str, list[_Holding]] = {}
    for row in rows:
        source, kind, events, first_at, last_at, *filled = row.values()
        result.setdefault(source, []).append(
            _Holding(
                kind=kind,
                events=events,
                first_at=first_at,
                last_at=last_at,
                filled=dict(zip(columns, filled, strict=True)),
            )
        )
    return result
