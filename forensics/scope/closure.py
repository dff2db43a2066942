"""What the excess runs of incidents led to: the forward closure over the graph of causes."""

import duckdb

from forensics.scope.queries import count, execute


def close(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `reached_runs(incident_id, execution_id, chance, hops)`.

    The excess runs themselves have hop 0, with a `chance` of 1 from a proven or strong finding,
    else the finding's confidence, NULL where it has none. Over an edge that ids show a run was
    reached as surely as the one before; over one that was found by values (`inferred_causes`)
    with its probability besides. Of several ways to a run the likeliest counts.

    A run that did what was meant as well as what was too much is not followed: what it led to may
    be due to either. Suspicions are not followed at all.

    Args:
        connection: Has `finding_events`, `finding_incidents`, `finding_chances`,
            `candidates` and `linked_executions`.
    """
    execute(connection, "inferred_causes")
    connection.execute(_BEGIN)
    hops = 0
    while count(connection, f"reached_runs WHERE hops = {hops}"):
        connection.execute(_STEP, {"hops": hops})
        hops += 1


_BEGIN = """
    CREATE OR REPLACE TEMP TABLE reached_runs AS
    WITH told AS (
        SELECT
            i.incident_id, f.execution_id, f.role, f.detector = 'recursive_chain' AS is_turn,
            CASE WHEN c.grade IN ('proven', 'strong') THEN 1 ELSE k.chance END AS chance
        FROM finding_events AS f
        INNER JOIN candidates AS c USING (finding_id)
        INNER JOIN finding_incidents AS i USING (finding_id)
        LEFT JOIN finding_chances AS k USING (finding_id)
        WHERE c.grade <> 'suspicion' AND (
            f.execution_id IN (SELECT execution_id FROM linked_executions)
            OR f.execution_id IN (SELECT cause_id FROM inferred_causes)
        )
    )
    SELECT incident_id, execution_id, unnest(
        list(DISTINCT {'chance': chance}) FILTER (role = 'duplicate')
    ).chance AS chance, 0 AS hops
    FROM told
    GROUP BY incident_id, execution_id
    HAVING
        bool_or(role = 'duplicate' AND NOT is_turn)
        AND NOT bool_or(role = 'original' AND NOT is_turn)
        OR bool_or(role = 'duplicate') AND NOT bool_or(role = 'original')"""
"""That a circle came to a run for the first time does not say that the run was meant."""

_STEP = """
    INSERT INTO reached_runs
    WITH next AS (
        SELECT r.incident_id, x.execution_id, r.chance
        FROM reached_runs AS r
        INNER JOIN linked_executions AS x ON r.execution_id = x.cause_id
        WHERE r.hops = $hops
        UNION ALL
        SELECT r.incident_id, x.execution_id, (r.chance * x.chance)::DECIMAL(4, 3)
        FROM reached_runs AS r
        INNER JOIN inferred_causes AS x ON r.execution_id = x.cause_id
        WHERE r.hops = $hops
    )
    SELECT n.incident_id, n.execution_id, max(n.chance), $hops + 1
    FROM next AS n
    ANTI JOIN reached_runs AS known
        ON n.incident_id = known.incident_id AND n.execution_id = known.execution_id
            AND coalesce(known.chance, -1) >= coalesce(n.chance, -1)
    GROUP BY n.incident_id, n.execution_id"""
