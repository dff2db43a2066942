"""The tool's own queries: files of SQL in its packages."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import duckdb

_PARSED: dict[str, Sequence[duckdb.Statement]] = {}


def sql(package: str, stem: str) -> str:
    """What stands in `STEM.sql` of a package, such as `forensics.link`."""
    return files(package).joinpath(f"{stem}.sql").read_text(encoding="utf-8")


def run(connection: duckdb.DuckDBPyConnection, package: str, *stems: str) -> None:
    """Run the statements of `STEM.sql`, one file after the other."""
    for stem in stems:
        execute(connection, sql(package, stem))


def execute(
    connection: duckdb.DuckDBPyConnection, text: str, values: Mapping[str, Any] | None = None
) -> None:
    """Run statements, each with those of the values that it binds.

    They are parsed once a process: one that audits again and again would spend a tenth of its time
    on that.
    """
    if text not in _PARSED:
        _PARSED[text] = connection.extract_statements(text)
    for statement in _PARSED[text]:
        names = statement.named_parameters
        connection.execute(statement, {k: v for k, v in (values or {}).items() if k in names})
