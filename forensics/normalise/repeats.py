"""Records that the case already holds, or that a batch holds twice, told by their own ids."""

import duckdb

from forensics.model.columns import COLUMNS

_COMPARED = ", ".join(
    column.name
    for column in COLUMNS
    if column.given_by == "mapping" and column.name not in {"attributes", "raw"}
)
"""What two records with one id of their own must agree on to be one record, read twice."""


class Repeats:
    """What of each batch was there before, in the view `events` or in an earlier batch."""

    def __init__(self) -> None:
        self._has_seen = False

    def forget(self) -> None:
        """Note that the view `events` lost rows since the last batch."""
        self._has_seen = False

    def drop(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Mark the events staged on a connection whose own id is held already.

        The same id on another content is no second reading: such a record goes to quarantine,
        since an event's id is unique in a case.
        """
        own = "disposition = 'event' AND has_own_id"
        if _holds(connection, f"SELECT coalesce(bool_or({own}), false) FROM staged_rows"):
            self._look_back(connection)
            ids = f"SELECT hash(event_id) AS id FROM staged_rows WHERE {own}"
            repeated = f"""
                SELECT EXISTS (FROM ({ids}) SEMI JOIN seen_ids USING (id))
                    OR (SELECT count(*) <> count(DISTINCT id) FROM ({ids}))"""
            if _holds(connection, repeated):
                _mark(connection)
        if self._has_seen:
            connection.execute("""
                INSERT INTO seen_ids
                SELECT hash(event_id) FROM staged_rows WHERE disposition = 'event'""")

    def _look_back(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read the ids of the case once; for every batch again it would take ever longer."""
        if not self._has_seen:
            # Not temporary: the next batch may be staged on another connection.
            connection.execute(
                "CREATE OR REPLACE TABLE seen_ids AS SELECT hash(event_id) AS id FROM events"
            )
            self._has_seen = True


def _holds(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    return bool(connection.execute(query).fetchall()[0][0])


def _mark(connection: duckdb.DuckDBPyConnection) -> None:
    """Judge every repeated id by the content that came first; mere twins of a hash fall out.

    Contents are compared themselves: of two that share a hash, one would be lost.
    """
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE stored_ids AS
        SELECT event_id, ({_COMPARED}) AS content FROM events
        WHERE event_id IN (
            SELECT event_id FROM staged_rows WHERE disposition = 'event' AND has_own_id)""")
    connection.execute(f"""
        UPDATE staged_rows SET
            disposition = judged.disposition,
            problem = CASE WHEN judged.disposition = 'quarantined'
                THEN 'its event_id already names another record' END
        FROM (
            SELECT "row", CASE WHEN content = first_content THEN 'stored' ELSE 'quarantined' END
                AS disposition
            FROM (
                SELECT s."row", s.content, s.place, k.content IS NOT NULL AS is_stored,
                    coalesce(k.content, first_value(s.content) OVER (
                        PARTITION BY s.event_id ORDER BY s.place)) AS first_content
                FROM (
                    SELECT "row", event_id, ({_COMPARED}) AS content,
                        row_number() OVER (PARTITION BY event_id ORDER BY
                            source_position, part_identity, record_offset,
                            record_element, source_part, "row") AS place
                    FROM staged WHERE disposition = 'event' AND has_own_id
                ) AS s
                LEFT JOIN stored_ids AS k USING (event_id)
            ) WHERE is_stored OR place > 1
        ) AS judged
        WHERE judged."row" = staged_rows.rowid""")
