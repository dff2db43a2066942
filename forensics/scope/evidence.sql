-- The lines that show most of each finding.
WITH
shown AS (SELECT DISTINCT unnest($shown::VARCHAR []) AS finding_id),

weighed AS (
    SELECT
        c.*,
        s.finding_id IS NOT NULL AS is_shown,
        row_number() OVER (
            PARTITION BY c.finding_id
            ORDER BY CASE c.role WHEN 'original' THEN 0 WHEN 'duplicate' THEN 1 WHEN 'cause' THEN 2 ELSE 3 END,
            c.event_id
        ) AS place
    FROM (SELECT * FROM named_relation) AS c
    LEFT JOIN shown AS s USING (finding_id)
)

SELECT
    c.finding_id,
    c.role,
    e.event_id,
    e.source,
    e.source_position,
    e.source_path,
    e.source_line,
    e.occurred_at,
    e.ended_at,
    e.system,
    e.target_system,
    e.workflow,
    e.execution_id,
    e.kind,
    e.action,
    e.outcome,
    nullif(concat_ws(' ', e.entity_type, e.entity_id), '') AS entity,
    CASE WHEN c.is_shown THEN left(e.raw, 4000) END AS raw
FROM weighed AS c
INNER JOIN events AS e USING (event_id)
WHERE c.place <= CASE WHEN c.is_shown THEN $most ELSE $rest END
ORDER BY c.finding_id, e.occurred_at, e.event_id
