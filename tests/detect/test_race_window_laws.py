"""Laws of races: histories in which nobody raced hold no finding, and one race is one finding."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.race_window.detector import RACE_WINDOW
from forensics.detect.run import run
from tests.detect.judging import SCENARIOS
from tests.link.linked import linked

Rows = list[dict[str, Any]]
Found = set[tuple[str, frozenset[str]]]

_START = datetime(2026, 11, 2, tzinfo=UTC)
_FOR_PAYING = timedelta(seconds=10)
_few = settings(max_examples=4, derandomize=True)


def found(rows: Sequence[dict[str, Any]]) -> Found:
    """Patterns and evidence of what is not explained away."""
    with linked(rows) as connection:
        run(connection, [RACE_WINDOW])
        listed = connection.execute("""
            SELECT pattern, list(event_id)
            FROM candidate_evidence
            WHERE suppressor IS NULL AND role <> 'context'
            GROUP BY finding_id, pattern""").fetchall()
    return {(pattern, frozenset(ids)) for pattern, ids in listed}


class History:
    """A log of executions that read a record and write it, one step a second."""

    def __init__(self) -> None:
        self.rows: Rows = []
        self.versions: dict[str, int] = {}

    def log(self, kind: str, execution: str, record: str, **columns: object) -> str:
        """Add a row and return its id."""
        place = len(self.rows)
        row = {
            "event_id": f"{kind}-{place:03d}", "kind": kind, "action": kind, "outcome": "ok",
            "system": "shop", "execution_id": execution, "entity_type": "order",
            "entity_id": record, "source_stream": "db", "source_seq": place,
            "occurred_at": _START + timedelta(seconds=place), **columns,
        }  # fmt: skip
        self.rows.append(row)
        return str(row["event_id"])

    def read(self, execution: str, record: str) -> int:
        """Read the record; what was seen is returned."""
        version = self.versions.get(record, 0)
        self.log("read", execution, record, version_read=str(version))
        return version

    def write(self, execution: str, record: str, base: int, **columns: object) -> str:
        """Write the record, whatever stands there."""
        version = self.versions.get(record, 0) + 1
        self.versions[record] = version
        columns |= {"version_read": str(base), "version_written": str(version)}
        return self.log("write", execution, record, **columns)


steps = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(("o-1", "o-2")), st.integers(0, 3)),
    min_size=2,
    max_size=14,
)
"""Which execution touches which record next, and how."""


def serial_history(moves: Sequence[tuple[int, str, int]]) -> History:
    """Each move is an execution of its own that reads and writes under the record's lock."""
    history = History()
    for place, (_, record, how) in enumerate(moves):
        execution = f"run-{place}"
        lock = {"entity_type": "lock", "phase": "start"}
        history.log("lock", execution, f"lock:{record}", **lock)
        base = history.read(execution, record)
        if how:
            history.write(execution, record, base)
        history.log("lock", execution, f"lock:{record}", **(lock | {"phase": "end"}))
    return history


def optimistic_history(moves: Sequence[tuple[int, str, int]]) -> History:
    """Executions read when they like; a write holds only if its version is still the current."""
    history = History()
    seen: dict[tuple[int, str], int] = {}
    for worker, record, how in moves:
        base = seen.pop((worker, record), None)
        execution = f"worker-{worker}"
        if base is None or not how:
            seen[worker, record] = history.read(execution, record)
        elif base == history.versions.get(record, 0):
            history.write(execution, record, base, conditional=True)
        else:
            refused = {"outcome": "rejected", "conditional": True, "version_read": str(base)}
            history.log("write", execution, record, **refused)
    return history


@_few
@given(moves=steps)
def test_executions_that_take_turns_under_a_lock_race_with_nobody(
    moves: list[tuple[int, str, int]],
) -> None:
    assert found(serial_history(moves).rows) == set()


@_few
@given(moves=steps)
def test_writes_that_are_refused_when_they_come_late_race_with_nobody(
    moves: list[tuple[int, str, int]],
) -> None:
    assert found(optimistic_history(moves).rows) == set()


@_few
@given(moves=steps, where=st.integers(0, 13))
def test_one_injected_lost_update_is_exactly_one_finding(
    moves: list[tuple[int, str, int]], where: int
) -> None:
    history = serial_history(moves[:where])
    base = history.read("left", "o-1")
    history.read("right", "o-1")
    writes = {history.write("left", "o-1", base), history.write("right", "o-1", base)}
    for move in moves[where:]:
        execution = f"later-{len(history.rows)}"
        history.write(execution, move[1], history.read(execution, move[1]))

    assert found(history.rows) == {("lost_update", frozenset(writes))}


@pytest.mark.parametrize("kept", ["source_seq", "occurred_at"])
def test_without_versions_only_the_serial_order_shows_a_lost_update(kept: str) -> None:
    history = History()
    base = history.read("left", "o-1")
    history.read("right", "o-1")
    history.write("left", "o-1", base)
    history.write("right", "o-1", base)
    dropped = {"version_read", "version_written", "source_seq", "occurred_at"} - {kept}
    rows = [{name: v for name, v in row.items() if name not in dropped} for row in history.rows]

    pattern = "lost_update" if kept == "source_seq" else "check_then_act"
    assert {name for name, _ in found(rows)} == {pattern}


@_few
@given(moves=steps)
def test_states_and_increments_never_add_a_finding(moves: list[tuple[int, str, int]]) -> None:
    history = serial_history(moves)
    for worker, record, _ in moves:
        history.log("state", f"reader-{worker}", record, version_written="1", after_hash=worker)
        history.log("write", f"adder-{worker}", record, commutative=True, version_read="0")

    assert found(history.rows) == set()


_NO_SIEVE = """
CREATE OR REPLACE TABLE suspects AS
SELECT DISTINCT subject FROM mentions_of('sightings')"""


def test_the_sieve_lets_nothing_fall_that_a_pattern_would_find(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sieve = Path(str(files("forensics.detect.race_window"))) / "suspects.sql"
    log = every_scenario_in_one_log()

    sifted = proposals(log)
    original = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda p, *a, **k: _NO_SIEVE if p == sieve else original(p, *a, **k)
    )
    assert proposals(log) == sifted
    assert {pattern.name for pattern in RACE_WINDOW.patterns} == {row[0] for row in sifted}


def proposals(rows: Rows) -> list[tuple[Any, ...]]:
    """All candidates in full, also those that are held back."""
    with linked(rows) as connection:
        run(connection, [RACE_WINDOW])
        return connection.execute("""
            SELECT pattern, finding_id, suppressor, grade, excess, facts
            FROM candidates
            ORDER BY ALL""").fetchall()


def every_scenario_in_one_log() -> Rows:
    """The scenarios of this detector side by side, each with names of its own."""
    patterns = {pattern.name for pattern in RACE_WINDOW.patterns}
    return [
        apart(event, f"{scenario.pattern}-{scenario.name}")
        for scenario in SCENARIOS
        if scenario.pattern in patterns
        for event in scenario.events
    ]


def apart(event: dict[str, Any], scenario: str) -> dict[str, Any]:
    """The event with the scenario's name before all that tells it from another."""
    named = {
        name: f"{scenario}/{event[name]}"
        for name in ("event_id", "execution_id", "cause_id", "transaction_id", "trace_id")
        if event.get(name) is not None
    }
    named["tenant"] = f"{scenario}/{event.get('tenant')}"
    named["source"] = f"{scenario}/{event.get('source', 'log')}"
    return event | named


@_few
@given(moves=steps, ahead_s=st.lists(st.integers(-90, 90), min_size=5, max_size=5))
def test_versions_that_follow_each_other_outweigh_clocks_that_do_not(
    moves: list[tuple[int, str, int]], ahead_s: list[int]
) -> None:
    history = History()
    for place, (host, record, how) in enumerate(moves):
        told = {"clock": f"host-{host}", "source_seq": None, "workflow": "save"}
        version = history.versions.get(record, 0)
        execution = f"run-{place}"
        history.log("read", execution, record, version_read=str(version), **told)
        if how:
            history.write(execution, record, version, **told)
        history.log("effect", execution, record, **told)
    for row in history.rows:
        row["occurred_at"] += timedelta(seconds=ahead_s[int(row["clock"][-1])])

    assert found(history.rows) == set()


def test_that_two_runs_did_one_thing_twice_is_no_collision_of_their_paths() -> None:
    history = History()
    for execution in ("run-0", "run-1"):
        told = {"workflow": "pay", "occurred_at": _START + timedelta(minutes=len(history.rows))}
        history.log("read", execution, "o-1", **told)
        history.log(
            "effect", execution, "o-1", **told | {"occurred_at": told["occurred_at"] + _FOR_PAYING},
            write_kind="update", operation_key="charge-1", effect_id=execution,
        )  # fmt: skip

    with linked(history.rows) as connection:
        run(connection, [DUPLICATE_SIDE_EFFECT, RACE_WINDOW], settings={"latent_race": {"runs": 2}})
        duplicates = connection.execute(
            "SELECT DISTINCT pattern FROM candidate_evidence WHERE suppressor IS NULL"
        ).fetchall()
        exposed = connection.execute("SELECT subject FROM exposures").fetchall()

    assert duplicates == [("same_key",)]
    assert exposed == [(["order", "pay@shop", "pay@shop"],)]
