"""What the excess runs of incidents led to: the forward closure over the graph of causes."""

import duckdb


def close(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `reached_runs(incident_id, execution_id, chance, hops)`.

    The excess runs themselves have hop 0. Edges between runs are explicit, so that what a run led
    to was reached as surely as the run was one too many: `chance` is 1 from a proven or strong
    finding, else the finding's confidence, NULL where it has none. A run has a row a chance.

    A run that did what was meant as well as what was too much is not followed: what it led to may
    be due to either. Suspicions are not followed at all.

    Args:
        connection: Has `finding_events`, `finding_incidents`, `finding_chances`,
            `candidates` and `linked_executions`.
    """
    connection.execute(_BEGIN)
    hops = 0
    while _count(connection, f"reached_runs WHERE hops = {hops}"):
        connection.execute(_STEP, {"hops": hops})
        hops += 1


_BEGIN = """
    CREATE OR REPLACE TEMP TABLE reached_runs AS
    WITH told AS (
        SELECT
            i.incident_id, f.execution_id, f.role,
            CASE WHEN c.grade IN ('proven', 'strong') THEN 1 ELSE k.chance END AS chance
        FROM finding_events AS f
        INNER JOIN candidates AS c USING (finding_id)
        INNER JOIN finding_incidents AS i USING (finding_id)
        LEFT JOIN finding_chances AS k USING (finding_id)
        SEMI JOIN linked_executions USING (execution_id)
        WHERE c.grade <> 'suspicion'
    )
    SELECT incident_id, execution_id, unnest(
        list(DISTINCT {'chance': chance}) FILTER (role = 'duplicate')
    ).chance AS chance, 0 AS hops
    FROM told
    GROUP BY incident_id, execution_id
    HAVING bool_or(role = 'duplicate') AND NOT bool_or(role = 'original')"""

_STEP = """
    INSERT INTO reached_runs
    SELECT DISTINCT r.incident_id, x.execution_id, r.chance, r.hops + 1
    FROM reached_runs AS r
    INNER JOIN linked_executions AS x ON r.execution_id = x.cause_id
    ANTI JOIN reached_runs AS known
        ON r.incident_id = known.incident_id AND x.execution_id = known.execution_id
            AND r.chance IS NOT DISTINCT FROM known.chance
    WHERE r.hops = $hops"""


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    counted: list[tuple[int]] = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()
    return counted[0][0]
