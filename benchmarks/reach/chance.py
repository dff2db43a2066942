"""Whether chance is counted rightly: logs in which nothing goes wrong, and what coincides in them.

    uv run python -m benchmarks.reach.chance [--logs N] [--own-hours]

Each log has its own rates, length, customers, prices, writers and daily rhythm, with nights and
weekends, and every time in it is drawn independently. Counts in how many of them the 95 % interval
that `forensics/detect/chance.sql` gives holds the number of pairs that do coincide; once more of
those alone in which any are to be expected. `--own-hours` breaks what the estimate takes for
granted: each customer and each record has hours of its own.
"""

import argparse
import math
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from multiprocessing import get_context
from random import Random
from typing import Any

from benchmarks.results import keep
from forensics.detect.chance import count
from forensics.detect.registry import DETECTORS, PATTERNS
from forensics.detect.run import run
from tests.link.linked import linked

_BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
_PRICES = (990, 1490, 2490, 3900, 5980, 9900)
_NONE_IS_SURE = -math.log(0.95)
"""Expected pairs below which none at all has over 95 % of a Poisson number's chances.

No interval of whole numbers holds less than that, however well the expectation is known.
"""

ASKED = tuple(name for name, pattern in PATTERNS.items() if pattern.chance_of)


@dataclass(frozen=True, slots=True)
class Held:
    """What one pattern's interval says of one log.

    Attributes:
        pattern: Whose coincidences.
        expected: How many chance gives, by the estimate.
        low: Where its interval begins.
        high: Where it ends.
        seen: Pairs that do coincide.
    """

    pattern: str
    expected: float
    low: int
    high: int
    seen: int


def main() -> None:
    """Measure, print and keep the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reach.chance")
    parser.add_argument("--logs", type=int, default=200)
    parser.add_argument("--own-hours", action="store_true")
    asked = parser.parse_args()
    # A fork would share the engine's threads with the processes that ask.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        measure = partial(held, habits=asked.own_hours)
        rows = [one for log in pool.map(measure, range(asked.logs), chunksize=4) for one in log]
    figures = {name: _figures([row for row in rows if row.pattern == name]) for name in ASKED}
    for name, figure in figures.items():
        print(name, figure)
    keep("chance_own_hours" if asked.own_hours else "chance", logs=asked.logs, patterns=figures)


def held(seed: int, *, habits: bool) -> list[Held]:
    """What the interval of each pattern says of a seed's log."""
    random = Random(f"{seed}/{habits}")
    events = [*_effects(random, habits=habits), *_writes(random, habits=habits)]
    result = []
    with linked(events) as connection:
        run(connection, _PREPARED)
        for name in ASKED:
            connection.execute("""
                CREATE OR REPLACE TABLE wondered AS
                SELECT 'finding' AS finding_id, event_id FROM events""")
            pattern = PATTERNS[name]
            count(connection, pattern, {n: p.default for n, p in pattern.parameters.items()})
            result += [
                Held(name, *row)
                for row in connection.execute(
                    "SELECT expected, low, high, coalesce(held.seen, 0) FROM chance_counts"
                    f" LEFT JOIN ({_SEEN}) AS held USING (stratum, sort)"
                ).fetchall()
            ]
    return result


# Nothing is sought: what chance is counted in stands in the relations.
_PREPARED = [
    replace(detector, patterns=(), conclusions=(), latent=(), sieve=None)
    for detector in DETECTORS
    if any(pattern.name in ASKED for pattern in detector.patterns)
]

_SEEN = """
    SELECT a.stratum, a.sort, count(*) AS seen
    FROM chance_points AS a JOIN chance_points AS b ON a.stratum = b.stratum AND a.thing = b.thing
    WHERE a.rowid < b.rowid AND a.doer <> b.doer AND a.began < b.until AND b.began < a.until
    GROUP BY a.stratum, a.sort"""


def _effects(random: Random, *, habits: bool) -> Iterator[dict[str, Any]]:
    """Charges by customers of whom some come often, at prices of which some are common."""
    days, customers = random.randint(3, 21), random.randint(15, 60)
    own = [random.uniform(0, 24) for _ in range(customers)] if habits else None
    rhythm = _Rhythm(random, days)
    for number in range(random.randint(300, 1500)):
        customer = _often(random, customers)
        yield {
            "event_id": f"effect-{number}", "kind": "effect", "action": "charge", "outcome": "ok",
            "system": "payments", "vantage": "provider", "effect_class": "billing",
            "effect_id": f"ch-{number}", "customer_id": f"customer-{customer}",
            "amount": Decimal(_price(random)) / 100, "currency": "EUR",
            "occurred_at": rhythm.moment(own[customer] if own else None),
        }  # fmt: skip


def _writes(random: Random, *, habits: bool) -> Iterator[dict[str, Any]]:
    """Writes of some seconds to records of which some are busy, by several workflows."""
    days, records, writers = random.randint(3, 21), random.randint(10, 40), random.randint(2, 5)
    own = [random.uniform(0, 24) for _ in range(records)] if habits else None
    rhythm, lasts = _Rhythm(random, days), random.uniform(5, 60)
    for number in range(random.randint(300, 1500)):
        record, writer = _often(random, records), random.randrange(writers)
        at = rhythm.moment(own[record] if own else None)
        yield {
            "event_id": f"write-{number}", "execution_id": f"run-{number}", "kind": "write",
            "action": "save", "outcome": "ok", "system": f"system-{writer}",
            "actor": f"service-{writer}", "workflow": f"workflow-{writer}",
            "entity_type": "contact", "entity_id": f"record-{record}", "after_hash": number,
            "occurred_at": at,
            "ended_at": at + timedelta(seconds=random.lognormvariate(math.log(lasts), 1)),
        }  # fmt: skip


class _Rhythm:
    """Moments that are rare at night and at weekends."""

    def __init__(self, random: Random, days: int) -> None:
        self._random, self._days = random, days
        self._depth, self._noon = random.uniform(0, 0.95), random.uniform(9, 18)
        self._weekend = random.uniform(0.2, 1)

    def moment(self, own_hour: float | None) -> datetime:
        """A moment; around its own hour, where it has one."""
        while True:
            hours = self._random.uniform(0, 24 * self._days)
            peak = self._noon if own_hour is None else own_hour
            day = 1 + self._depth * math.cos((hours - peak) / 12 * math.pi)
            weekend = self._weekend if hours // 24 % 7 >= 5 else 1
            if self._random.uniform(0, 2) < day * weekend:
                return _BEGIN + timedelta(hours=hours)


def _often(random: Random, size: int) -> int:
    """One of so many, the first far more often than the last."""
    return int(size * random.random() ** 2)


def _price(random: Random) -> int:
    odd = random.random() < 0.3
    return random.randint(500, 50_000) if odd else random.choice(_PRICES)


def _figures(rows: list[Held]) -> dict[str, float | int]:
    open_rows = [row for row in rows if row.expected >= _NONE_IS_SURE]
    return {
        "logs": len(rows),
        "held": _held(rows),
        "logs_where_some_may_be": len(open_rows),
        "held_where_some_may_be": _held(open_rows),
        "below": sum(row.seen < row.low for row in rows),
        "above": sum(row.seen > row.high for row in rows),
        "expected": round(sum(row.expected for row in rows) / len(rows), 2),
        "seen": round(sum(row.seen for row in rows) / len(rows), 2),
    }


def _held(rows: list[Held]) -> float:
    return round(sum(row.low <= row.seen <= row.high for row in rows) / len(rows), 4)


if __name__ == "__main__":
    main()
