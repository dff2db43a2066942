"""Detectors look two at a time: what goes wrong in one ends the others and is told."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pytest

from forensics.detect.contract import Detector
from forensics.detect.registry import DETECTORS
from forensics.detect.run import run
from forensics.model.errors import DetectorError
from tests.detect.judging import SCENARIOS, as_sets, settled
from tests.link.linked import linked

_MADE = re.compile(r"CREATE OR REPLACE (?:TABLE|VIEW|MACRO) (\w+)")
_EVENT = {"event_id": "e1", "kind": "attempt", "action": "call", "outcome": "error"}


def _fails(_: duckdb.DuckDBPyConnection) -> None:
    raise duckdb.BinderException("no such column")


def _is_interrupted(_: duckdb.DuckDBPyConnection) -> None:
    raise KeyboardInterrupt


def _never_ends(connection: duckdb.DuckDBPyConnection) -> None:
    while True:
        connection.execute("SELECT count(*) FROM range(1_000_000_000_000) AS t(i) WHERE i % 7 = 3")


def _that(prepare: Callable[[duckdb.DuckDBPyConnection], None], number: int) -> Detector:
    """A detector whose first pattern does so before anything else."""
    detector = DETECTORS[number]
    first = replace(detector.patterns[0], drawn_from="events", prepare=prepare)
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


def test_no_detector_makes_a_relation_of_the_name_of_another() -> None:
    folders = [path.parent for path in Path(str(files("forensics.detect"))).glob("*/detector.py")]
    assert len(folders) == len(DETECTORS)
    for one, other in combinations(map(_made, folders), 2):
        assert one & other == set()


def _made(folder: Path) -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.*")]
    return {name for text in texts for name in _MADE.findall(text)}


@pytest.mark.parametrize("number", [0, 1])
def test_an_interrupt_ends_a_query_of_another_detector(number: int) -> None:
    """Whichever of the two it is heard in."""
    others = [_that(_never_ends, 1 - number)]
    others.insert(number, _that(_is_interrupted, number))
    with linked([_EVENT]) as connection, pytest.raises(KeyboardInterrupt):
        run(connection, others)


def test_a_detector_that_fails_ends_the_others() -> None:
    with linked([_EVENT]) as connection, pytest.raises(DetectorError, match="could not run"):
        run(connection, [_that(_fails, 0), _that(_never_ends, 1)])
