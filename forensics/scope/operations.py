"""Goodput, invariants, records that diverged and work left over, of each incident."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import duckdb

from forensics.model.incident import Pending
from forensics.model.operations import Operations, Tally
from forensics.scope.queries import execute, rows


def operations(
    connection: duckdb.DuckDBPyConnection, pending: Iterable[Pending]
) -> dict[str, Operations]:
    """Incident id to its numbers.

    Args:
        connection: After `assemble` and `reconcile`.
        pending: What the logs leave unfinished.
    """
    execute(connection, "operations")
    tallies: dict[str, dict[str, Tally]] = defaultdict(dict)
    for row in rows(connection, "FROM operation_tallies ORDER BY ALL"):
        kinds = {kind["kind"]: kind["records"] for kind in row["kinds"] or ()}
        tallies[row["incident_id"]][row["tally"]] = Tally(
            value=row["value"], reason=row["reason"], kinds=kinds
        )
    unfinished: dict[str | None, Counter[str]] = defaultdict(Counter)
    for work in pending:
        unfinished[work.incident_id][work.why] += 1
    return {
        name: Operations(**(told | {"backlog": _backlog(told["backlog"], unfinished[name])}))
        for name, told in tallies.items()
    }


def _backlog(told: Tally, unfinished: Mapping[str, int]) -> Tally:
    """What is listed as unfinished is known of, whatever else the logs lack."""
    if not unfinished:
        return told
    return Tally(value=sum(unfinished.values()), reason="", kinds=dict(sorted(unfinished.items())))
