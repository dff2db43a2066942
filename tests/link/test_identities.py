"""Names are told apart, also those that DuckDB's own hash takes for one."""

from collections.abc import Iterator
from itertools import product

import duckdb
import pytest

from tests.link.linked import linked

ALIKE = ("told-053.worker/told-053./run-12", "told-057.worker/told-057./run-12")
"""Two names of one hash."""

FAMILIES = (
    "log-{0:03}.jobs/log-{0:03}.",
    "{0:08}{0:08}",
    "order-{0:02}/item-{0:02}",
    "{0:07}/{0:07}/{0:07}",
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with linked([]) as connection:
        yield connection


def distinct(connection: duckdb.DuckDBPyConnection, names: list[str], hashed: str) -> int:
    rows = connection.execute(
        f"SELECT count(DISTINCT {hashed}(name)) FROM (SELECT unnest($names) AS name)",
        {"names": names},
    ).fetchall()
    return int(rows[0][0])


def test_two_names_have_one_hash_of_the_engine_s_own(connection: duckdb.DuckDBPyConnection) -> None:
    assert distinct(connection, list(ALIKE), "hash") == 1
    assert distinct(connection, list(ALIKE), "sure_hash") == 2


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("before", [*("x" * length for length in range(8)), "счёт", "заказчик"])
def test_names_that_hold_a_number_twice_have_a_hash_each(
    connection: duckdb.DuckDBPyConnection, family: str, before: str
) -> None:
    names = [before + family.format(number) for number in range(10_000)]

    assert distinct(connection, names, "sure_hash") == len({*names})


def test_names_that_hold_two_numbers_have_a_hash_each(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    names = [f"shop-{a:03}.{b:08}" for a, b in product(range(300), repeat=2)]

    assert distinct(connection, names, "sure_hash") == len(names)
