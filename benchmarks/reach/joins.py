"""How often unrelated times look as if they went together, by which fields of two logs are joined.

    uv run python -m benchmarks.reach.joins [--draws N]

Draws as few pairs of times as a join may rest on, each time for itself, and measures as
`forensics/link/name_pairs.sql` does: how far the lags scatter, beside those of pairs that were
shuffled. Counts how often the share is no greater than `SPREAD`, which asks for such a share.
"""

import argparse
from random import Random
from statistics import median

from benchmarks.results import keep
from forensics.link.names import FEWEST, SPREAD

_SEED = 20_260_302


def main() -> None:
    """Measure, print and keep the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reach.joins")
    parser.add_argument("--draws", type=int, default=200_000)
    draws = parser.parse_args().draws
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


if __name__ == "__main__":
    main()
