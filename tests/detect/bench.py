"""Judges changed queries by scenarios on which their detector has run.

Of a changed query only what rests on it runs anew: where a step makes the rows that it made before,
nothing that reads them can differ. What a change did is rolled back.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from threading import Timer

import duckdb

import forensics.detect.run as run_module
from forensics.detect.contract import Detector
from forensics.detect.registry import PATTERNS
from tests.detect.company import Company, Rows, companies, parted, told_together
from tests.detect.judging import settled, shortfall
from tests.detect.mutants import Mutant
from tests.detect.scenario import Scenario
from tests.detect.steps import VERDICT, Step, Values, statements, steps
from tests.link.linked import linked

PATIENCE_S = 20
"""How long a query may run that takes less than a second as it stands."""

_NEVER_RAN = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
_BROKE_THE_ENGINE = (duckdb.InternalException, duckdb.FatalException)


class Bench:
    """Scenarios of one detector, made ready once."""

    def __init__(self, detector: Detector, scenarios: Iterable[Scenario], stack: ExitStack) -> None:
        self._steps = steps(detector)
        self._ready = [
            prepared
            for merged in _merged(companies(scenarios))
            for prepared in _prepared(merged, detector, self._steps, stack)
        ]

    def verdict(self, path: Path, mutant: Mutant) -> str:
        """`killed`, `survived`, or `stillborn` when the engine refuses it."""
        try:
            place, texts = self._changed(path, mutant)
        except duckdb.ParserException:
            return "stillborn"
        for number, prepared in enumerate(self._ready):
            try:
                noticed = prepared.notices(place, texts)
            except _NEVER_RAN:
                return "stillborn"
            except _BROKE_THE_ENGINE:
                prepared.open()
                return "stillborn"
            except duckdb.Error:
                # It fails on what a scenario tells, or never ends.
                noticed = True
            if noticed:
                # What noticed one mutant tends to notice the next.
                self._ready.insert(0, self._ready.pop(number))
                return "killed"
        return "survived"

    def _changed(self, path: Path, mutant: Mutant) -> tuple[int, Sequence[str]]:
        """The place of the step that is changed, and its texts with the change."""
        told = [mutant.text] if path.stem in PATTERNS else statements(mutant.text)
        for place, step in enumerate(self._steps):
            texts = [
                told[number] if file == path else text
                for (file, number), text in zip(step.places, step.texts, strict=True)
            ]
            if texts != step.texts:
                return place, texts
        message = f"{path}:{mutant.line} is in no step: {mutant.change}"
        raise LookupError(message)


class _Prepared:
    """A company on which its detector has run."""

    def __init__(
        self,
        company: Company,
        detector: Detector,
        made: Sequence[Step],
        stack: ExitStack,
    ) -> None:
        self.company = company
        self._settings = {company[0].pattern: company[0].settings}
        self._detector = detector
        self._steps = made
        self._stack = stack
        self._values: Values = {
            pattern.name: run_module.values_of(detector, pattern, self._settings)
            for pattern in detector.every_pattern
        }
        self.open()

    def open(self) -> None:
        """Run the detector, and note what rows each step makes."""
        told = told_together([scenario.events for scenario in self.company])
        self._connection = self._stack.enter_context(linked(told))
        run_module.run(
            self._connection,
            [replace(self._detector, relations=(), patterns=(), conclusions=(), latent=())],
            settings=self._settings,
            declarations=self.company[0].declarations,
        )
        self._noted: dict[str, object] = {}
        for step in self._steps:
            step.run(self._connection, self._values, step.texts)
            self._noted |= {
                name: self._digest(name) for name in step.makes if name not in step.macros
            }

    def notices(self, place: int, texts: Sequence[str]) -> bool:
        """Whether one of the scenarios is not as it should be when a step has other texts.

        Raises:
            duckdb.Error: The engine refuses it, it fails on what is told, or it never ends.
        """
        self._connection.execute("BEGIN")
        try:
            with _in_time(self._connection):
                return self._is_otherwise(place, texts) and bool(self.shortfalls())
        finally:
            with suppress(_BROKE_THE_ENGINE):
                self._connection.execute("ROLLBACK")

    def _is_otherwise(self, place: int, texts: Sequence[str]) -> bool:
        """Whether anything that is said differs."""
        differs: set[str] = set()
        for number, step in enumerate(self._steps[place:], place):
            if number != place and step.reads.isdisjoint(differs):
                continue
            step.run(self._connection, self._values, texts if number == place else step.texts)
            differs.update(
                name
                for name in step.makes
                if name in step.macros or self._digest(name) != self._noted[name]
            )
        return not differs.isdisjoint((*VERDICT, *(p.name for p in self._detector.latent)))

    def shortfalls(self) -> Company:
        """Its scenarios that are not as they should be."""
        return shortfalls(self.company, settled(self._connection))

    def _digest(self, name: str) -> object:
        if name not in PATTERNS:
            rows = f"{name} AS t"
        elif PATTERNS[name].rank:
            rows = f"(FROM proposed WHERE pattern = '{name}') AS t"
        else:
            rows = f"(FROM exposures WHERE pattern = '{name}') AS t"
        return self._connection.execute(f"SELECT count(*), sum(hash(t)) FROM {rows}").fetchall()


def shortfalls(company: Company, rows: Rows) -> Company:
    """The scenarios that are not as they should be, or cannot be put in words."""
    try:
        found = parted(rows, [_named(scenario) for scenario in company])
    except (AssertionError, LookupError, TypeError):
        return company
    return tuple(s for s in company if _falls_short(s, found[_named(s)]))


def _named(scenario: Scenario) -> str:
    return f"{scenario.pattern}-{scenario.name}"


def _falls_short(scenario: Scenario, rows: Rows) -> bool:
    try:
        return shortfall(scenario, rows) != ""
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return True


@contextmanager
def _in_time(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt what does not end."""
    timer = Timer(PATIENCE_S, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _merged(found: Iterable[Company]) -> list[list[Company]]:
    """Companies of several patterns that can be told together, as nothing is set."""
    groups: dict[object, list[Company]] = defaultdict(list)
    for number, company in enumerate(found):
        is_apart = company[0].settings or len(company) == 1
        groups[number if is_apart else repr(company[0].declarations)].append(company)
    return list(groups.values())


def _prepared(
    members: Sequence[Company], detector: Detector, made: Sequence[Step], stack: ExitStack
) -> Iterator[_Prepared]:
    """Companies ready, as one; apart are those to whom it matters who else is there."""
    together = _Prepared(tuple(chain.from_iterable(members)), detector, made, stack)
    wrong = {(scenario.pattern, scenario.name) for scenario in together.shortfalls()}
    if not wrong:
        yield together
        return
    assert len(members) > 1, wrong
    apart = [m for m in members if not wrong.isdisjoint((s.pattern, s.name) for s in m)]
    rest = [company for company in members if company not in apart]
    for group in filter(None, (rest, *([company] for company in apart))):
        yield from _prepared(group, detector, made, stack)
