-- When somebody first acted on what was hit, when it last was, and until when the logs go on.
WITH
findings AS (SELECT unnest($findings::VARCHAR []) AS finding_id),

hit AS (
    SELECT
        record,
        min(logged_at) AS first_at
    FROM figure_lines
    SEMI JOIN findings USING (finding_id)
    WHERE "role" = 'duplicate' AND record IS NOT NULL
    GROUP BY record
),

acts AS (
    SELECT
        CASE
            WHEN e.kind = 'approval' THEN 'a decision on a record that was hit'
            ELSE 'the first act of a person on a record that was hit'
        END AS what,
        e.occurred_at AS "at"
    FROM events AS e
    INNER JOIN hit ON nullif(concat_ws(' ', e.entity_type, e.entity_id), '') = hit.record
    ANTI JOIN figure_lines AS line ON e.event_id = line.event_id
    WHERE (e.actor_kind = 'human' OR e.kind = 'approval') AND e.occurred_at >= hit.first_at
    UNION ALL
    SELECT
        'the first compensation',
        x.compensated_at
    FROM finding_excess AS excess
    SEMI JOIN findings USING (finding_id)
    INNER JOIN found_effects AS x USING (effect_key)
    WHERE x.compensated_at IS NOT NULL
)

SELECT
    (SELECT arg_min(what, "at") FROM acts) AS noticed_by,
    (SELECT min("at") FROM acts) AS noticed_at,
    (
        SELECT max(logged_at) FROM figure_lines SEMI JOIN findings USING (finding_id)
        WHERE "role" = 'duplicate'
    ) AS last_at,
    (SELECT max(occurred_at) FROM events) AS log_ends_at
