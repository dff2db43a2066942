"""Every query with one token changed, one at a time: do the labelled scenarios notice?

    uv run python -m benchmarks.reach.mutants [DETECTOR | STEM…]
    uv run python -m benchmarks.reach.mutants --again [DETECTOR | STEM…]

Takes hours of one core. Patterns are judged by their own scenarios, what
they share by all of their detector's. What was measured of other queries is kept; with `--again`
only what survived is judged anew, and what is new. Mutants that no log can tell from the original
are listed in `tests/detect/equivalent_mutants.toml` with the reason, and counted apart. Fails where
fewer than 95 % of the others were noticed.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from benchmarks.results import FOLDER, keep
from forensics.detect.contract import Detector
from forensics.detect.registry import DETECTORS
from tests.detect.mutate import DETECT, Tally, of_files, of_pattern

Measured = dict[str, dict[str, Any]]
"""File to the mutants that were killed and those that survived."""


def stems(detector: Detector) -> tuple[list[str], list[str]]:
    """Those of a detector's patterns, and those of what they share."""
    patterns = [pattern.name for pattern in detector.every_pattern]
    return patterns, [*detector.relations, *detector.conclusions]


def measured(names: Iterable[str], killed: Mapping[str, list[list[str]]]) -> Iterator[Tally]:
    """What became of the mutants of the named queries."""
    asked = set(names)
    for detector in DETECTORS:
        patterns, shared = (
            [stem for stem in group if not asked or asked & {detector.name, stem}]
            for group in stems(detector)
        )
        folder = DETECT / detector.name
        if shared:
            yield from of_files([folder / f"{stem}.sql" for stem in shared], detector, killed)
        for name in patterns:
            yield of_pattern(name, killed)


def _kept() -> Measured:
    path = FOLDER / "mutants.json"
    files: Measured = json.loads(path.read_text("utf-8"))["files"] if path.exists() else {}
    return files


def _keep(files: Measured) -> None:
    tallies = [Tally(file, **found) for file, found in sorted(files.items())]
    killed = sum(len(tally.killed) for tally in tallies)
    survived = sum(len(tally.unexplained) for tally in tallies)
    every = {
        f"{detector.name}/{stem}.sql"
        for detector in DETECTORS
        for group in stems(detector)
        for stem in group
    }
    keep(
        "mutants",
        noticed=f"{killed / max(killed + survived, 1):.1%}",
        killed=killed,
        survived=survived,
        equivalent=sum(tally.equivalent for tally in tallies),
        unmeasured=sorted(every - files.keys()),
        table={tally.file: str(tally) for tally in tallies},
        files=files,
    )


def main(*names: str) -> int:
    """Mutate, print and keep the result; 0 where enough were noticed."""
    files = _kept()
    again = "--again" in names
    known = {file: found["killed"] for file, found in files.items()} if again else {}
    enough = True
    for tally in measured([name for name in names if name != "--again"], known):
        print(tally, flush=True)
        files[tally.file] = {"killed": tally.killed, "survivors": tally.survivors}
        _keep(files)
        enough = enough and tally.enough
    return int(not enough)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
