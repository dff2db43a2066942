"""Which findings are one incident."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.race_window.detector import RACE_WINDOW
from forensics.scope.components import components
from forensics.scope.incidents import group
from forensics.store.engine import engine
from tests.link.linked import linked
from tests.scope.scoped import DAY, charge, measured
from tests.scope.told import row

_COLUMNS = (
    "event_id", "execution_id", "trace_id", "entity_type", "entity_id", "operation_key",
    "tenant", "environment", "source", "callee",
)  # fmt: skip


def sizes(rows: Sequence[dict[str, Any]]) -> list[int]:
    """How many findings each incident has, largest first; a row is one event of a finding."""
    with linked([]) as connection:
        _tables(connection, rows)
        group(connection)
        counted = connection.execute("""
            SELECT count(*) FROM finding_incidents GROUP BY incident_id ORDER BY 1 DESC""")
        return [row[0] for row in counted.fetchall()]


def _tables(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> None:
    listed = ", ".join(f"{name} VARCHAR" for name in _COLUMNS)
    connection.execute(f"""
        CREATE TEMP TABLE finding_events (finding_id VARCHAR, {listed}, occurred_at TIMESTAMPTZ)""")
    connection.execute("""
        CREATE OR REPLACE TEMP VIEW executions AS
        SELECT DISTINCT execution_id, 'root' AS root_id FROM finding_events
        WHERE execution_id IS NOT NULL""")
    connection.execute("""
        CREATE TEMP TABLE finding_effects
            (finding_id VARCHAR, effect_key UBIGINT, is_context BOOLEAN)""")
    connection.execute("""
        CREATE TEMP TABLE found_witnesses
            (effect_key UBIGINT, event_id VARCHAR, is_state BOOLEAN)""")
    connection.executemany(
        f"INSERT INTO finding_events VALUES ({', '.join(['?'] * (len(_COLUMNS) + 2))})",
        [
            [
                row["finding_id"],
                row.get("event_id", f"e{n}"),
                *map(row.get, _COLUMNS[1:]),
                row.get("at"),
            ]
            for n, row in enumerate(rows)
        ],
    )
    connection.execute("""
        CREATE TEMP TABLE candidates AS
        SELECT DISTINCT finding_id, NULL::VARCHAR AS suppressor FROM finding_events""")


def alike(count: int, **shared: Any) -> list[dict[str, Any]]:
    """Findings that share these values."""
    return [{"finding_id": f"f{n:04d}"} | shared for n in range(count)]


@pytest.mark.parametrize(
    "shared",
    [{"trace_id": "t"}, {"operation_key": "k"}, {"event_id": "e"}, {"execution_id": "x"}],
)
def test_however_many_share_a_cause_they_are_one_incident(shared: dict[str, Any]) -> None:
    assert sizes(alike(51, **shared)) == [51]


def test_a_record_joins_unless_a_large_share_of_all_findings_touches_it() -> None:
    record = {"entity_type": "order", "entity_id": "o"}
    others = [{"finding_id": f"other{n}"} for n in range(300)]

    assert sizes(alike(50, **record))[0] == 50
    assert sizes(alike(51, **record))[0] == 1
    assert sizes([*alike(60, **record), *others])[0] == 60


@pytest.mark.parametrize(
    "shared",
    [
        {"trace_id": "t"},
        {"operation_key": "k"},
        {"execution_id": "x"},
        {"entity_type": "order", "entity_id": "o"},
    ],
)
@pytest.mark.parametrize("whose", ["tenant", "environment"])
def test_the_same_id_of_another_owner_is_another_thing(whose: str, shared: dict[str, Any]) -> None:
    one, two = (row | {whose: owner} for row, owner in zip(alike(2, **shared), "ab", strict=True))

    assert sizes([one, two]) == [1, 1]


@pytest.mark.parametrize(
    ("shared", "apart", "incidents"),
    [
        # A key that two systems may both draw joins only what was asked of one of them.
        ({"operation_key": "1"}, "callee", [1, 1]),
        ({"operation_key": "0f8fad5b-d9cb-469f-a165-70867728950e"}, "callee", [2]),
        # A number without a type is a row of its own log.
        ({"entity_id": "17"}, "source", [1, 1]),
        ({"entity_type": "order", "entity_id": "17"}, "source", [2]),
    ],
)
def test_an_id_joins_within_what_it_is_unique_in(
    shared: dict[str, Any], apart: str, incidents: list[int]
) -> None:
    one, two = (row | {apart: name} for row, name in zip(alike(2, **shared), "ab", strict=True))

    assert sizes([one, two]) == incidents


DAEMON = {"execution_id": "x", "trace_id": "t"}


@pytest.mark.parametrize(
    ("hours", "more", "incidents"),
    [
        ((0, 1), {}, [2]),
        ((0, 1.01), {}, [1, 1]),
        # What came between leads from one to the other.
        ((0, 0.9, 1.8), {}, [3]),
        ((0, 50, 50.5), {}, [2, 1]),
        ((0, 50), {"entity_type": "order", "entity_id": "o"}, [2]),
        ((0, 50), {"operation_key": "0f8fad5b-d9cb-469f-a165-70867728950e"}, [2]),
        ((0, 50), {"operation_key": "sync"}, [1, 1]),
        ((0, None), {}, [2]),
    ],
)
def test_one_run_that_lasts_for_days_joins_what_is_near(
    hours: Sequence[float | None], more: dict[str, Any], incidents: list[int]
) -> None:
    rows = [
        row | {"at": None if hour is None else DAY + timedelta(hours=hour)}
        for row, hour in zip(alike(len(hours), **DAEMON, **more), hours, strict=True)
    ]

    assert sizes(rows) == incidents


def incidents(minute: int, *, cause: str = "", caller: str = "") -> list[list[str]]:
    """The patterns of each incident of a log with two holds of a lock and two charges for one key.

    Args:
        minute: When the first charge is made; the holds begin in the first minutes.
        cause: What the second charge's run names as its cause.
        caller: The run in which the second charge was called, as the caller logs it.
    """
    holds = [
        row(
            f"hold-{n}",
            n,
            kind="lock",
            phase="start",
            action="lock",
            execution_id=f"run-{n}",
            entity_type="lock",
            entity_id="l",
            lock={"mode": "exclusive", "expires_at": DAY + timedelta(minutes=9)},
        )
        for n in (1, 2)
    ]
    charges = [
        charge("a", minute, execution_id="req-a"),
        charge("b", minute + 1, execution_id="req-b", cause_id=cause or None),
    ]
    if caller:
        asked = {"event_id": "call", "source": "caller", "vantage": "client", "kind": "attempt"}
        called = {"execution_id": caller, "system": "shop", "target_system": "payments"}
        call = charge("b", minute + 1) | asked | called
        charges.append(call)
    with measured([*holds, *charges], (DUPLICATE_SIDE_EFFECT, RACE_WINDOW)) as (_, findings):
        assert {f.pattern for f in findings} == {"lease_overlap", "same_key"}
        grouped: dict[str | None, list[str]] = {}
        for finding in findings:
            grouped.setdefault(finding.incident_id, []).append(finding.pattern)
        return sorted(map(sorted, grouped.values()))


APART = [["lease_overlap"], ["same_key"]]
TOGETHER = [["lease_overlap", "same_key"]]


def test_causes_join_however_much_later() -> None:
    assert incidents(2880) == APART
    assert incidents(2880, cause="run-2") == TOGETHER


def test_what_the_holder_of_a_lock_called_belongs_to_the_lock() -> None:
    assert incidents(3) == APART
    assert incidents(3, caller="run-2") == TOGETHER
    assert incidents(2880, caller="run-2") == APART


def joined(edges: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Member to component, by the code under test; an edge is (member, thing)."""
    with engine(threads=1) as connection:
        connection.execute("CREATE TABLE sharing (member INTEGER, thing INTEGER)")
        if edges:
            connection.executemany("INSERT INTO sharing VALUES (?, ?)", edges)
        components(connection, "sharing", "named")
        return dict(connection.execute("FROM named").fetchall())


def test_a_long_path_is_followed_to_its_end() -> None:
    """Its members are numbered so that small names are far from each other."""
    order = [n * 7919 % 1009 for n in range(1009)]
    edges = [(member, n + step) for n, member in enumerate(order) for step in (0, 1)]

    assert set(joined(edges).values()) == {0}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9)), max_size=25))
def test_components_are_those_of_the_textbook(edges: list[tuple[int, int]]) -> None:
    smallest = {member: member for member, _ in edges}
    for _ in edges:
        for one, thing in edges:
            for two, other in edges:
                if thing == other:
                    smallest[one] = smallest[two] = min(smallest[one], smallest[two])

    assert joined(edges) == smallest
