-- Calls and messages of which no log says what became of them. A call is settled when one under its key was
-- answered with yes, or when its effect is known; a run, or a message, by as many endings as beginnings.
CREATE OR REPLACE TEMP TABLE open_doubts AS
WITH answered_keys AS (
    SELECT DISTINCT hash(scope_of(tenant, environment), sure_hash(callee_of(target_system, system, source)), sure_hash(operation_key)) AS answered
    FROM events
    WHERE operation_key IS NOT NULL AND outcome IN ('ok', 'partial', 'replayed') AND kind IN ('attempt', 'effect')
),

known AS (
    SELECT DISTINCT w.event_id
    FROM effect_witnesses AS w
    INNER JOIN told_effects AS x USING (effect_key)
    WHERE x.happened AND x.effect_id IS NOT NULL
),

runs AS (
    SELECT
        execution_id,
        greatest(
            count(*) FILTER (kind = 'trigger' AND outcome = 'pending'),
            count(*) FILTER (kind = 'delivery' AND outcome = 'pending')
        ) AS begun,
        count(*) FILTER (
            outcome IN ('ok', 'partial', 'replayed', 'error', 'rejected', 'skipped', 'cancelled')
            AND kind IN ('trigger', 'delivery', 'attempt', 'effect') AND phase IN ('end', 'single')
        ) AS ended,
        max(occurred_at) FILTER (outcome = 'pending') AS last_begun_at,
        max(occurred_at) FILTER (outcome NOT IN ('pending', 'unknown', 'timeout')) AS last_ended_at
    FROM events
    WHERE execution_id IN (SELECT execution_id FROM events WHERE outcome = 'pending' AND execution_id <> event_id)
    GROUP BY execution_id
)

SELECT
    e.event_id, e.operation_key, e.effect_class, e.money_stage, e.outcome, e.action, e.occurred_at, e.source, e.tenant,
    e.environment
FROM events AS e
LEFT JOIN runs AS r USING (execution_id)
WHERE
    e.outcome IN ('timeout', 'unknown', 'pending')
    AND (e.kind IN ('attempt', 'effect', 'trigger', 'delivery') OR (e.kind = 'write' AND e.effect_class <> 'data'))
    AND e.event_id NOT IN (SELECT event_id FROM known)
    AND NOT coalesce(
        e.kind IN ('attempt', 'effect')
        AND e.operation_key IS NOT NULL
        AND hash(scope_of(e.tenant, e.environment), sure_hash(callee_of(e.target_system, e.system, e.source)), sure_hash(e.operation_key)) IN (
            SELECT answered FROM answered_keys
        ), FALSE
    )
    AND NOT coalesce(e.outcome = 'pending' AND r.ended >= r.begun AND r.last_ended_at >= r.last_begun_at, FALSE);
