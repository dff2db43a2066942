"""Proposing how a log that is text is taken apart: time, level, what stands in brackets, pairs."""

import duckdb
import orjson
import pyarrow as pa

from forensics.normalise.line import Line, read_line, taken_apart

_FITTING = 0.9
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
_LEVEL = r"TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE"
_DETAILS = r"(?P<details>[A-Za-z_][\w.]*=.*)"
_REST = rf"(?:\[(?P<context>[^\]]*)\]:? +)?(?:(?:(?P<event>[^=\n]*?) +)?{_DETAILS}|(?P<message>.*))"
_HOST = r"(?P<host>\S+)"
_PROGRAM = r"(?P<program>[^\s\[:]+)"
_LEVELLED = rf"(?i:\[?(?P<level>{_LEVEL})\b(?:/(?P<process>[^\]\s]+))?\]?:? +)?{_REST}"

_KNOWN = (
    rf"\[?(?P<time>{_TIME})\]?:? +(?:(?:{_HOST} )?{_PROGRAM}\[(?P<pid>\d+)\]: +)?{_LEVELLED}",
    (
        rf"(?P<time>[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d) {_HOST}"
        rf" {_PROGRAM}(?:\[(?P<pid>\d+)\])?: {_LEVELLED}"
    ),
    _DETAILS,
    rf"\[?(?P<level>{_LEVEL})\b\]?:? +{_REST}",
)
"""Shapes of lines, in the order in which they are tried."""


def line_of(connection: duckdb.DuckDBPyConnection, documents: pa.Table) -> str:
    """The `[line]` table for a log of which most records are text of a known shape; else empty.

    Args:
        connection: One that `apply.prepare` has seen.
        documents: Rows of `apply.DOCUMENTS`.
    """
    for pattern in _KNOWN:
        line = read_line({"pattern": pattern, "pairs": "details"}, where="line")
        fitting = as_objects(connection, documents, line).num_rows
        if fitting and fitting >= _FITTING * documents.num_rows:
            return line_table(pattern=pattern, pairs="details")
    return ""


def line_table(**keys: str) -> str:
    """A `[line]` table with these keys, as it stands in a mapping."""
    # A pattern without a single quote is readable as it is.
    members = (
        f"{key} = '{value}'" if "'" not in value else f"{key} = {orjson.dumps(value).decode()}"
        for key, value in keys.items()
    )
    return "\n".join(["[line]", *members, ""])


def as_objects(connection: duckdb.DuckDBPyConnection, documents: pa.Table, line: Line) -> pa.Table:
    """The documents that a line's patterns fit, as JSON objects of their parts."""
    connection.register("documents", documents)
    try:
        return connection.sql(
            "SELECT * EXCLUDE (parts) REPLACE (parts AS document)"
            f" FROM ({taken_apart(line)}) WHERE parts IS NOT NULL"
        ).to_arrow_table()
    finally:
        connection.unregister("documents")
