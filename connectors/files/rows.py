"""Turns tables into JSON texts: one object a row, with the column names as keys."""

from collections.abc import Sequence
from functools import cache

import duckdb
import pyarrow as pa


def unique_names(names: Sequence[str]) -> list[str]:
    """Names that differ by more than case; what is empty is named by its place, from 1.

    Args:
        names: As they stand in a header; `id, id, ` becomes `id, id_2, column_3`.
    """
    taken: set[str] = set()
    unique = []
    for place, name in enumerate(names, start=1):
        wanted = candidate = name.strip() or f"column_{place}"
        number = 1
        while candidate.lower() in taken:
            number += 1
            candidate = f"{wanted}_{number}"
        taken.add(candidate.lower())
        unique.append(candidate)
    return unique


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """An empty database of our own; a cursor of it costs less than another one."""
    return duckdb.connect()


def json_objects(table: pa.Table) -> pa.Array:
    r"""A JSON object for each row: large_binary.

    Times are written as text in UTC, decimals with all their digits, bytes as `\xFF`.

    Args:
        table: Its column names differ by more than case.

    Raises:
        duckdb.Error: A column has a type that cannot be written.
    """
    with _database().cursor() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        connection.register("rows", table)
        found = connection.sql("SELECT to_json(rows) AS document FROM rows").to_arrow_table()
    texts = found["document"].cast(pa.large_string()).cast(pa.large_binary())
    return texts.combine_chunks()
