"""Estimates how far the clocks of a log are apart, from effects and their causes.

An effect never precedes its cause. So the shortest time from causes by clock A to effects by clock
B bounds how far B is ahead of A from above, and the shortest one the other way bounds it from
below (Cristian's algorithm, read from a log). The middle is the offset, half the width its error.
Clocks that are only tied through others get the sum along the tightest path.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

import duckdb

UNKNOWN_US = 1_000_000
"""How far the clocks of two hosts may be apart when nothing says more: one second, microseconds.

Hosts that keep time by NTP are within 100 ms; a second leaves room for those that do so badly.
"""

Delays = Mapping[tuple[str, str], tuple[int, int]]
"""(clock of the cause, clock of the effect) to (shortest delay in microseconds, pairs)."""


@dataclass(frozen=True, slots=True, order=True)
class Tie:
    """What is known of one clock relative to another.

    Attributes:
        error_us: How far `offset_us` may be off.
        offset_us: How far the clock is ahead.
        pairs: Causes and effects that this rests on.
    """

    error_us: int
    offset_us: int
    pairs: int


def estimate_clocks(connection: duckdb.DuckDBPyConnection) -> None:
    """Update `clocks` from `clock_delays`."""
    rows = connection.execute("FROM clock_delays").fetchall()
    resolutions = dict(connection.execute("SELECT clock, resolution_us FROM clocks").fetchall())
    delays = {(cause, effect): (delay, pairs) for cause, effect, delay, pairs in rows}
    for clock, reference, tie in spread(ties(delays)):
        connection.execute(
            """UPDATE clocks SET reference = $reference, offset_us = $offset_us,
                error_us = $error_us, pairs = $pairs WHERE clock = $clock""",
            {
                "clock": clock,
                "reference": reference,
                "offset_us": tie.offset_us,
                "error_us": tie.error_us + resolutions[clock],
                "pairs": tie.pairs,
            },
        )


def ties(delays: Delays) -> dict[str, dict[str, Tie]]:
    """Clock to clock to how far the second is ahead of the first, both ways."""
    known: dict[str, dict[str, Tie]] = defaultdict(dict)
    for first, second in sorted({(min(pair), max(pair)) for pair in delays}):
        tie = _tie(delays.get((first, second)), delays.get((second, first)))
        if tie is not None:
            known[first][second] = tie
            known[second][first] = Tie(tie.error_us, -tie.offset_us, tie.pairs)
    return known


def _tie(there: tuple[int, int] | None, back: tuple[int, int] | None) -> Tie | None:
    """How far the effect's clock of `there` is ahead; None when nothing bounds it."""
    if there is not None and back is not None:
        return _two_sided(-back[0], there[0], there[1] + back[1])
    if there is not None and there[0] < 0:
        return Tie(UNKNOWN_US, there[0], there[1])
    if back is not None and back[0] < 0:
        return Tie(UNKNOWN_US, -back[0], back[1])
    return None


def _two_sided(low: int, high: int, pairs: int) -> Tie:
    """The middle of the bounds, which slow answers alone do not widen beyond what is likely."""
    if low > high:  # a clock was set while the log was written: only the spread is sure
        return Tie(UNKNOWN_US + low - high, (low + high) // 2, pairs)
    if low <= 0 <= high:
        low, high = max(low, -UNKNOWN_US), min(high, UNKNOWN_US)
    return Tie((high - low + 1) // 2, (low + high) // 2, pairs)


def spread(known: Mapping[str, Mapping[str, Tie]]) -> Iterator[tuple[str, str, Tie]]:
    """Each tied clock with its reference and what is known of it along the tightest path.

    The reference of clocks that hang together is the one with the most pairs.
    """
    weight = {clock: sum(tie.pairs for tie in near.values()) for clock, near in known.items()}
    reached: set[str] = set()
    for reference in sorted(known, key=lambda clock: (-weight[clock], clock)):
        waiting = [] if reference in reached else [(Tie(0, 0, weight[reference]), reference)]
        while waiting:
            tie, clock = heappop(waiting)
            if clock in reached:
                continue
            reached.add(clock)
            yield clock, reference, tie
            for near, step in known[clock].items():
                heappush(waiting, (_along(tie, step), near))


def _along(tie: Tie, step: Tie) -> Tie:
    return Tie(tie.error_us + step.error_us, tie.offset_us + step.offset_us, step.pairs)
