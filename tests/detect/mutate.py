"""Changes one thing in a query at a time (`mutants.py`) and asks whether the scenarios notice.

    uv run python -m tests.detect.mutate PATTERN              the pattern's query, its own scenarios
    uv run python -m tests.detect.mutate PATTERN FILE.sql…    those files, its detector's scenarios

A mutant that no scenario tells from the original names a near-miss that is missing, or a term
that does nothing. Mutants that cannot run are not counted; comments and facts are left alone
(`says` in a scenario holds the words to account). Those that no log could tell from the original
are in `equivalent_mutants.toml` with the reason, and counted apart. One without end is noticed.
"""

import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from threading import Timer
from typing import TypeVar

import duckdb

import forensics.detect as detect_package
import forensics.detect.run as run_module
from forensics.detect.contract import Detector, Pattern
from forensics.detect.registry import DETECTORS, PATTERNS
from forensics.model.errors import ForensicsError
from tests.detect.company import Company, Rows, companies, parted, told_together
from tests.detect.mutants import Mutant, mutants
from tests.detect.scenario import Scenario
from tests.detect.test_scenarios import (
    SCENARIOS,
    settled,
    shortfall,
)
from tests.link.linked import linked

REQUIRED_SHARE = 0.95
PATIENCE_S = 120
"""How long a query may run that takes less than a second as it stands."""

DETECT = Path(detect_package.__path__[0])
EQUIVALENTS = Path(__file__).parent / "equivalent_mutants.toml"

_MADE = re.compile(r"CREATE OR REPLACE TEMP (TABLE|VIEW|MACRO) (\w+)")
_DROPPED = re.compile(r"DROP TABLE (\w+)")
_MACRO = re.compile(r"CREATE OR REPLACE TEMP MACRO .*?;$", re.DOTALL | re.MULTILINE)


_T = TypeVar("_T")
_Ready = tuple[Company, duckdb.DuckDBPyConnection, dict[str, int | float]]


@contextmanager
def read_instead(path: Path, text: str) -> Iterator[None]:
    """Let whoever reads `path` get `text`; the file itself stays as it is."""
    original: Callable[..., str] = Path.read_text

    def read_text(self: Path, *args: str | None, **kwargs: str | None) -> str:
        return text if self == path else original(self, *args, **kwargs)

    Path.read_text = read_text  # type: ignore[method-assign]
    try:
        yield
    finally:
        Path.read_text = original  # type: ignore[method-assign]


@contextmanager
def in_time(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt what does not end."""
    timer = Timer(PATIENCE_S, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def judged(ready: list[_T], notices: Callable[[_T], bool]) -> str:
    """Whether one of those made ready notices a mutant; one that never ends is noticed, too."""
    for place, one in enumerate(ready):
        try:
            noticed = notices(one)
        except duckdb.InterruptException:
            return "killed"
        except (duckdb.Error, ForensicsError):
            return "stillborn"
        if noticed:
            # What noticed one mutant tends to notice the next.
            ready.insert(0, ready.pop(place))
            return "killed"
    return "survived"


class Bench:
    """Companies of scenarios made ready once: all but the mutated pattern has run on each."""

    def __init__(self, pattern: Pattern, scenarios: Sequence[Scenario], stack: ExitStack) -> None:
        self._pattern = pattern
        detector = next(d for d in DETECTORS if d.name == pattern.detector)
        self._is_latent = pattern in detector.latent
        self._ready = [
            (company, *_ready(detector, pattern, company, stack))
            for company in companies(scenarios)
        ]

    def verdict(self, path: Path, mutant: Mutant) -> str:
        """`killed`, `survived`, or `stillborn` when the engine refuses it."""
        with read_instead(path, mutant.text):
            return judged(self._ready, self._is_noticed)

    def _is_noticed(self, ready: _Ready) -> bool:
        company, connection, values = ready
        with in_time(connection):
            self._run_again(connection, values)
            return falls_short(company, settled(connection))

    def _run_again(
        self, connection: duckdb.DuckDBPyConnection, values: dict[str, int | float]
    ) -> None:
        if self._is_latent:
            connection.execute("DELETE FROM exposures")
            run_module._run_pattern(connection, self._pattern, run_module._FORESEE, values)
            return
        connection.execute("CREATE OR REPLACE TEMP TABLE proposed AS FROM others")
        ranked = values | {"_rank": self._pattern.rank}
        run_module._run_pattern(connection, self._pattern, run_module._PROPOSE, ranked)
        run_module._execute(connection, "settle_candidates")


def falls_short(company: Company, rows: Rows) -> bool:
    """Whether one of the scenarios is not as it should be."""
    try:
        found = parted(rows, [scenario.name for scenario in company])
    except AssertionError:
        return True
    return any(shortfall(scenario, found[scenario.name]) for scenario in company)


def _ready(
    detector: Detector, pattern: Pattern, company: Company, stack: ExitStack
) -> tuple[duckdb.DuckDBPyConnection, dict[str, int | float]]:
    settings = {company[0].pattern: company[0].settings}
    told = told_together([scenario.events for scenario in company])
    connection = stack.enter_context(linked(told))
    run_module.run(connection, [detector], settings=settings, declarations=company[0].declarations)
    assert not falls_short(company, settled(connection)), [scenario.name for scenario in company]
    connection.execute(
        "CREATE TEMP TABLE others AS FROM proposed WHERE pattern <> $name", {"name": pattern.name}
    )
    return connection, run_module._values(detector, pattern, settings)


class RelationBench:
    """The same for a file that several patterns read: what rests on it runs anew.

    Where a changed query makes the same rows, nothing that rests on them can differ.
    """

    def __init__(self, path: Path, detector: Detector, stack: ExitStack) -> None:
        sisters = {pattern.name for pattern in detector.every_pattern}
        stems = detector.relations
        place = stems.index(path.stem) if path.stem in stems else len(stems)
        self._detector = replace(detector, relations=stems[place + 1 :])
        self._concludes = path.stem in detector.conclusions
        text = path.read_text(encoding="utf-8") if path.stem in stems else ""
        made = _MADE.findall(text)
        dropped = set(_DROPPED.findall(text))
        self._makes = bool(made)
        self._macros = _MACRO.findall(text)
        self._left = [name for kind, name in made if kind != "MACRO" and name not in dropped]
        before = replace(detector, relations=stems[:place]).relation_sql()
        made_before = {name for earlier in before for _, name in _MADE.findall(earlier)}
        kept = sorted(made_before & {*self._left, *dropped})
        self._ready = [
            _Prepared(company, detector, stack)
            for company in companies(s for s in SCENARIOS if s.pattern in sisters)
        ]
        for prepared in self._ready if made else ():
            prepared.keep(kept, before)
            prepared.make(text)
            prepared.note(self._left)

    def verdict(self, path: Path, mutant: Mutant) -> str:
        """`killed`, `survived`, or `stillborn` when the engine refuses it."""
        with read_instead(path, mutant.text):
            return judged(self._ready, partial(self._is_noticed, mutant))

    def _is_noticed(self, mutant: Mutant, prepared: "_Prepared") -> bool:
        with in_time(prepared.connection):
            if self._concludes:
                return prepared.concludes_otherwise(self._detector)
            if self._makes:
                prepared.make(mutant.text)
                same_macros = _MACRO.findall(mutant.text) == self._macros
                if same_macros and prepared.is_as_noted(self._left):
                    return False
            return prepared.falls_short(self._detector)


class _Prepared:
    """A company on which its detector has run."""

    def __init__(self, company: Company, detector: Detector, stack: ExitStack) -> None:
        self._company = company
        self._kept: Sequence[str] = ()
        self._noted: list[object] = []
        self._settings = {company[0].pattern: company[0].settings}
        told = told_together([scenario.events for scenario in company])
        self.connection = stack.enter_context(linked(told))
        assert not self.falls_short(detector), [scenario.name for scenario in company]

    def falls_short(self, detector: Detector) -> bool:
        """Whether the detector, or what of it rests on a relation, is noticed to do otherwise."""
        run_module.run(
            self.connection,
            [detector],
            settings=self._settings,
            declarations=self._company[0].declarations,
        )
        return falls_short(self._company, settled(self.connection))

    def keep(self, tables: Sequence[str], before: Iterable[str]) -> None:
        """Keep what the statements `before` the file make, and the file makes anew or drops."""
        self._kept = tables
        for statement in before:
            self.connection.execute(statement)
        for name in tables:
            self.connection.execute(f"CREATE TEMP TABLE kept_{name} AS FROM {name}")

    def concludes_otherwise(self, detector: Detector) -> bool:
        """Whether what is said of the findings is noticed to differ."""
        self.connection.execute("DELETE FROM exposures")
        run_module._execute(self.connection, "settle_candidates")
        run_module._conclude(self.connection, detector, self._settings)
        return falls_short(self._company, settled(self.connection))

    def make(self, text: str) -> None:
        """Run the file on what was before it."""
        for name in self._kept:
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM kept_{name}")
        self.connection.execute(text)

    def note(self, relations: Sequence[str]) -> None:
        """Note what rows the file makes."""
        self._noted = self._digest(relations)

    def is_as_noted(self, relations: Sequence[str]) -> bool:
        """Whether it makes those again."""
        return self._digest(relations) == self._noted

    def _digest(self, relations: Sequence[str]) -> list[object]:
        return [
            self.connection.execute(f"SELECT count(*), sum(hash(t)) FROM {name} AS t").fetchone()
            for name in relations
        ]


@dataclass
class Tally:
    """What became of the mutants of one file."""

    file: str
    killed: int = 0
    equivalent: int = 0
    survivors: list[str] = field(default_factory=list)

    @property
    def enough(self) -> bool:
        """Whether enough were noticed of those that can be."""
        return self.killed >= REQUIRED_SHARE * (self.killed + len(self.survivors))

    def __str__(self) -> str:
        told_apart = self.killed + len(self.survivors)
        share = f"{self.killed / max(told_apart, 1):.1%}"
        apart = f", {self.equivalent} more are equivalent" if self.equivalent else ""
        return f"{self.file}: killed {self.killed} of {told_apart} ({share}){apart}"


@cache
def equivalents() -> Mapping[tuple[str, str, str], str]:
    """File, line and change of each mutant that is known to change nothing, and why."""
    listed = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8"))["equivalent"]
    return {
        (entry["file"], line, change): entry["reason"]
        for entry in listed
        for line, change in entry["mutants"]
    }


def named(path: Path, mutant: Mutant) -> tuple[str, str, str]:
    """What a mutant is listed by: its line may move."""
    line = path.read_text(encoding="utf-8").splitlines()[mutant.line - 1]
    return path.relative_to(DETECT).as_posix(), line.strip(), mutant.change


def tallied(path: Path, judge: Callable[[Path, Mutant], str]) -> Tally:
    """Try every mutant of one file; the survivors are printed as they are found."""
    tally = Tally(path.relative_to(DETECT).as_posix())
    for mutant in mutants(path.read_text(encoding="utf-8")):
        verdict = judge(path, mutant)
        tally.killed += verdict == "killed"
        if verdict != "survived":
            continue
        if named(path, mutant) in equivalents():
            tally.equivalent += 1
            continue
        tally.survivors.append(f"{mutant.line}  {mutant.change}")
        sys.stdout.write(f"survived  {path.name}:{mutant.line}  {mutant.change}\n")
        sys.stdout.flush()
    return tally


def of_pattern(name: str) -> Tally:
    """A pattern's query by its own scenarios."""
    pattern = PATTERNS[name]
    with ExitStack() as stack:
        bench = Bench(pattern, [s for s in SCENARIOS if s.pattern == name], stack)
        return tallied(DETECT / pattern.detector / f"{name}.sql", bench.verdict)


def of_file(path: Path, detector: Detector) -> Tally:
    """A file that several patterns read by all scenarios of its detector."""
    with ExitStack() as stack:
        return tallied(path, RelationBench(path, detector, stack).verdict)


def main(name: str, *files: str) -> int:
    """Mutate one pattern; 0 when enough mutants were noticed."""
    detector = next(d for d in DETECTORS if PATTERNS[name] in d.every_pattern)
    tallies = [of_file(Path(f).resolve(), detector) for f in files] or [of_pattern(name)]
    sys.stdout.writelines(f"{tally}\n" for tally in tallies)
    return int(not all(tally.enough for tally in tallies))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
