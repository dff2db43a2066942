"""Prepares the relations that detectors share, from the view `events`."""

from importlib.resources import files

import duckdb

from forensics.link.ancestry import resolve_ancestry
from forensics.link.clocks import estimate_clocks

_CAUSES = ("order", "describe", "causes")
_EXECUTIONS = ("executions", "clocks")
_EFFECTS = ("effect_witnesses", "adopted_mentions", "compensations", "effects")


def link(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `executions`, `linked_executions`, `cause_cycles`, `clocks` and `effects`.

    Also defines the macros of `order.sql`, through which every comparison of two events in time
    goes. Where runs of several logs, tenants or environments bear the same names, `events` tells
    them apart afterwards.
    """
    _name_runs_apart(connection)
    _execute(connection, _CAUSES)
    resolve_ancestry(connection)
    _execute(connection, _EXECUTIONS)
    estimate_clocks(connection)
    _execute(connection, _EFFECTS)


def _name_runs_apart(connection: duckdb.DuckDBPyConnection) -> None:
    _execute(connection, ("run_names",))
    query = "SELECT getvariable('numbering_logs') IS NOT NULL OR EXISTS (FROM shared_runs)"
    if connection.execute(query).fetchall() == [(True,)]:
        _execute(connection, ("name_runs_apart",))


def _execute(connection: duckdb.DuckDBPyConnection, stems: tuple[str, ...]) -> None:
    package = files("forensics.link")
    for stem in stems:
        connection.execute(package.joinpath(f"{stem}.sql").read_text(encoding="utf-8"))
