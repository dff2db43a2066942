"""Reads what the figures draw out of a case, once for all of them."""

from collections.abc import Sequence
from typing import Any

import duckdb

from forensics.store import queries
from forensics.timeline.subject import Subject


def gather(connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject]) -> None:
    """Fill the tables that the figures are drawn from: `figure_lines` and what follows from it.

    Args:
        connection: Has `events`, `candidate_evidence` and what `link` makes.
        subjects: The findings whose figures will be asked for.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE figure_findings AS"
        " SELECT unnest($findings::VARCHAR []) AS finding_id",
        {"findings": [one.finding_id for one in subjects]},
    )
    queries.run(connection, "forensics.timeline", "lines")


def fetched(
    connection: duckdb.DuckDBPyConnection, stem: str, parameters: dict[str, object]
) -> list[dict[str, Any]]:
    """The rows of one of this package's queries."""
    table = connection.sql(_text(stem), params=parameters).to_arrow_table()
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _text(stem: str) -> str:
    return queries.sql("forensics.timeline", stem)
