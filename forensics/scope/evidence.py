"""The log lines behind findings, for people."""

import duckdb

from forensics.model.audit import EvidenceLine

LINES_PER_FINDING = 50
"""Enough to see what happened; the whole evidence is in the tables."""


def evidence_lines(connection: duckdb.DuckDBPyConnection, relation: str) -> list[EvidenceLine]:
    """At most fifty lines a finding, those that matter most, in order of time.

    Args:
        connection: Has the view `events`.
        relation: Rows with `finding_id`, `role` and `event_id`: a table, with a WHERE if need be.
    """
    rows = (
        connection.sql(
            f"""
            SELECT c.finding_id, c.role, e.event_id, e.source, e.source_position, e.source_path,
                e.source_line, e.occurred_at, e.ended_at, e.system, e.target_system, e.workflow,
                e.execution_id, e.kind, e.action, e.outcome,
                nullif(concat_ws(' ', e.entity_type, e.entity_id), '') AS entity,
                left(e.raw, 4000) AS raw
            FROM (
                SELECT * FROM {relation}
                QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY
                    CASE role WHEN 'original' THEN 0 WHEN 'duplicate' THEN 1 WHEN 'cause' THEN 2
                        ELSE 3 END, event_id) <= $most
            ) AS c
            JOIN events AS e USING (event_id)
            ORDER BY c.finding_id, e.occurred_at, e.event_id""",
            params={"most": LINES_PER_FINDING},
        )
        .to_arrow_table()
        .to_pylist()
    )
    return [EvidenceLine(**row) for row in rows]
