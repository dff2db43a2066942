"""Whether a line says what a pattern, or an innocent reading, needs of it."""

_NOT_ENDED = "(phase = 'progress' OR phase = CASE kind WHEN 'lock' THEN 'end' ELSE 'start' END)"

_SAID = {
    # What has only begun, or is under way, need not say what came of it where the log says that of
    # most that ended; of a lock it is the taking that must say it.
    "outcome": f"(outcome <> 'unknown' OR ({_NOT_ENDED} AND (source, kind) IN"
    f" (SELECT (source, kind) FROM events WHERE NOT {_NOT_ENDED}"
    " GROUP BY source, kind HAVING 2 * count(*) FILTER (outcome <> 'unknown') >= count(*))))",
    # A run of which nothing is known is named after its event.
    "execution_id": "execution_id <> event_id",
    "isolation": '"system" IN (SELECT "system" FROM declared_systems WHERE isolation IS NOT NULL)',
    # A database's own image of a row says what stood there, not what its writer had read.
    "content_read": "(before_hash IS NOT NULL AND coalesce(vantage, '') NOT IN"
    " ('database', 'provider'))",
    # In a serial log the last read before a write is what that was built on.
    "read_order": "(source_seq IS NOT NULL AND source IN (SELECT source FROM events WHERE kind ="
    " 'read'))",
    # A write that names no version was built on the one that its run or transaction had read.
    "version_seen": "(execution_id IN (SELECT execution_id FROM events WHERE kind = 'read' AND"
    " version_read IS NOT NULL) OR coalesce(transaction_id IN (SELECT transaction_id FROM events"
    " WHERE kind = 'read' AND version_read IS NOT NULL), false))",
}
"""What is never null, or no column of the log."""

_LINES = {"read": "kind = 'read'", "write": "(kind = 'write' OR write_kind IS NOT NULL)"}
"""Lines whose outcomes a pattern may ask for besides those of its own row."""


def fills(need: str) -> str:
    """The condition on a row of `events` that it fills a column; of `a|b`, either."""
    return f"({' OR '.join(map(_is_filled, need.split('|')))})"


def tells_outcomes(kinds: str) -> str:
    """The condition that most ends of other lines are told; of `a|b`, or that a column is filled.

    Those of the row's own source are asked, and of all sources where its own has none.
    """
    return f"({' OR '.join(map(_tells_outcomes, kinds.split('|')))})"


def _tells_outcomes(kind: str) -> str:
    if kind not in _LINES:
        return _is_filled(kind)
    lines = f"FROM events WHERE {_LINES[kind]} AND phase IN ('single', 'end')"
    mostly = "2 * count(*) FILTER (outcome <> 'unknown') >= count(*)"
    return (
        f"CASE WHEN source IN (SELECT source {lines}) THEN source IN"
        f" (SELECT source {lines} GROUP BY source HAVING {mostly})"
        f" ELSE (SELECT {mostly} {lines}) END"
    )


def _is_filled(column: str) -> str:
    return _SAID.get(column, f"{column} IS NOT NULL")
