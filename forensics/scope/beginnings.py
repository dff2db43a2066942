"""What incidents may have begun with, what changed before, what failed, and whether they go on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import duckdb

from forensics.model.incident import Change, Failure, Relation, Root, Standing
from forensics.model.words import log_place
from forensics.scope.origins import origins
from forensics.scope.queries import execute, rows, sql

Tie = tuple[str, str, Relation, str]
"""A finding, one that began no later, what ties it to that one, and what they have in common."""

_MOST_ROOTS = 4
_WAYS = ("failure", "origin", "cause", "chain", "line")
"""What a finding itself names as its cause says more than the run that its chain goes up to, and
what set repeated work off more than the first that is seen of the work."""


def ties(connection: duckdb.DuckDBPyConnection) -> list[Tie]:
    """What ties findings of one incident to each other; see `ties.sql`."""
    execute(connection, "ties")
    return [
        (row["finding_id"], row["earlier_id"], Relation(row["relation"]), row["by"])
        for row in rows(connection, "FROM finding_ties ORDER BY ALL")
    ]


def roots(
    connection: duckdb.DuckDBPyConnection,
    members: Mapping[str, Collection[str]],
    tied: Iterable[Tie],
) -> dict[str, list[Root]]:
    """Incident id to what it may have begun with, the likeliest first.

    Args:
        connection: After `ties`.
        members: Incident id to the ids of its findings.
        tied: What `ties` returned.
    """
    origins(connection)
    execute(connection, "roots")
    onward: dict[str, list[str]] = defaultdict(list)
    for finding, earlier, _, _ in tied:
        onward[earlier].append(finding)
    ranked = defaultdict(list)
    for row in rows(connection, _ROOTS):
        name = row.pop("incident_id")
        found = len(_reached(row.pop("findings"), onward))
        place = (-found, _WAYS.index(row.pop("way")), str(row["occurred_at"]), row["event_id"])
        weight, told = found / len(members[name]), _told(row)
        root = Root(**row, **told, findings=found, weight=weight)
        ranked[name].append((place, root))
    return {name: _best(sorted(of_one, key=lambda one: one[0])) for name, of_one in ranked.items()}


def changes(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Change]]:
    """Incident id to the changes in the day before it, the last one first; after `roots`."""
    found = defaultdict(list)
    for row in rows(connection, _CHANGES):
        # That a log writes a change down as it begins is no word on what came of it.
        if row["outcome"] == "pending":
            row["outcome"] = "ok"
        name, told, place = row.pop("incident_id"), _told(row), _place(row)
        found[name].append(Change(**row, **told, place=place))
    return found


def failures(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Failure]]:
    """Incident id to what failed meanwhile besides its evidence, the first first; after `roots`."""
    execute(connection, "failures")
    found = defaultdict(list)
    for row in rows(connection, _FAILURES):
        name, told, place = row.pop("incident_id"), _told(row), _place(row)
        found[name].append(Failure(**row, **told, place=place))
    return found


def standings(
    connection: duckdb.DuckDBPyConnection, incomplete: Collection[str]
) -> dict[str, Standing]:
    """Incident id to whether it goes on.

    Args:
        connection: After `assemble`.
        incomplete: Sources whose silence means nothing, because they are not whole.
    """
    found = connection.sql(sql("standing"), params={"incomplete": sorted(incomplete)})
    listed = found.to_arrow_table().to_pylist()
    return {row.pop("incident_id"): Standing(**row) for row in listed}


def _reached(findings: Iterable[str], onward: Mapping[str, Sequence[str]]) -> set[str]:
    """These findings and all that follow from them."""
    reached, ahead = set(findings), list(findings)
    while ahead:
        news = [f for f in onward.get(ahead.pop(), ()) if f not in reached]
        reached.update(news)
        ahead += news
    return reached


def _best(ranked: Iterable[tuple[Any, Root]]) -> list[Root]:
    """The first of each event, the likeliest few."""
    by_event: dict[str, Root] = {}
    for _, root in ranked:
        by_event.setdefault(root.event_id, root)
    return list(by_event.values())[:_MOST_ROOTS]


def _place(row: dict[str, Any]) -> str:
    """Where the line stands, taken out of the row."""
    return log_place(row.pop("path"), row.pop("line"), row.pop("position"))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """`charge.create error for order ORD-17 in shop`, and the error, taken out of the row.

    The text of an error may quote what was refused: who is to read no record gets the rest.
    """
    action, outcome, error = row.pop("action"), row.pop("outcome"), row.pop("error")
    record, who = row.pop("record"), row.pop("who")
    parts = [f"`{action}`"]
    if outcome != "ok":
        parts.append(outcome)
    if record:
        parts.append(f"for `{record}`")
    if who:
        parts.append(f"in `{who}`")
    shows_error = error and outcome not in {"ok", error}
    return {"sentence": " ".join(parts), "error": error if shows_error else ""}


_LINE = """e.event_id, e.source, e.occurred_at, e.action, e.outcome, e.error,
    nullif(concat_ws(' ', e.entity_type, e.entity_id), '') AS record,
    coalesce(e.workflow, e.system, '') AS who"""

_PLACE = "e.source_path AS path, e.source_line AS line, e.source_position AS position"

_ROOTS = f"""
    SELECT r.incident_id, r.way, r.before_log, r.findings, {_LINE}
    FROM root_candidates AS r INNER JOIN events AS e USING (event_id)"""

_CHANGES = f"""
    SELECT c.incident_id, {_PLACE}, {_LINE}
    FROM preceding_changes AS c INNER JOIN events AS e USING (event_id)
    ORDER BY e.occurred_at DESC, e.event_id"""

_FAILURES = f"""
    SELECT f.incident_id, f.lines, {_PLACE}, {_LINE}
    FROM incident_failures AS f INNER JOIN events AS e USING (event_id)
    ORDER BY e.occurred_at, e.event_id"""
