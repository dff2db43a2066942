"""What each pattern can say about each source: found, clear, partial or blind.

"Clear" is only said where the source holds what the pattern needs and its coverage is complete.
Where most events lack what it needs the pattern is blind to them, whatever it found in the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from forensics.detect.contract import Detector, Pattern
from forensics.detect.logs import Lines, Logs
from forensics.detect.run import Settings, values_of
from forensics.model.audit import SourceVerdict
from forensics.model.finding import Verdict
from forensics.model.words import duration

_WINDOW = "window_s"
_ENOUGH = 0.5
"""Share of its events that must say what a pattern needs before it sees the log, not a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """What one source offers one pattern.

    Attributes:
        events: Events of the kinds that the pattern looks at.
        telling: Those of them that fill everything the pattern needs.
        filled: For each need, how many fill it.
        first_at: Begin of the period that the telling ones cover.
        last_at: Its end.
    """

    events: int
    telling: int
    filled: Mapping[str, int]
    first_at: datetime | None
    last_at: datetime | None


def judge(
    connection: duckdb.DuckDBPyConnection,
    detectors: Iterable[Detector],
    *,
    incomplete: Mapping[str, str],
    sources: Iterable[str],
    settings: Settings | None = None,
) -> list[SourceVerdict]:
    """A verdict for every source and pattern, in their order.

    Args:
        connection: Has `events`, `candidates` and `candidate_evidence`.
        detectors: Those that ran.
        incomplete: Source to the reason why its evidence is not complete.
        sources: All sources of the case, also those that gave no event.
        settings: Parameters with which they ran, other than the defaults.
    """
    ran = [
        (pattern, _reach(values_of(detector, pattern, settings or {})))
        for detector in detectors
        for pattern in detector.patterns
    ]
    patterns = [pattern for pattern, _ in ran]
    logs = Logs.read(connection, patterns)
    sights = {pattern.name: _sights(logs, pattern) for pattern in patterns}
    nothing = _Sight(events=0, telling=0, filled={}, first_at=None, last_at=None)
    found = set(
        connection.execute("""
            SELECT DISTINCT source, pattern FROM candidate_evidence JOIN events USING (event_id)
            WHERE suppressor IS NULL AND role <> 'context'""").fetchall()
    )
    return [
        _verdict(
            source,
            pattern,
            sights[pattern.name].get(source, nothing),
            found=(source, pattern.name) in found,
            incomplete=incomplete.get(source),
            reach=reach,
        )
        for source in sorted(sources)
        for pattern, reach in ran
    ]


def _reach(values: Mapping[str, int | float]) -> str:
    """How far apart in time it looks at most, if it does not look at all times together."""
    windows = [f"{duration(v)} (`{name}`)" for name, v in values.items() if name.endswith(_WINDOW)]
    return f" It looks no further than {' or '.join(windows)}." if windows else ""


def _verdict(
    source: str,
    pattern: Pattern,
    sight: _Sight,
    *,
    found: bool,
    incomplete: str | None,
    reach: str,
) -> SourceVerdict:
    missing = _missing(pattern, sight)
    partly = sight.telling < _ENOUGH * sight.events
    seen = f"{'only ' if partly else ''}{sight.telling:,} of {sight.events:,} events"
    if found:
        verdict = Verdict.FOUND
        reason = f"Listed among the findings{f'; {seen} say what it takes' if partly else ''}."
    elif not sight.telling:
        verdict, reason = Verdict.BLIND, _cure(pattern, missing)
    elif incomplete:
        verdict, reason = Verdict.PARTIAL, incomplete
    else:
        verdict = Verdict.PARTIAL if partly else Verdict.CLEAR
        reason = f"None among the {seen} that say what it takes.{reach}"
    return SourceVerdict(
        source=source,
        detector=pattern.detector,
        pattern=pattern.name,
        verdict=verdict,
        events=sight.events,
        population=sight.telling,
        first_at=sight.first_at,
        last_at=sight.last_at,
        missing=missing if partly or verdict is Verdict.BLIND else (),
        reason=reason,
    )


def _cure(pattern: Pattern, missing: Sequence[str]) -> str:
    """What to log; that an outcome is missing is said by itself, being often all that is."""
    if "outcome" not in missing:
        return pattern.cure
    kinds = [*pattern.kinds, *(kinds.split("|")[0] for kinds in pattern.outcomes_of)]
    unsaid = (
        f"Log what came of each {' or '.join(kinds)}, or map it to `outcome`: nothing says"
        " how they ended."
    )
    return unsaid if len(missing) == 1 else f"{pattern.cure} {unsaid}"


def _missing(pattern: Pattern, sight: _Sight) -> tuple[str, ...]:
    """What no event says; where each is said by some, what most or the most do not."""
    if not sight.events:
        return (f"kind {' or '.join(pattern.kinds)}",)
    fewest = min(sight.filled.values(), default=0)
    enough = _ENOUGH * sight.events if fewest else 0
    return tuple(n for n, filled in sight.filled.items() if filled == fewest or filled < enough)


def _sights(logs: Logs, pattern: Pattern) -> dict[str, _Sight]:
    """What each log offers the pattern."""
    asked = [lines for lines in logs.lines if lines.kind in pattern.kinds]
    return {
        source: _sight(logs, pattern, [lines for lines in asked if lines.source == source])
        for source in {lines.source for lines in asked}
    }


def _sight(logs: Logs, pattern: Pattern, lines: Sequence[Lines]) -> _Sight:
    told = [
        (each, {need for need in pattern.needs if logs.tell(each, need, pattern.outcomes_of)})
        for each in lines
    ]
    telling = [each for each, needs in told if len(needs) == len(pattern.needs)]
    return _Sight(
        events=_together(lines),
        telling=_together(telling),
        filled={n: _together(each for each, needs in told if n in needs) for n in pattern.needs},
        first_at=min((each.first_at for each in telling if each.first_at), default=None),
        last_at=max((each.last_at for each in telling if each.last_at), default=None),
    )


def _together(lines: Iterable[Lines]) -> int:
    return sum(each.count for each in lines)
