-- One row a call that was made again under another key after an attempt whose outcome was unclear,
-- and took effect each time.
WITH
caused AS (
    SELECT
        *,
        hash(scope, sure_hash(cause), sure_hash(callee), caused_action) AS claim,
        coalesce(operation_key, event_id) AS key_label
    FROM suspect_effects
    WHERE repeats_cause
),

parted AS (
    SELECT
        *,
        part_of(
            claim, entity_type, entity_id, customer_id, item_key, period_key, scheduled_for, money_stage, amount,
            compensates_effect_id,
            NULL
        ) AS part,
        apart(payload_hash, claim) AS content
    FROM caused
),

placed AS (
    SELECT
        *,
        count(*) FILTER (counted) OVER same AS times,
        count(DISTINCT key_label) FILTER (counted) OVER same > 1 AS rekeyed,
        row_number() OVER (same ORDER BY NOT counted, occurred_at, event_id) AS place,
        max(occurred_at) FILTER (counted) OVER same AS last_at
    FROM parted
    WINDOW same AS (PARTITION BY claim, part, content)
),

-- Doubt comes before the last effect, or it did not lead to it.
doubted AS (
    SELECT
        *,
        rekeyed
        AND coalesce(
            bool_or(in_doubt_before(doubts, doubted_at, answered_at, occurred_at, last_at)) OVER same, false
        ) AS retried
    FROM placed
    WINDOW same AS (PARTITION BY claim, part, content)
),

settled AS (
    SELECT *, bool_or(retried) OVER (PARTITION BY claim) AS repeated
    FROM doubted
)

SELECT
    [any_value(callee), any_value(caused_action), coalesce(min(entity), any_value(cause))] AS subject,
    grade_of(witness_grade, unnamed_log, counted, 'strong') AS grade,
    CASE
        WHEN repeated AND any_value(environment) = 'test' THEN 'test_mode'
        WHEN NOT repeated
            THEN coalesce(told_apart_by(part), held_back_by(replays, refusals), 'other_content')
    END AS suppressor,
    evidence_of(
        list(told_by(event_id, happened, place, witnesses, replays, refusals, doubts)),
        list(compensations)
    ) AS evidence,
    count(*) FILTER (counted) - 1 AS excess,
    to_json({
        'cause': any_value(cause),
        'action': any_value(caused_action),
        'callee': any_value(callee),
        'about': min(entity),
        'effects': count(*) FILTER (counted),
        'keys': count(DISTINCT operation_key) FILTER (counted),
        'doubt': min(doubt),
        'effect_ids': list(effect_id ORDER BY occurred_at, event_id) FILTER (counted)[:3],
        'seconds': epoch(max(occurred_at) FILTER (counted) - min(occurred_at) FILTER (counted)),
        'first_unclear': first_unclear(stamp, place, counted AND place > 1),
        'compensated': count(compensated_by) FILTER (counted),
        'nowhere_named': nowhere_named(unnamed_log, counted),
        'asserted': bool_or(counted AND witness_grade = 'asserted')
    })::VARCHAR AS facts
FROM settled
WHERE NOT repeated OR retried
GROUP BY claim, repeated, CASE WHEN repeated THEN part END, CASE WHEN repeated THEN content END
HAVING repeated OR max(times) = 1 AND (bool_or(guarded) OR count(*) FILTER (counted) > 1)
