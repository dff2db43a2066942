"""DuckDB views over data files whose paths may hold anything."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb

from forensics.model.environments import environment_named
from forensics.model.errors import CaseError
from forensics.store.schema import TABLES

NO_FORMAT = "no format for "
"""What stands before a part in the rows of `coverage` that count its unrecognised records."""

_COVERAGE = f"""
-- The newest word on a part holds, and the newest that some of it was gone before it was read: what
-- is read later does not bring that back.
CREATE OR REPLACE TEMP MACRO still_holds(source, part, page, state) AS
    row_number() OVER (PARTITION BY source, part ORDER BY page DESC) = 1
    OR (state = 'expired'
        AND row_number() OVER (PARTITION BY source, part, state ORDER BY page DESC) = 1);

-- Records of live sources that no format recognises, of parts of which nothing is stored.
CREATE OR REPLACE TEMP VIEW left_records AS
SELECT told.source, told.part, told.address, told.records
FROM (
    SELECT source, substr(part, {len(NO_FORMAT) + 1}) AS part, reason AS address,
        control_total AS records
    FROM coverage WHERE starts_with(part, '{NO_FORMAT}')
    QUALIFY row_number() OVER (PARTITION BY source, part ORDER BY page DESC) = 1
) AS told
WHERE told.records > 0 AND NOT EXISTS (
    SELECT 1 FROM acquisitions AS a
    WHERE a.source = told.source AND a.part = told.part AND a.records_read > 0
)"""

# Rows that an earlier version stored have the name that stood in their log.
_READ_AS = {"environment": f"{environment_named('environment')} AS environment"}
_GLOB = re.compile(r"[*?\[]")


def make(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    paths: Sequence[Path],
    *,
    empty: Collection[str] = (),
) -> None:
    """Make or replace the view of one table.

    A file may lack columns of which all its rows hold nothing, or which did not exist when it was
    written. The columns are not said to the reader, which would forget how many rows there are:
    the larger side of a join must be known, or it is held in memory.

    Args:
        connection: Where.
        name: Name of the table and of the view.
        paths: Its data files; with none the view is empty but has all columns.
        empty: Columns in which they hold nothing. They are not read, and what a query asks of
            them is known when it is planned.

    Raises:
        CaseError: A data file is missing or damaged.
    """
    shape = connection.from_arrow(TABLES[name].empty_table())
    types = dict(zip(shape.columns, map(str, shape.types), strict=True))
    read = _reader(paths)
    try:
        held = {*connection.sql(f"FROM {read}").columns} - {*empty} if paths else set()
        columns = ", ".join(
            _READ_AS.get(column, f'"{column}"')
            if column in held
            else f'NULL::{type_} AS "{column}"'
            for column, type_ in types.items()
        )
        source = f"FROM {read}" if paths else "WHERE false"
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT {columns} {source}")
    except duckdb.Error as error:
        raise CaseError(
            f"The data files of table `{name}` cannot be read: {str(error).splitlines()[0]}",
            hint="`forensics verify` names the file that was changed.",
        ) from error


def of_coverage(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what is read of the tables `coverage` and `acquisitions` in more than one place."""
    connection.execute(_COVERAGE)


def _reader(paths: Sequence[Path]) -> str:
    listed = ", ".join(quoted(path) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"


def quoted(path: Path) -> str:
    """The path as a string literal in which no character is a wildcard."""
    return literal(_GLOB.sub(lambda match: f"[{match.group()}]", str(path)))


def literal(text: str) -> str:
    """The text as a string literal of SQL, for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"
