"""Links a handful of events and hands the result back as plain rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from forensics.link.link import link
from forensics.store.engine import engine
from tests.detect.scenario import arrow


@contextmanager
def linked(
    events: Sequence[dict[str, Any]], *, threads: int = 1
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose view `events` holds these rows, linked; no log is known to be whole."""
    with engine(threads=threads) as connection:
        connection.register("told", arrow(events))
        connection.execute("CREATE TABLE told_events AS FROM told")
        connection.execute("CREATE VIEW events AS FROM told_events")
        connection.execute(
            "CREATE TABLE coverage (source VARCHAR, part VARCHAR, page INT, state VARCHAR)"
        )
        link(connection)
        yield connection


def executions(events: Sequence[dict[str, Any]], *, threads: int = 1) -> dict[str, dict[str, Any]]:
    """Every execution by its id."""
    with linked(events, threads=threads) as connection:
        rows = connection.sql("FROM executions").to_arrow_table().to_pylist()
    return {row["execution_id"]: row for row in rows}
