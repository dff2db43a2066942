"""DuckDB views over data files whose paths may hold anything."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from forensics.model.errors import CaseError
from forensics.store.schema import TABLES

_GLOB = re.compile(r"[*?\[]")


def make(connection: duckdb.DuckDBPyConnection, name: str, paths: Sequence[Path]) -> None:
    """Make or replace the view of one table.

    The columns are said, not looked up in the files: a file may lack columns of which all its
    rows hold nothing, or which did not exist when it was written.

    Args:
        connection: Where.
        name: Name of the table and of the view.
        paths: Its data files; with none the view is empty but has all columns.

    Raises:
        CaseError: A data file is missing or damaged.
    """
    empty = connection.from_arrow(TABLES[name].empty_table())
    types = dict(zip(empty.columns, map(str, empty.types), strict=True))
    try:
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS {_query(types, paths)}")
    except duckdb.Error as error:
        raise CaseError(
            f"The data files of table `{name}` cannot be read: {str(error).splitlines()[0]}",
            hint="`forensics verify` names the file that was changed.",
        ) from error


def _query(types: Mapping[str, str], paths: Sequence[Path]) -> str:
    if not paths:
        columns = ", ".join(f'NULL::{type_} AS "{column}"' for column, type_ in types.items())
        return f"SELECT {columns} WHERE false"
    listed = ", ".join(quoted(path) for path in paths)
    schema = ", ".join(
        f"{literal(column)}: {{name: {literal(column)}, type: {literal(type_)},"
        " default_value: NULL}"
        for column, type_ in types.items()
    )
    return f"FROM read_parquet([{listed}], hive_partitioning = false, schema = MAP {{{schema}}})"


def quoted(path: Path) -> str:
    """The path as a string literal in which no character is a wildcard."""
    return literal(_GLOB.sub(lambda match: f"[{match.group()}]", str(path)))


def literal(text: str) -> str:
    """The text as a string literal of SQL, for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"
