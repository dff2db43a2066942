"""Gaps in a source's own numbers: counted exactly, whatever the order, the ends and the repeats."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.case import coverage
from forensics.store.engine import engine

Numbers = dict[str | None, list[int]]


@contextmanager
def tables(address: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with engine(threads=1) as opened:
        opened.execute("CREATE TABLE coverage (source TEXT, part TEXT, page INTEGER)")
        opened.execute(
            "CREATE TABLE acquisitions AS SELECT 'log' AS source, 1 AS page, 9 AS events,"
            " $1 AS address",
            [address],
        )
        opened.execute(
            "CREATE TABLE events (source TEXT, source_stream TEXT, source_seq BIGINT,"
            " occurred_at TIMESTAMPTZ, vantage TEXT)"
        )
        yield opened


def told(
    numbers: Numbers, *, vantage: str | None = None, address: str = "log.jsonl"
) -> dict[str, tuple[int, str]]:
    with tables(address) as connection:
        for stream, of_stream in numbers.items():
            connection.execute(
                "INSERT INTO events SELECT 'log', $stream, unnest($numbers), NULL, $vantage",
                {"stream": stream, "numbers": of_stream, "vantage": vantage},
            )
        rows = coverage.of_sequences(connection, "log", number=2).to_pylist()
    return {row["part"]: (row["control_total"], row["reason"]) for row in rows}


def expected(numbers: Numbers) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for stream, of_stream in numbers.items():
        there = sorted(set(of_stream))
        width = there[-1] - there[0] + 1
        if len(there) < 20 or 100 * len(there) < 95 * width:
            continue
        missing = width - len(there)
        after = next((n for n, after in pairwise(there) if after > n + 1), 0)
        are = "number of its sequence is" if missing == 1 else "numbers of its sequence are"
        reason = f"{missing} {are} missing, the first after {after}." if missing else ""
        found[f"sequence {stream or ''}".rstrip()] = (missing, reason)
    return found


@st.composite
def sequences(draw: st.DrawFn) -> list[int]:
    low = draw(st.sampled_from([-(2**63), -40, 0, 7, 2**40, 2**63 - 1_001]))
    width = draw(st.integers(1, 1_000))
    gone = draw(st.sets(st.integers(0, width - 1), max_size=width // 15))
    there = [low + n for n in range(width) if n not in gone] or [low]
    return [*there, *draw(st.lists(st.sampled_from(there), max_size=3))]


@given(st.dictionaries(st.sampled_from([None, "p0", "p1"]), sequences(), min_size=1))
@settings(max_examples=40, deadline=None)
def test_what_is_missing_is_counted_as_one_would_by_hand(numbers: Numbers) -> None:
    assert told(numbers) == expected(numbers)


@pytest.mark.parametrize("gone", [[1], [31], [32], [63, 64], [*range(32, 64)], [998]])
def test_a_gap_at_the_border_of_a_word_is_told(gone: Sequence[int]) -> None:
    numbers: Any = {"p0": [n for n in range(1_000) if n not in gone]}

    assert told(numbers) == expected(numbers)
    assert told(numbers)["sequence p0"][0] == len(gone)


def test_numbers_that_skip_by_nature_are_no_sequence() -> None:
    assert told({"wal": [*range(0, 4_000, 8)], "few": [*range(19)]}) == {}


@pytest.mark.parametrize(
    ("vantage", "address", "is_told"),
    [
        ("broker", "amqp://broker/%2F?queue=log", False),
        ("broker", "log.jsonl", True),
        ("database", "postgresql://db/shop", True),
        (None, "postgresql://db/shop", True),
    ],
)
def test_what_a_live_broker_keeps_of_its_numbers_for_itself_is_not_missing(
    vantage: str | None, address: str, *, is_told: bool
) -> None:
    numbers: Any = {"p0": [n for n in range(1_000) if n != 543]}

    assert bool(told(numbers, vantage=vantage, address=address)) is is_told
