"""Prepares the relations that detectors share, from the view `events`."""

from importlib.resources import files

import duckdb

from forensics.link.ancestry import resolve_ancestry
from forensics.link.clocks import estimate_clocks

_CAUSES = ("order", "describe", "causes")
_EXECUTIONS = ("executions", "clocks")
_EFFECTS = ("effect_mentions", "effect_witnesses", "compensations", "effects")


def link(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `executions`, `linked_executions`, `cause_cycles`, `clocks` and `effects`.

    Also defines the macros of `order.sql`, through which every comparison of two events in time
    goes.
    """
    _execute(connection, _CAUSES)
    resolve_ancestry(connection)
    _execute(connection, _EXECUTIONS)
    estimate_clocks(connection)
    _execute(connection, _EFFECTS)


def _execute(connection: duckdb.DuckDBPyConnection, stems: tuple[str, ...]) -> None:
    package = files("forensics.link")
    for stem in stems:
        connection.execute(package.joinpath(f"{stem}.sql").read_text(encoding="utf-8"))
