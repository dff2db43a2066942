"""The SQL of this folder."""

from typing import Any

import duckdb

from forensics.store import queries

_PACKAGE = "forensics.scope"


def execute(connection: duckdb.DuckDBPyConnection, *stems: str) -> None:
    """Run the statements of `STEM.sql`, one file after the other."""
    queries.run(connection, _PACKAGE, *stems)


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """How many rows a relation has, or `relation WHERE condition`."""
    counted: list[tuple[int]] = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()
    return counted[0][0]


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Rows of a query, by the names of its columns."""
    listed: list[dict[str, Any]] = connection.sql(query).to_arrow_table().to_pylist()
    return listed


def sql(stem: str) -> str:
    """What stands in `STEM.sql`."""
    return queries.sql(_PACKAGE, stem)
