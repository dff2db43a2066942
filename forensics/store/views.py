"""DuckDB views over data files whose paths may hold anything."""

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from forensics.model.errors import CaseError
from forensics.store.schema import TABLES

_GLOB = re.compile(r"[*?\[]")


def make(
    connection: duckdb.DuckDBPyConnection, name: str, paths: Sequence[Path], *, mixed: bool
) -> None:
    """Make or replace the view of one table.

    Args:
        connection: Where.
        name: Name of the table and of the view.
        paths: Its data files; with none the view is empty but has all columns.
        mixed: Whether some files may lack columns that newer ones have.

    Raises:
        CaseError: A data file is missing or damaged.
    """
    empty = f"{name}_empty"
    connection.register(empty, TABLES[name].empty_table())
    listed = ", ".join(quoted(path) for path in paths)
    if not paths:
        query = f"FROM {empty}"
    elif mixed:
        query = (
            f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false,"
            f" union_by_name = true) UNION ALL BY NAME FROM {empty}"
        )
    else:
        query = f"FROM read_parquet([{listed}], hive_partitioning = false)"
    try:
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS {query}")
    except duckdb.Error as error:
        raise CaseError(
            f"The data files of table `{name}` cannot be read: {str(error).splitlines()[0]}",
            hint="`forensics verify` names the file that was changed.",
        ) from error


def quoted(path: Path) -> str:
    """The path as a string literal in which no character is a wildcard."""
    return literal(_GLOB.sub(lambda match: f"[{match.group()}]", str(path)))


def literal(text: str) -> str:
    """The text as a string literal of SQL, for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"
