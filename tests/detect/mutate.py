"""Changes one thing in a query at a time (`mutants.py`) and asks whether the scenarios notice.

    uv run python -m tests.detect.mutate PATTERN              the pattern's query, its own scenarios
    uv run python -m tests.detect.mutate PATTERN FILE.sql…    those files, its detector's scenarios

A mutant that no scenario tells from the original names a near-miss that is missing, or a term
that does nothing. Mutants that cannot run are not counted; comments and facts are left alone
(`says` in a scenario holds the words to account). Those that no log could tell from the original
are in `equivalent_mutants.toml` with the reason, and counted apart. One without end is noticed.
"""

import hashlib
import math
import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from forensics.detect.contract import Detector
from forensics.detect.registry import DETECTORS, PATTERNS
from tests.detect.bench import Bench
from tests.detect.judging import SCENARIOS
from tests.detect.mutants import Mutant, mutants
from tests.detect.steps import DETECT

REQUIRED_SHARE = 0.95
LEAST_DRAWN = 12
"""Names of a file that are drawn however small the share."""

EQUIVALENTS = Path(__file__).parent / "equivalent_mutants.toml"


Named = tuple[str, str]
"""What a mutant of a file is listed by, as its line may move: the line, and what is changed."""

Known = Mapping[str, Collection[Sequence[str]]]
"""File to mutants that are known to be noticed."""


@dataclass
class Tally:
    """What became of the mutants of one file.

    Attributes:
        file: Its path below the detectors.
        made: How many mutants it has.
        tried: How many of them were judged, those the engine refuses among them.
        killed: Names of those that were noticed.
        survivors: Names of those that were not.
    """

    file: str
    made: int
    tried: int
    killed: list[Sequence[str]] = field(default_factory=list)
    survivors: list[Sequence[str]] = field(default_factory=list)

    @property
    def unexplained(self) -> Sequence[Sequence[str]]:
        """The survivors that some log could tell from the original."""
        return [one for one in self.survivors if (self.file, *one) not in equivalents()]

    @property
    def equivalent(self) -> int:
        """How many no log could tell from it."""
        return len(self.survivors) - len(self.unexplained)

    @property
    def enough(self) -> bool:
        """Whether enough were noticed of those that can be."""
        return len(self.killed) >= REQUIRED_SHARE * (len(self.killed) + len(self.unexplained))

    def __str__(self) -> str:
        killed = len(self.killed)
        told_apart = killed + len(self.unexplained)
        share = f"{killed / max(told_apart, 1):.1%}"
        apart = f", {self.equivalent} more are equivalent" if self.equivalent else ""
        drawn = f"; {self.tried} of {self.made} were drawn" if self.tried < self.made else ""
        return f"{self.file}: killed {killed} of {told_apart} ({share}){apart}{drawn}"


@cache
def equivalents() -> Mapping[tuple[str, ...], str]:
    """File, line and change of each mutant that is known to change nothing, and why."""
    listed = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8"))["equivalent"]
    return {
        (entry["file"], line, change): entry["reason"]
        for entry in listed
        for line, change in entry["mutants"]
    }


def named(path: Path) -> Iterator[tuple[Named, Mutant]]:
    """The mutants of a file with their names."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for mutant in mutants(text):
        yield (lines[mutant.line - 1].strip(), mutant.change), mutant


def drawn(path: Path, share: float) -> tuple[int, Sequence[tuple[Named, Mutant]]]:
    """How many mutants a file has, and a share of them, drawn by lot.

    The lots are the same in every run, and a larger share holds the smaller one. Mutants of one
    name are drawn together.
    """
    made = list(named(path))
    lots = sorted({name for name, _ in made}, key=lambda name: _lot(path.name, *name))
    chosen = set(lots[: max(LEAST_DRAWN, math.ceil(share * len(lots)))])
    return len(made), [(name, mutant) for name, mutant in made if name in chosen]


def _lot(*name: str) -> bytes:
    return hashlib.sha256("\n".join(name).encode()).digest()


def tallied(path: Path, bench: Bench, known: Known, share: float) -> Tally:
    """Try the mutants of one file; the survivors are printed as they are found."""
    made, chosen = drawn(path, share)
    tally = Tally(path.relative_to(DETECT).as_posix(), made, len(chosen))
    noticed = Counter(tuple(name) for name in known.get(tally.file, ()))
    every = Counter(name for name, _ in chosen)
    for name, mutant in chosen:
        if noticed[name] == every[name]:
            tally.killed.append(name)
            continue
        if known and (tally.file, *name) in equivalents():
            tally.survivors.append(name)
            continue
        verdict = bench.verdict(path, mutant)
        if verdict == "killed":
            tally.killed.append(name)
        if verdict == "survived":
            tally.survivors.append(name)
            if (tally.file, *name) not in equivalents():
                sys.stdout.write(f"survived  {path.name}:{mutant.line}  {mutant.change}\n")
                sys.stdout.flush()
    return tally


def of_pattern(name: str, known: Known | None = None, share: float = 1) -> Tally:
    """A pattern's query by its own scenarios."""
    pattern = PATTERNS[name]
    detector = next(d for d in DETECTORS if d.name == pattern.detector)
    return next(_of([DETECT / detector.name / f"{name}.sql"], detector, {name}, known or {}, share))


def of_files(
    paths: Iterable[Path], detector: Detector, known: Known | None = None, share: float = 1
) -> Iterator[Tally]:
    """Files that several patterns read by all scenarios of their detector."""
    patterns = {pattern.name for pattern in detector.every_pattern}
    return _of(paths, detector, patterns, known or {}, share)


def _of(
    paths: Iterable[Path],
    detector: Detector,
    patterns: Collection[str],
    known: Known,
    share: float,
) -> Iterator[Tally]:
    with ExitStack() as stack:
        bench = Bench(detector, (s for s in SCENARIOS if s.pattern in patterns), stack)
        for path in paths:
            yield tallied(path, bench, known, share)


def main(name: str, *files: str) -> int:
    """Mutate one pattern, or the files; 0 when enough mutants were noticed."""
    detector = next(d for d in DETECTORS if PATTERNS[name] in d.every_pattern)
    tallies = (
        of_files([Path(f).resolve() for f in files], detector) if files else [of_pattern(name)]
    )
    enough = True
    for tally in tallies:
        sys.stdout.write(f"{tally}\n")
        enough = enough and tally.enough
    return int(not enough)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
