-- One row a key under which an effect happened again while the callee should have remembered it.
WITH
keyed AS (
    SELECT *, hash(scope, sure_hash(key_callee(callee, unnamed_log, operation_key)), keyed_action, sure_hash(operation_key)) AS claim
    FROM suspect_effects
    WHERE repeats_key
),

paused AS (
    SELECT
        *,
        coalesce(remembered.lifetime_s, $key_lifetime_s) AS lifetime_s,
        epoch(occurred_at - lag(occurred_at) OVER (PARTITION BY claim ORDER BY occurred_at, event_id)) AS pause_s
    FROM keyed
),

-- A pause longer than the key's lifetime begins a new use of the key.
used AS (
    SELECT
        *,
        bout_of(claim, pause_s, lifetime_s, occurred_at, event_id) AS use,
        part_of(
            claim, entity_type, entity_id, customer_id, item_key, period_key, scheduled_for, money_stage, NULL,
            compensates_effect_id,
            log_apart(unnamed_log, operation_key, effect_id, amount, currency, payload_hash, claim)
        ) AS part
    FROM paused
),

placed AS (
    SELECT
        *,
        count(*) FILTER (counted) OVER same AS times,
        row_number() OVER (same ORDER BY NOT counted, occurred_at, event_id) AS place
    FROM used
    WINDOW same AS (PARTITION BY claim, use, part)
),

settled AS (
    SELECT
        *,
        max(times) OVER (PARTITION BY claim, use) > 1 AS repeated,
        effect_key IN (FROM own_ids) AS own_id
    FROM placed
)

SELECT
    [min(callee), any_value(keyed_action), coalesce(min(entity), any_value(operation_key))] AS subject,
    grade_of(
        witness_grade, unnamed_log, counted,
        CASE
            WHEN content_differs(counted, amount, currency, payload_hash) THEN 'probable'
            WHEN count(occurred_at) < count(*) THEN 'strong'
            ELSE 'proven'
        END
    ) AS grade,
    CASE
        -- The callee knows of one alone, and nobody of two: the caller gave it an id of its own.
        WHEN
            repeated
            AND count(*) FILTER (counted AND witness_grade IN ('recorded', 'settled')) = 1
            AND bool_and(own_id) FILTER (counted AND witness_grade NOT IN ('recorded', 'settled'))
            AND len(flatten(list(sources) FILTER (counted)))
            = len(list_distinct(flatten(list(sources) FILTER (counted))))
            THEN 'own_ids'
        WHEN repeated AND any_value(environment) = 'test' THEN 'test_mode'
        WHEN NOT repeated THEN coalesce(told_apart_by(part), held_back_by(replays, refusals))
    END AS suppressor,
    evidence_of(
        list(told_by(event_id, happened, place, witnesses, replays, refusals, doubts)),
        list(compensations)
    ) AS evidence,
    count(*) FILTER (counted) - 1 AS excess,
    to_json({
        'key': any_value(operation_key),
        'action': any_value(keyed_action),
        'callee': string_agg(DISTINCT callee, ' and ' ORDER BY callee),
        'effects': count(*) FILTER (counted),
        'effect_ids': list(effect_id ORDER BY occurred_at, event_id) FILTER (counted)[:3],
        'seconds': epoch(max(occurred_at) FILTER (counted) - min(occurred_at) FILTER (counted)),
        'first_unclear': first_unclear(stamp, place, counted AND place > 1),
        'content_differs': content_differs(counted, amount, currency, payload_hash),
        'compensated': count(compensated_by) FILTER (counted),
        'nowhere_named': nowhere_named(unnamed_log, counted),
        'asserted': bool_or(counted AND witness_grade = 'asserted')
    })::VARCHAR AS facts
FROM settled
WHERE NOT repeated OR times > 1
GROUP BY claim, use, repeated, CASE WHEN repeated THEN part END
HAVING count(*) FILTER (counted) > 1 OR bool_or(counted) AND bool_or(guarded)
