"""Goodput, invariants, records that diverged and work left over, of each incident."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import duckdb

from forensics.model.incident import Pending, Untold
from forensics.model.operations import Operations, Tally
from forensics.scope.queries import execute, rows


def operations(
    connection: duckdb.DuckDBPyConnection,
    pending: Iterable[Pending],
    untold: Iterable[Untold] = (),
) -> dict[str, Operations]:
    """Incident id to its numbers.

    Args:
        connection: After `assemble` and `reconcile`.
        pending: What the logs leave unfinished.
        untold: Work of which logs tell no end.
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
    endless: dict[str, set[str]] = defaultdict(set)
    for one in untold:
        endless[one.source].add(f"`{one.source}` tells of no end of a {one.kind}")
    reasons: dict[str, set[str]] = defaultdict(set)
    for row in rows(connection, _SOURCES):
        reasons[row["incident_id"]] |= endless[row["source"]]
    return {
        name: Operations(
            **(told | {"backlog": _backlog(told["backlog"], unfinished[name], reasons[name])})
        )
        for name, told in tallies.items()
    }


def _backlog(told: Tally, unfinished: Mapping[str, int], reasons: Iterable[str]) -> Tally:
    """What is listed as unfinished is known of, whatever else the logs lack."""
    untold = "; ".join(sorted(reasons))
    if told.value is None and not unfinished:
        return told
    return Tally(
        value=sum(unfinished.values()), reason=untold, kinds=dict(sorted(unfinished.items()))
    )


_SOURCES = """
    SELECT DISTINCT incident_id, source
    FROM finding_events INNER JOIN finding_incidents USING (finding_id)"""
