-- One row a key under which more than one effect happened within the key's lifetime.
WITH keyed AS (
    SELECT *
    FROM effects
    WHERE operation_key IS NOT NULL AND effect_id IS NOT NULL AND happened
)
SELECT
    [callee, action, operation_key] AS subject,
    'proven' AS grade,
    NULL::VARCHAR AS suppressor,
    list({'event_id': event_id, 'role': CASE WHEN place = 1 THEN 'original' ELSE 'duplicate' END}) AS evidence,
    count(*) - 1 AS excess,
    to_json({
        'key': operation_key, 'action': action, 'effects': count(*),
        'gap_s': epoch(max(occurred_at) - min(occurred_at))
    })::VARCHAR AS facts
FROM (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY tenant, environment, callee, action, operation_key
            ORDER BY occurred_at, event_id
        ) AS place
    FROM keyed
)
GROUP BY tenant, environment, callee, action, operation_key
HAVING count(*) > 1 AND epoch(max(occurred_at) - min(occurred_at)) <= $key_lifetime_s
