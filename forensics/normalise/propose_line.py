"""Proposing how a log that is text is taken apart: time, level, what stands in brackets, pairs."""

from collections.abc import Sequence

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
_PID = r"\[(?P<pid>\d+)\]"
_SEVERITY = rf"(?i:\[?(?P<level>{_LEVEL})\b(?:[/\[](?P<process>[^\]\s]+))?\]?:? +)"
_LEVELLED = rf"{_SEVERITY}?{_REST}"
# A level would pass for a host or a program: what begins with one is tried first.
_LEVEL_FIRST = rf"{_SEVERITY}(?:{_PROGRAM}{_PID}: +)?{_REST}"
_STAMP = rf"\[?(?P<time>{_TIME})\]?:? +"
_SYSLOG = r"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) "

_KNOWN = (
    (
        rf"{_STAMP}{_LEVEL_FIRST}",
        rf"{_STAMP}(?:(?:{_HOST} )?{_PROGRAM}{_PID}: +)?{_LEVELLED}",
    ),
    (
        rf"{_SYSLOG}(?:{_HOST} )?{_LEVEL_FIRST}",
        rf"{_SYSLOG}{_HOST} {_PROGRAM}(?:{_PID})?: {_LEVELLED}",
    ),
    (_DETAILS,),
    (_LEVEL_FIRST,),
)
"""Shapes of lines, in the order in which they are tried; of each the patterns, likewise."""


def line_of(connection: duckdb.DuckDBPyConnection, documents: pa.Table) -> str:
    """The `[line]` table for a log of which most records are text of a known shape; else empty.

    Args:
        connection: One that `apply.prepare` has seen.
        documents: Rows of `apply.DOCUMENTS`.
    """

    def fitting(patterns: Sequence[str]) -> int:
        line = read_line({"pattern": patterns, "pairs": "details"}, where="line")
        found: int = as_objects(connection, documents, line).num_rows
        return found

    for patterns in _KNOWN:
        all_that_fit = fitting(patterns)
        if all_that_fit and all_that_fit >= _FITTING * documents.num_rows:
            # The last of a shape fits all that its others do.
            needed = [*(one for one in patterns[:-1] if fitting([one])), patterns[-1]]
            enough = needed[0] if fitting(needed[:1]) == all_that_fit else needed
            return line_table(pattern=enough, pairs="details")
    return ""


def line_table(**keys: str | Sequence[str]) -> str:
    """A `[line]` table with these keys, as it stands in a mapping."""
    members = (
        f"{key} = {_string(value)}"
        if isinstance(value, str)
        else "\n".join([f"{key} = [", *(f"    {_string(one)}," for one in value), "]"])
        for key, value in keys.items()
    )
    return "\n".join(["[line]", *members, ""])


def _string(value: str) -> str:
    """As TOML; a pattern without a single quote is readable as it is."""
    return f"'{value}'" if "'" not in value else orjson.dumps(value).decode()


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
