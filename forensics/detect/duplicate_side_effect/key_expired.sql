-- One row a key that was used again after the callee had forgotten it, and worked again.
WITH
keyed AS (
    SELECT *, hash(scope, key_callee(callee, unnamed_log, operation_key), keyed_action, operation_key) AS claim
    FROM suspects
    WHERE repeats_key AND counted
),

paused AS (
    SELECT *, epoch(occurred_at - lag(occurred_at) OVER (PARTITION BY claim ORDER BY occurred_at, event_id))
        AS pause_s
    FROM keyed
),

used AS (
    SELECT
        *,
        bout_of(claim, pause_s, $key_lifetime_s, occurred_at, event_id) AS use,
        part_of(
            claim, entity_type, entity_id, customer_id, item_key, period_key, scheduled_for, money_stage, NULL,
            compensates_effect_id,
            log_apart(unnamed_log, operation_key, effect_id, amount, currency, payload_hash, claim)
        ) AS part
    FROM paused
),

-- What follows within one lifetime is another pattern's business: each use stands as its first effect.
firsts AS (
    SELECT *
    FROM used
    QUALIFY row_number() OVER (PARTITION BY claim, part, use ORDER BY occurred_at, event_id) = 1
),

placed AS (
    SELECT
        *,
        count(*) OVER (PARTITION BY claim, part) AS times,
        row_number() OVER same AS place,
        epoch(occurred_at - lag(occurred_at) OVER same) AS gap_s
    FROM firsts
    WINDOW same AS (PARTITION BY claim, part ORDER BY occurred_at, event_id)
),

settled AS (
    SELECT *, max(times) OVER (PARTITION BY claim) > 1 AS repeated
    FROM placed
)

SELECT
    [min(callee), any_value(keyed_action), coalesce(min(entity), any_value(operation_key))] AS subject,
    grade_of(
        witness_grade, unnamed_log, counted,
        CASE WHEN content_differs(counted, amount, currency, payload_hash) THEN 'probable' ELSE 'proven' END
    ) AS grade,
    CASE
        WHEN NOT repeated THEN told_apart_by(part)
        WHEN regular(gap_s) THEN 'instalment'
        WHEN any_value(environment) = 'test' THEN 'test_mode'
    END AS suppressor,
    evidence_of(
        list(told_by(event_id, happened, place, witnesses, replays, refusals, doubts)),
        list(compensations)
    ) AS evidence,
    count(*) - 1 AS excess,
    to_json({
        'key': any_value(operation_key),
        'action': any_value(keyed_action),
        'callee': string_agg(DISTINCT callee, ' and ' ORDER BY callee),
        'effects': count(*),
        'effect_ids': list(effect_id ORDER BY occurred_at, event_id)[:3],
        'seconds': epoch(max(occurred_at) - min(occurred_at)),
        'lifetime_s': $key_lifetime_s,
        'content_differs': content_differs(counted, amount, currency, payload_hash),
        'compensated': count(compensated_by),
        'nowhere_named': nowhere_named(unnamed_log, counted),
        'asserted': bool_or(witness_grade = 'asserted')
    })::VARCHAR AS facts
FROM settled
GROUP BY claim, repeated, CASE WHEN repeated THEN part END
HAVING count(DISTINCT use) > 1
