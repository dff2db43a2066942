"""Every query with one token changed, one at a time: do the labelled scenarios notice?

    uv run python -m benchmarks.reach.mutants [DETECTOR…]

Takes hours. Patterns are judged by their own scenarios, what they share by all of their detector's.
Mutants that no log can tell from the original are listed in `tests/detect/equivalent_mutants.toml`
with the reason, and counted apart. Fails where fewer than 95 % of the others were noticed.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.results import keep
from forensics.detect.registry import DETECTORS, PATTERNS
from tests.detect.mutate import DETECT, Tally, of_file, of_pattern

Task = tuple[str, str]


def tasks(names: list[str]) -> Iterator[Task]:
    """Detector and stem of every query."""
    for detector in DETECTORS:
        if not names or detector.name in names:
            patterns = (pattern.name for pattern in detector.every_pattern)
            for stem in (*patterns, *detector.relations, *detector.conclusions):
                yield detector.name, stem


def tally(task: Task) -> Tally:
    """What became of the mutants of one query."""
    name, stem = task
    if stem in PATTERNS:
        return of_pattern(stem)
    detector = next(d for d in DETECTORS if d.name == name)
    return of_file(DETECT / name / f"{stem}.sql", detector)


def main() -> None:
    """Mutate, print and keep the result."""
    # A fork would share the engine's threads with the processes that ask.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        tallies = list(pool.map(tally, tasks(sys.argv[1:])))
    print(*tallies, sep="\n")
    killed = sum(tally.killed for tally in tallies)
    survived = sum(len(tally.survivors) for tally in tallies)
    keep(
        "mutants",
        noticed=f"{killed / max(killed + survived, 1):.1%}",
        killed=killed,
        survived=survived,
        equivalent=sum(tally.equivalent for tally in tallies),
        files={
            tally.file: {
                "killed": tally.killed,
                "equivalent": tally.equivalent,
                "survivors": tally.survivors,
            }
            for tally in tallies
        },
    )
    sys.exit(0 if all(tally.enough for tally in tallies) else 1)


if __name__ == "__main__":
    main()
