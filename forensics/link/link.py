"""Prepares the relations that detectors share, from the view `events`."""

from collections.abc import Sequence

import duckdb

from forensics.link.ancestry import resolve_ancestry
from forensics.link.clocks import estimate_clocks
from forensics.link.names import Sides, learn, name_obligations
from forensics.model.joins import Join
from forensics.store import queries

_WORKINGS = """
    CREATE SCHEMA IF NOT EXISTS workings;
    SET search_path = 'workings,main'"""
"""Not temporary: detectors look from connections of their own. Some names are those of the case's
own tables, which are found second."""

_CAUSES = ("sessions", "order", "describe", "causes")
_EXECUTIONS = ("executions", "clocks")
_WITNESSES = ("effect_witnesses",)
_EFFECTS = (
    "renamed_keys", "adopted_mentions",
    "unnamed_returns", "charges_returned", "fitting_returns",
    "told_compensations", "reinstated_returns", "compensations",
    "effects",
)  # fmt: skip


def link(connection: duckdb.DuckDBPyConnection, declared: Sequence[Sides] = ()) -> list[Join]:
    """Fill `executions`, `linked_executions`, `cause_cycles`, `clocks`, `effects` and `sessions`.

    Also defines the macros of `order.sql`, through which every comparison of two events in time
    goes. Where runs of several logs, tenants or environments bear the same names, `events` tells
    them apart afterwards. All of them lie in the schema `workings`, where a name is sought first.

    Args:
        connection: Has the view `events`.
        declared: Fields that somebody says name one thing.

    Returns:
        Fields of two sources that hold equal values; see `forensics.link.names`.
    """
    connection.execute(_WORKINGS)
    _name_runs_apart(connection)
    _execute(connection, _CAUSES)
    resolve_ancestry(connection)
    _execute(connection, _EXECUTIONS)
    estimate_clocks(connection)
    joins = learn(connection, declared)
    _execute(connection, _WITNESSES)
    name_obligations(connection, joins)
    _execute(connection, _EFFECTS)
    return joins


def _name_runs_apart(connection: duckdb.DuckDBPyConnection) -> None:
    _execute(connection, ("identities", "run_names"))
    query = "SELECT getvariable('numbering_logs') IS NOT NULL OR EXISTS (FROM shared_runs)"
    if connection.execute(query).fetchall() == [(True,)]:
        _execute(connection, ("name_runs_apart",))


def _execute(connection: duckdb.DuckDBPyConnection, stems: tuple[str, ...]) -> None:
    queries.run(connection, "forensics.link", *stems)
