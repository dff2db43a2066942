"""Every query with one token changed, one at a time: do the labelled scenarios notice?

    uv run python -m benchmarks.reach.mutants [DETECTOR | STEM…]
    uv run python -m benchmarks.reach.mutants --again [DETECTOR | STEM…]
    uv run python -m benchmarks.reach.mutants --share 0.2 [DETECTOR | STEM…]

Takes hours of one core. Patterns are judged by their own scenarios, what they share by all of their
detector's. What was measured of other queries is kept; with `--again` only what survived is judged
anew, and what is new. With `--share` a part of each file's mutants is drawn by lot, at least a
dozen, and files that were measured wholly are left as they are: the result says of each how many of
how many were tried, and what is said of all is an estimate in which each file weighs as much as it
has mutants, with its 95 % interval. Those that survived lead to new scenarios, after which they say
too much for the rest: what was found when they were drawn is kept beside it. Mutants that no log
can tell from the original are listed in `tests/detect/equivalent_mutants.toml` with the reason, and
counted apart. Fails where fewer than 95 % of the others were noticed.
"""

import argparse
import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any

from benchmarks.results import FOLDER, keep
from forensics.detect.contract import Detector
from forensics.detect.registry import DETECTORS
from tests.detect.mutate import DETECT, Tally, of_files, of_pattern

Measured = dict[str, dict[str, Any]]
"""File to what became of its mutants, as in a `Tally`."""


def stems(detector: Detector) -> tuple[list[str], list[str]]:
    """Those of a detector's patterns, and those of what they share."""
    patterns = [pattern.name for pattern in detector.every_pattern]
    added = [stem for pattern in detector.patterns for stem in pattern.conclusions]
    return patterns, [*detector.relations, *detector.conclusions, *added]


def measured(
    files: Collection[str], killed: Mapping[str, Sequence[Sequence[str]]], share: float
) -> Iterator[Tally]:
    """What became of a share of the mutants of each of the files."""
    for detector in DETECTORS:
        patterns, shared = (
            [stem for stem in group if f"{detector.name}/{stem}.sql" in files]
            for group in stems(detector)
        )
        folder = DETECT / detector.name
        if shared:
            yield from of_files(
                [folder / f"{stem}.sql" for stem in shared], detector, killed, share
            )
        for name in patterns:
            yield of_pattern(name, killed, share)


Count = tuple[int, int, int, int]
"""Mutants of a file, those tried, and of these the noticed, and all that a log could tell apart."""


def estimate(counts: Iterable[Count]) -> tuple[float, float, float]:
    """The share of all mutants that is noticed, and its 95 % interval.

    Wilson's, of as many mutants as tell as much when each weighs the same (Kish, Survey Sampling,
    1965).
    """
    told = [(made / tried, killed, count) for made, tried, killed, count in counts if tried]
    whole = sum(weight * count for weight, _, count in told)
    if not whole:
        return 0, 0, 1
    noticed = sum(weight * killed for weight, killed, _ in told) / whole
    size = whole**2 / sum(weight**2 * count for weight, _, count in told)
    z = NormalDist().inv_cdf(0.975)
    middle = (noticed + z**2 / (2 * size)) / (1 + z**2 / size)
    spread = noticed * (1 - noticed) / size + z**2 / (4 * size**2)
    reach = z / (1 + z**2 / size) * spread**0.5
    return noticed, middle - reach, middle + reach


def _count(tally: Tally) -> Count:
    killed = len(tally.killed)
    return tally.made, tally.tried, killed, killed + len(tally.unexplained)


def _said(counts: Iterable[Count]) -> str:
    noticed, least, most = estimate(counts)
    return f"{noticed:.1%} ({least:.1%} to {most:.1%})"


def _every() -> Iterator[tuple[str, set[str]]]:
    """Each file, and the words that ask for it."""
    for detector in DETECTORS:
        for group in stems(detector):
            for stem in group:
                yield f"{detector.name}/{stem}.sql", {detector.name, stem}


def _kept() -> Measured:
    path = FOLDER / "mutants.json"
    files: Measured = json.loads(path.read_text("utf-8"))["files"] if path.exists() else {}
    return files


def _keep(files: Measured) -> None:
    tallies = [
        Tally(file, **{name: of for name, of in found.items() if name != "as_drawn"})
        for file, found in sorted(files.items())
    ]
    keep(
        "mutants",
        noticed=_said(map(_count, tallies)),
        noticed_as_drawn=_said(found["as_drawn"] for found in files.values()),
        mutants=sum(tally.made for tally in tallies),
        tried=sum(tally.tried for tally in tallies),
        killed=sum(len(tally.killed) for tally in tallies),
        survived=sum(len(tally.unexplained) for tally in tallies),
        equivalent=sum(tally.equivalent for tally in tallies),
        unmeasured=sorted({file for file, _ in _every()} - files.keys()),
        table={tally.file: str(tally) for tally in tallies},
        files=files,
    )


def main(*arguments: str) -> int:
    """Mutate, print and keep the result; 0 where enough were noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="DETECTOR | STEM")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--share", type=float, default=1.0)
    asked = parser.parse_args(arguments)
    files = _kept()
    whole = {file for file, found in files.items() if found["tried"] == found["made"]}
    spared = whole if asked.share < 1 else set[str]()
    wanted = {
        file
        for file, words in _every()
        if file not in spared and (not asked.names or words & set(asked.names))
    }
    known = {file: found["killed"] for file, found in files.items()} if asked.again else {}
    enough = True
    for tally in measured(wanted, known, asked.share):
        print(tally, flush=True)
        first = files.get(tally.file, {}).get("as_drawn") if asked.again else None
        told = {name: of for name, of in vars(tally).items() if name != "file"}
        files[tally.file] = told | {"as_drawn": first or _count(tally)}
        _keep(files)
        enough = enough and tally.enough
    return int(not enough)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
