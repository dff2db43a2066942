"""Detectors look two at a time: what goes wrong in one ends the others and is told."""

import re
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from threading import Timer, main_thread
from typing import Any

import duckdb
import pytest

from forensics.detect.contract import DERIVED, Detector, Parameter
from forensics.detect.registry import DETECTORS
from forensics.detect.run import run
from forensics.model.errors import DetectorError
from tests.detect.judging import SCENARIOS, as_sets, settled
from tests.link.linked import linked

_MADE = re.compile(r"CREATE(?: OR REPLACE)? (?:TABLE|VIEW|MACRO) (\w+)")
_EVENT = {"event_id": "e1", "kind": "attempt", "action": "call", "outcome": "error"}


def _fails(_: duckdb.DuckDBPyConnection) -> None:
    raise duckdb.BinderException("no such column")


def _is_interrupted(_: duckdb.DuckDBPyConnection) -> None:
    raise KeyboardInterrupt


def _never_ends(connection: duckdb.DuckDBPyConnection) -> None:
    while True:
        connection.execute("SELECT count(*) FROM range(1_000_000_000_000) AS t(i) WHERE i % 7 = 3")


def _that(
    prepare: Callable[[duckdb.DuckDBPyConnection], None],
    number: int,
    drawn_from: str = "events",
    parameters: Mapping[str, Parameter] | None = None,
) -> Detector:
    """A detector whose first pattern does so before anything else."""
    detector = DETECTORS[number]
    first = detector.patterns[0]
    first = replace(
        first,
        drawn_from=drawn_from,
        prepare=prepare,
        parameters=first.parameters if parameters is None else parameters,
    )
    return replace(detector, drawn_from="events", relations=(), patterns=(first,))


def test_all_together_say_what_each_says_alone() -> None:
    events = [
        {**event, "event_id": f"{scenario.name} {event['event_id']}"}
        for pattern in ("same_key", "hot_loop", "version_fork", "flip_flop")
        for scenario in [next(s for s in SCENARIOS if s.pattern == pattern and s.finds)]
        for event in scenario.events
    ]
    together = as_sets(_said(events, DETECTORS))
    found = {pattern for pattern, _ in together}
    assert found >= {"same_key", "hot_loop", "version_fork", "flip_flop"}
    assert together == {
        name: sets
        for detector in DETECTORS
        for name, sets in as_sets(_said(events, [detector])).items()
    }


def _said(
    events: Sequence[dict[str, Any]], detectors: Sequence[Detector]
) -> Sequence[dict[str, Any]]:
    with linked(events) as connection:
        run(connection, detectors)
        return settled(connection)


def test_what_is_made_can_be_read_from_every_connection() -> None:
    package = Path(str(files("forensics")))
    queries = [*package.glob("link/*.sql"), *package.glob("detect/**/*.sql")]
    assert queries
    assert [q.name for q in queries if " TEMP " in q.read_text(encoding="utf-8")] == []


def test_no_relation_bears_the_name_of_one_made_elsewhere() -> None:
    package = Path(str(files("forensics")))
    detectors = [path.parent for path in package.glob("detect/*/detector.py")]
    makers = [package / "link", package / "detect", *detectors]
    made = [_made(folder) for folder in makers]
    assert len(detectors) == len(DETECTORS)
    assert all(made)
    for one, other in combinations(made, 2):
        assert one & other == set()


def _made(folder: Path) -> set[str]:
    texts = [p.read_text(encoding="utf-8") for e in ("sql", "py") for p in folder.glob(f"*.{e}")]
    return {name for text in texts for name in _MADE.findall(text)}


@pytest.mark.parametrize("number", [0, 1])
def test_an_interrupt_ends_a_query_of_another_detector(number: int) -> None:
    """Whichever of the two it is heard in."""
    others = [_that(_never_ends, 1 - number)]
    others.insert(number, _that(_is_interrupted, number))
    with linked([_EVENT]) as connection, pytest.raises(KeyboardInterrupt):
        run(connection, others)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_of_the_program_ends_them_all(times: int) -> None:
    """However often it is sent."""
    with pytest.raises(KeyboardInterrupt):
        _run_interrupted(times)


def _run_interrupted(times: int) -> None:
    def interrupt() -> None:
        for _ in range(times):
            signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
            time.sleep(0.02)

    interrupts = Timer(1, interrupt)
    with linked([_EVENT]) as connection:
        interrupts.start()
        try:
            run(connection, [_that(_never_ends, 0), _that(_never_ends, 1)])
        finally:
            interrupts.join()


def test_a_detector_that_fails_ends_the_others() -> None:
    with linked([_EVENT]) as connection, pytest.raises(DetectorError, match="could not run"):
        run(connection, [_that(_fails, 0), _that(_never_ends, 1)])


def test_what_is_asked_first_is_asked_in_the_very_numbers_that_it_names() -> None:
    numbers = {
        name: Parameter(default=value, unit="events", why="", source=DERIVED)
        for name, value in (("least", 9), ("least_events", 0))
    }
    asking = "events OFFSET $least_events"
    with linked([_EVENT]) as connection, pytest.raises(KeyboardInterrupt):
        run(connection, [_that(_is_interrupted, 0, asking, numbers)])


def test_of_a_question_that_fails_it_is_said_whose_it_is() -> None:
    name = DETECTORS[0].patterns[0].name
    with linked([_EVENT]) as connection, pytest.raises(DetectorError, match=name):
        run(connection, [_that(_fails, 0, "events WHERE no_such_column")])
