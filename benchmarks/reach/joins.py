"""How often unrelated times look as if they went together, by which fields of two logs are joined.

    uv run python -m benchmarks.reach.joins [--draws N]
    uv run python -m benchmarks.reach.joins --numbers

Draws as few pairs of times as a join may rest on, each time for itself, and measures as
`forensics/link/name_pairs.sql` does: how far the lags scatter, beside those of pairs that were
shuffled. Counts how often the share is no greater than `SPREAD`, which asks for such a share.

`--numbers` learns the joins of five recorded incidents, whose true ones are known, with each number
of `forensics.link.names` set to others than the one chosen.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from benchmarks.results import keep
from connectors import registry
from forensics.case.case import Case
from forensics.link import names
from forensics.link.names import FEWEST, SPREAD
from forensics.model.record import SourceSpec
from tests.link.record import RECORDED
from tests.link.test_names_of_incidents import THINGS, pair, true_pairs

_SEED = 20_260_302


def main() -> None:
    """Measure, print and keep the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reach.joins")
    parser.add_argument("--draws", type=int, default=200_000)
    parser.add_argument("--numbers", action="store_true")
    asked = parser.parse_args()
    if asked.numbers:
        print(f"written to {keep('join_numbers', numbers=_numbers())}")
        return
    draws = asked.draws
    random = Random(_SEED)
    met = sum(_share(random) <= SPREAD for _ in range(draws))
    keep("joins", draws=draws, pairs=FEWEST, spread=SPREAD, went_together=met)
    print(f"{met} of {draws:,} draws of {FEWEST} pairs of unrelated times go together by chance")


def _share(random: Random) -> float:
    """How far the lags of unrelated pairs scatter, as a share of what shuffled pairs give."""
    left = [random.random() for _ in range(FEWEST)]
    right = [random.random() for _ in range(FEWEST)]
    return _scatter(left, right) / _scatter(left[:-1], right[1:])


def _scatter(left: list[float], right: list[float]) -> float:
    lags = [b - a for a, b in zip(left, right, strict=True)]
    middle = median(lags)
    return median(abs(lag - middle) for lag in lags)


NUMBERS: dict[str, Sequence[float]] = {
    "FEWEST": (5, 10, 15, 20, 25, 40),
    "SHOWN": (1, 3, 5, 10, 20),
    "UNIQUE_SHARE": (0.001, 0.05, 0.1, 0.2, 0.5, 0.9),
    "NUMBERED_SHARE": (0.05, 0.25, 0.5, 0.6, 0.9),
    "SPREAD": (0.01, 0.1, 0.25, 0.3, 1),
    "MOST": (0.5, 0.8, 0.9, 0.95, 1),
}
"""What decides on a join, each with the values that it is tried with."""


def _numbers() -> dict[str, dict[str, object]]:
    """Of each number, the true joins found and the others used at each value."""
    with TemporaryDirectory() as folder:
        cases = {name: _ingested(name, Path(folder)) for name in THINGS}
        return {
            name: {
                "chosen": getattr(names, name),
                "values": {f"{value:g}": _learned(cases, name, value) for value in values},
            }
            for name, values in NUMBERS.items()
        }


def number_row(name: str, told: Mapping[str, Any]) -> str:
    """The number's line in `docs/thresholds.md`."""
    rows = ", ".join(
        f"{value}: {row['found']}" + (f" and {row['false']} false" if row["false"] else "")
        for value, row in told["values"].items()
    )
    return f"| `{name}` | {told['chosen']:g} | {rows} |"


def _ingested(name: str, folder: Path) -> Case:
    case = Case(folder / name, registry)
    logs = [path for path in sorted((RECORDED / name).glob("*.*")) if path.stem != "truth"]
    case.ingest([SourceSpec(name=p.name.partition(".")[0], address=str(p)) for p in logs])
    return case


def _learned(cases: Mapping[str, Case], name: str, value: float) -> dict[str, int]:
    with patch.object(names, name, value):
        used = {
            incident: {pair(join) for join in case.learned_joins() if join.used}
            for incident, case in cases.items()
        }
    return {
        "true": sum(len(true_pairs(incident)) for incident in cases),
        "found": sum(len(found & true_pairs(incident)) for incident, found in used.items()),
        "false": sum(len(found - true_pairs(incident)) for incident, found in used.items()),
    }


if __name__ == "__main__":
    main()
