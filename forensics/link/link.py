"""Prepares the relations that detectors share, from the view `events`."""

from importlib.resources import files

import duckdb

_STEPS = (
    "order",
    "clocks",
    "executions",
    "effect_mentions",
    "effect_witnesses",
    "compensations",
    "effects",
)


def link(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the temporary tables `clocks`, `executions` and `effects`."""
    package = files("forensics.link")
    for step in _STEPS:
        connection.execute(package.joinpath(f"{step}.sql").read_text(encoding="utf-8"))
