-- One row a root that gave more runs than anyone meant, not counting walks that touch each record once.
WITH grown AS (
    SELECT
        root_id,
        execution_id,
        cause_id,
        event_id,
        edge,
        depth,
        first_at,
        last_at,
        hash(scope_of(tenant, environment), sure_hash(workflow), sure_hash("system"), sure_hash(record_of(entity_type, entity_id, payload_hash))) AS visited,
        concat_ws('@', coalesce(workflow, kind), "system") AS place
    FROM chain_runs
    WHERE
        chain_size >= $executions
        AND kind IN ('trigger', 'delivery', 'write', 'effect')
        AND record_of(entity_type, entity_id, payload_hash) IS NOT NULL
),

chains AS (
    SELECT
        root_id,
        count(*) AS executions,
        count(*) FILTER (edge = 'trace') AS joined,
        count(DISTINCT visited) AS distinct_visits,
        max(depth) AS depth,
        min(first_at) AS first_at,
        max(last_at) AS last_at,
        mode(place ORDER BY place) AS place,
        list({
            'event_id': event_id, 'role': CASE WHEN execution_id = root_id THEN 'original' ELSE 'duplicate' END
        }) AS evidence
    FROM grown
    GROUP BY root_id
    HAVING count(*) >= $executions
),

-- A run may yet set others off where the log ends before the next was due.
bred AS (
    SELECT
        root_id,
        reproduction(
            count(*) - 1,
            count(*) FILTER (
                grown.execution_id IN (SELECT cause_id FROM grown)
                OR stood_still(grown.last_at, chains.last_at - chains.first_at, chains.executions, log_ends.ended_at)
            )
        ) AS growth
    FROM grown
    INNER JOIN chains USING (root_id)
    INNER JOIN events USING (event_id)
    INNER JOIN log_ends USING (source)
    GROUP BY root_id
)

SELECT
    [concat_ws('@', coalesce(root.workflow, root.kind), root.system), chains.place] AS subject,
    CASE WHEN chains.joined > 0 THEN 'probable' ELSE 'strong' END AS grade,
    CASE
        WHEN chains.executions > chains.distinct_visits OR chains.depth > $tree_depth THEN NULL
        WHEN chains.depth = 1 THEN 'import_once'
        ELSE 'tree_walk'
    END AS suppressor,
    chains.evidence,
    chains.executions - 1 AS excess,
    to_json({
        'root': chains.root_id,
        'root_place': concat_ws('@', coalesce(root.workflow, root.kind), root.system),
        'root_unseen': root.cause_unseen,
        'place': chains.place,
        'executions': chains.executions,
        'repeats': chains.executions - chains.distinct_visits,
        'joined': chains.joined,
        'depth': chains.depth,
        'growth': bred.growth,
        'duration_s': epoch(chains.last_at - chains.first_at)
    })::VARCHAR AS facts
FROM chains
INNER JOIN bred USING (root_id)
INNER JOIN chain_runs AS root ON chains.root_id = root.execution_id
