-- How much it takes to show each incident.
--
--     hops        causes on the shortest proof of the finding of it that takes most of them
--     systems     systems on the shortest proofs of its findings
--     causes      causes between its runs that ids show
--     inferred    causes between its runs that were found by values
--     joins       which two logs of its evidence are joined by which kind of name
CREATE OR REPLACE TEMP TABLE incident_complexity AS
WITH runs AS (
    SELECT DISTINCT i.incident_id, f.execution_id
    FROM finding_runs AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
),

known AS (
    SELECT r.incident_id, count(*) AS causes
    FROM runs AS r
    INNER JOIN linked_executions AS x USING (execution_id)
    SEMI JOIN runs AS cause ON r.incident_id = cause.incident_id AND x.cause_id = cause.execution_id
    GROUP BY r.incident_id
),

inferred AS (
    SELECT i.incident_id, count(*) AS causes
    FROM inferred_causes AS t
    INNER JOIN finding_incidents AS i USING (finding_id)
    GROUP BY i.incident_id
),

proven AS (
    SELECT i.incident_id, max(p.hops) AS hops
    FROM proofs AS p
    INNER JOIN finding_incidents AS i USING (finding_id)
    GROUP BY i.incident_id
),

passed AS (
    SELECT i.incident_id, count(DISTINCT e.system) AS systems
    FROM proof_runs AS r
    INNER JOIN finding_incidents AS i USING (finding_id)
    INNER JOIN events AS e USING (execution_id)
    GROUP BY i.incident_id
),

evidence AS (
    SELECT DISTINCT i.incident_id, e.source, e.event_id
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    INNER JOIN events AS e USING (event_id)
    WHERE f.role <> 'context'
),

names AS (
    SELECT v.incident_id, v.source, 'effect' AS "by", hash(w.effect_key) AS "name"
    FROM evidence AS v
    INNER JOIN found_witnesses AS w USING (event_id)
    UNION
    SELECT v.incident_id, v.source, n.by, sure_hash(n.name)
    FROM evidence AS v
    INNER JOIN (
        SELECT
            event_id,
            unnest([
                {'by': 'operation', 'name': operation_key},
                {'by': 'message', 'name': delivery_id},
                {'by': 'run', 'name': execution_id},
                {'by': 'trace', 'name': trace_id},
                {'by': 'transaction', 'name': transaction_id},
                {'by': coalesce(entity_type, 'record'), 'name': entity_id},
                {'by': 'customer', 'name': customer_id}
            ]) AS n
        FROM events SEMI JOIN evidence USING (event_id)
        UNION ALL
        SELECT event_id, unnest(list_transform(related, lambda r : {'by': coalesce(r.type, 'record'), 'name': r.id}))
        FROM events SEMI JOIN evidence USING (event_id)
    ) AS named USING (event_id)
    WHERE n.name IS NOT NULL
),

joined AS (
    SELECT DISTINCT
        a.incident_id,
        {'left': a.source, 'right': b.source, 'by': a.by} AS pair
    FROM names AS a
    INNER JOIN names AS b
        -- A message 900 and a trace 900 are not known to be one.
        ON a.incident_id = b.incident_id AND a.by = b.by AND a.name = b.name AND a.source < b.source
)

SELECT
    incident_id,
    coalesce(p.hops, 0) AS hops,
    CASE WHEN p.hops > 0 THEN s.systems ELSE 0 END AS systems,
    coalesce(k.causes, 0) AS causes,
    coalesce(t.causes, 0) AS inferred,
    coalesce(j.joins, []) AS joins
FROM (SELECT DISTINCT incident_id FROM finding_incidents)
LEFT JOIN known AS k USING (incident_id)
LEFT JOIN inferred AS t USING (incident_id)
LEFT JOIN proven AS p USING (incident_id)
LEFT JOIN passed AS s USING (incident_id)
LEFT JOIN (
    SELECT incident_id, list(pair ORDER BY pair) AS joins FROM joined GROUP BY incident_id
) AS j USING (incident_id);
