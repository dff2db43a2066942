"""Whether a line says what a pattern, or an innocent reading, needs of it."""

_RECORD = (
    "(entity_id IS NOT NULL"
    " AND coalesce(entity_type, '') NOT IN ('destination', 'url', 'model', 'tool'))"
)
"""Names a record, and not only where something was asked for."""

_SAID = {
    "outcome": "outcome <> 'unknown'",
    # A run of which nothing is known is named after its event.
    "execution_id": "execution_id <> event_id",
    "isolation": '"system" IN (SELECT "system" FROM declared_systems WHERE isolation IS NOT NULL)',
    # A database's own image of a row says what stood there, not what its writer had read.
    "content_read": "(before_hash IS NOT NULL AND coalesce(vantage, '') NOT IN"
    " ('database', 'provider'))",
    # A write that names no version was built on the one that its run or transaction had read.
    "version_seen": "(execution_id IN (SELECT execution_id FROM events WHERE kind = 'read' AND"
    " version_read IS NOT NULL) OR coalesce(transaction_id IN (SELECT transaction_id FROM events"
    " WHERE kind = 'read' AND version_read IS NOT NULL), false))",
    # A store tells of all that was written in it under its own name, whoever wrote.
    "writing_system": "(system IS NOT NULL"
    " AND coalesce(vantage, '') NOT IN ('database', 'provider'))",
    "session_actor": "(vantage = 'database' AND transaction_id IN (SELECT transaction_id"
    " FROM events WHERE kind = 'write' AND outcome = 'unknown' AND vantage = 'database'"
    " AND actor IS NOT NULL))",
    # A trace or the number of an attempt names no operation by itself.
    "traced_call": "(coalesce(trace_id, cause_id) IS NOT NULL"
    f" AND (payload_hash IS NOT NULL OR {_RECORD}))",
    "numbered_record": f"(attempt IS NOT NULL AND {_RECORD})",
}
"""What is never null, or no column of the log."""


def fills(need: str) -> str:
    """The condition on a row of `events` that it fills a column; of `a|b`, either."""
    return f"({' OR '.join(map(is_filled, need.split('|')))})"


def is_filled(column: str) -> str:
    """The condition on a row of `events` that it fills this one column."""
    return _SAID.get(column, f"{column} IS NOT NULL")
