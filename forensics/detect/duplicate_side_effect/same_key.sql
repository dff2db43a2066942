-- One row a key under which an effect happened again while the callee should have remembered it.
WITH
keyed AS (
    SELECT
        *,
        hash(scope, callee, action, operation_key) AS claim,
        epoch(occurred_at - lag(occurred_at) OVER (
            PARTITION BY scope, callee, action, operation_key ORDER BY occurred_at, event_id
        )) AS pause_s
    FROM suspects
    WHERE operation_key IS NOT NULL
),

-- A pause longer than the key's lifetime begins a new use of the key.
used AS (
    SELECT
        *,
        part_of(claim, entity, item_key, period_key, scheduled_for, money_stage) AS part,
        count(*) FILTER (pause_s > $key_lifetime_s) OVER (
            PARTITION BY claim ORDER BY occurred_at, event_id
        ) AS use
    FROM keyed
),

placed AS (
    SELECT
        *,
        count(*) FILTER (counted) OVER (PARTITION BY claim, use, part) AS times,
        row_number() OVER (
            PARTITION BY claim, use, part, counted ORDER BY occurred_at, event_id
        ) AS place
    FROM used
),

settled AS (
    SELECT *, max(times) OVER (PARTITION BY claim, use) > 1 AS repeated
    FROM placed
)

SELECT
    [any_value(callee), any_value(action), any_value(operation_key)] AS subject,
    CASE
        WHEN bool_or(witness_grade = 'asserted') FILTER (counted) THEN 'probable'
        WHEN bool_or(occurred_at IS NULL) FILTER (counted) THEN 'strong'
        ELSE 'proven'
    END AS grade,
    CASE
        WHEN NOT repeated AND count(*) FILTER (counted) > 1
            THEN told_apart_by(entity, item_key, period_key, scheduled_for, money_stage)
        WHEN NOT repeated THEN held_back_by(replays, refusals)
        WHEN any_value(environment) = 'test' THEN 'test_mode'
    END AS suppressor,
    evidence_of(
        list(told_by(event_id, happened, place, witnesses, replays, refusals) ORDER BY occurred_at, event_id),
        list(compensations)
    ) AS evidence,
    count(*) FILTER (counted) - 1 AS excess,
    to_json({
        'key': any_value(operation_key),
        'action': any_value(action),
        'callee': any_value(callee),
        'effects': count(*) FILTER (counted),
        'effect_ids': list(effect_id ORDER BY occurred_at, event_id) FILTER (counted)[:5],
        'seconds': epoch(max(occurred_at) FILTER (counted) - min(occurred_at) FILTER (counted)),
        'compensated': count(compensated_by) FILTER (counted),
        'witness_grade': min(witness_grade) FILTER (counted)
    })::VARCHAR AS facts
FROM settled
WHERE NOT repeated OR times > 1
GROUP BY claim, use, repeated, CASE WHEN repeated THEN part END
HAVING repeated OR count(*) FILTER (counted) > 1 OR (bool_or(counted) AND bool_or(guarded))
