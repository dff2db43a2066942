"""Measures each number that decides at values around the one chosen, for docs/thresholds.md.

On training seeds. A number is in the flat part where what goes wrong hardly changes beside it.
"""

import atexit
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import duckdb

from benchmarks.labelled.findings import GRADES, Claim
from benchmarks.labelled.measure import TRAINING_SEEDS, in_parallel
from benchmarks.labelled.numbers import SWEEPS, Sweep
from benchmarks.labelled.qualities import Quality
from benchmarks.labelled.scorer import Score, score
from benchmarks.labelled.world import World, labelled_world, quiet_week
from benchmarks.results import FOLDER, keep
from forensics import open_case
from forensics.detect.registry import DETECTORS
from forensics.detect.run import run
from forensics.link.link import link
from forensics.store.case_store import CaseStore
from forensics.store.engine import engine

WRONG = ("missed", "false", "fragments", "other_pattern", "other_mechanism", "in_quiet_weeks")
"""What goes wrong, in the order in which it is told."""


def sweep(seeds: int, only: Sequence[str]) -> Path:
    """Measure each number on so many worlds and quiet weeks, and keep it, one after the other."""
    chosen = [s for s in SWEEPS if not only or s.name in only]
    numbers = kept()
    path = FOLDER
    for name, told in in_parallel(
        partial(_measured, seeds=TRAINING_SEEDS[:seeds]), [(s,) for s in chosen]
    ):
        numbers[name] = told
        path = keep("thresholds", seeds=list(TRAINING_SEEDS[:seeds]), numbers=numbers)
    return path


def kept() -> dict[str, Any]:
    """What was measured so far, of the numbers that there are."""
    path = FOLDER / "thresholds.json"
    numbers = json.loads(path.read_text(encoding="utf-8"))["numbers"] if path.exists() else {}
    names = {s.name for s in SWEEPS}
    return {name: told for name, told in numbers.items() if name in names}


def page_row(name: str, told: dict[str, Any]) -> str:
    """The number's line in `docs/thresholds.md`: values that do as well, and worse ones."""
    wrong = {value: sum(row[word] for word in WRONG) for value, row in told["values"].items()}
    least = wrong[f"{told['chosen']:g}"]
    flat = [value for value, number in wrong.items() if number <= least]
    worse = ", ".join(f"{value}: {number}" for value, number in wrong.items() if number > least)
    return f"| `{name}` | {told['chosen']:g} | {', '.join(flat)} ({least}) | {worse or 'none'} |"


def _measured(swept: Sweep, *, seeds: Sequence[int]) -> tuple[str, dict[str, Any]]:
    """The number's name, and what goes wrong at each of its values."""
    rows = {}
    for value in swept.values:
        counts = Counter[str]()
        for seed in seeds:
            for quality in (Quality.FULL, *([Quality.BLIND] if swept.in_blind_logs else []), None):
                world, connection = _linked(seed, quality)
                claims = list(_claims(connection, swept, value))
                counts.update(_wrong(world, swept, claims, quality))
        rows[f"{value:g}"] = {word: counts[word] for word in ("cases", *WRONG)}
    return swept.name, {"chosen": swept.chosen, "values": rows}


_OPEN = ExitStack()
atexit.register(_OPEN.close)


@cache
def _linked(seed: int, quality: Quality | None) -> tuple[World, duckdb.DuckDBPyConnection]:
    """A world, or without a quality a quiet week, and its case up to the detectors."""
    world = quiet_week(seed) if quality is None else labelled_world(seed, quality)
    folder = Path(_OPEN.enter_context(tempfile.TemporaryDirectory()))
    world.save(folder)
    case = open_case(folder / "case")
    case.ingest([str(path) for path in sorted((folder / "logs").glob("*.jsonl"))])
    store = _OPEN.enter_context(CaseStore.open(case.folder))
    connection = _OPEN.enter_context(engine(threads=1))
    store.attach(connection)
    link(connection)
    return world, connection


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """A connection that is asked with one number of the queries changed."""

    connection: duckdb.DuckDBPyConnection
    changes: Sequence[tuple[str, str]]

    def execute(self, query: str, *values: object) -> duckdb.DuckDBPyConnection:
        for before, after in self.changes:
            query = query.replace(before, after)
        return self.connection.execute(query, *values)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)


def _claims(connection: duckdb.DuckDBPyConnection, swept: Sweep, value: float) -> Iterator[Claim]:
    detector = next(d for d in DETECTORS if d.name == swept.detector)
    if swept.parameter:
        # What patterns have set changes nothing of the relations that they read.
        again = detector if value == swept.values[0] else replace(detector, relations=())
        settings = {name: {swept.parameter: value} for name in swept.patterns}
        run(connection, [again], settings=settings)
    else:
        rewriting = _Rewriting(connection, swept.changes(value))
        run(cast("duckdb.DuckDBPyConnection", rewriting), [detector])
    rows = connection.execute("""
        SELECT c.pattern, c.grade, c.facts, list(DISTINCT (e.source, e.source_line))
        FROM candidates AS c
        INNER JOIN candidate_evidence AS v USING (finding_id)
        INNER JOIN events AS e USING (event_id)
        WHERE c.suppressor IS NULL AND v.role IN ('original', 'duplicate')
        GROUP BY c.finding_id, c.pattern, c.grade, c.facts""").fetchall()
    for pattern, grade, facts, records in rows:
        yield Claim(
            detector=detector.name, pattern=pattern, grade=grade, records=records,
            mechanism=json.loads(facts).get("mechanism"),
        )  # fmt: skip


def _wrong(
    world: World, swept: Sweep, claims: Sequence[Claim], quality: Quality | None
) -> dict[str, int]:
    if quality is None:
        return {"in_quiet_weeks": sum(claim.grade in GRADES for claim in claims)}
    part: Score = score(world.truth, claims)[0][swept.detector]
    return {
        "cases": part.cases,
        "missed": part.cases - part.found,
        "false": part.false,
        "fragments": part.fragments,
        "other_pattern": part.patterns_told - part.told_pattern_right,
        "other_mechanism": part.mechanisms_told - part.told_mechanism_right,
    }
