"""A million events behind a figure: few marks, no event lost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from forensics.timeline.overview import overview
from forensics.timeline.race import race
from forensics.timeline.storm import storm
from forensics.timeline.subject import Subject

Gathering = tuple[duckdb.DuckDBPyConnection, list[Subject]]
COUNT = 1_000_000


@pytest.fixture(scope="module")
def million(gathering: Gathering) -> Iterator[Gathering]:
    """A storm of a million tries on twenty systems over twelve days, in a hundred findings."""
    connection, subjects = gathering
    storm_of_week = next(one for one in subjects if one.detector == "retry_storm")
    connection.execute(f"""
        INSERT INTO figure_lines BY NAME
        SELECT 'many' || n % 100 AS finding_id, 'retry_storm' AS detector,
            CASE WHEN n % 10 = 0 THEN 'original' ELSE 'duplicate' END AS role,
            'e' || n AS event_id, 'log' AS source, 'system ' || n % 20 AS lane,
            'x' || n % 5000 AS execution_id, 'x' || n % 5000 AS party, 'attempt' AS kind,
            'single' AS phase, 'try' AS "action", 'error' AS outcome, 'c' AS clock,
            1000 AS error_us, 1000 AS resolution_us,
            TIMESTAMPTZ '2026-11-02 08:00:00Z' + to_seconds(n) AS logged_at, logged_at AS "at"
        FROM range({COUNT}) AS t(n)""")
    yield connection, [replace(storm_of_week, finding_id=f"many{n}") for n in range(100)]
    connection.execute("DELETE FROM figure_lines WHERE finding_id LIKE 'many%'")


def test_the_overview_stays_small_and_whole(million: Gathering) -> None:
    seen = overview(*million)

    assert sum(mark.lines for mark in seen.marks) == COUNT
    assert sum(mark.excess for mark in seen.marks) == COUNT * 9 // 10
    assert max(Counter(mark.detector for mark in seen.marks).values()) <= 2_000
    assert len(seen.figure().to_json()) < 1_000_000


def test_a_storm_stays_small_and_whole(million: Gathering) -> None:
    connection, (subject, *_) = million
    connection.execute("UPDATE figure_lines SET finding_id = 'many0' WHERE finding_id LIKE 'many%'")
    seen = storm(connection, subject)

    assert len(seen.intervals) <= 200
    assert sum(one.firsts + one.retries for one in seen.intervals) == COUNT
    assert len(race(connection, subject).acts) <= 400
