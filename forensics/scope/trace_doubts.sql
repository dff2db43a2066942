-- Calls and messages of which no log says what became of them. A call is settled when one under its key was
-- answered with yes, or when its effect is known; a run, or a message, by as many endings as beginnings.
CREATE OR REPLACE TEMP TABLE open_doubts AS
WITH answered_keys AS (
    SELECT DISTINCT hash(tenant, environment, callee_of(target_system, system, source), operation_key) AS answered
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
),

-- A broker's trace tells of no acknowledgement of any message. There a message that was handed over for the
-- n-th time is settled by the n-th of the same for a record that it names, if that did not come before it.
silent_logs AS (
    SELECT source FROM events WHERE kind = 'delivery' GROUP BY source
    HAVING bool_and(phase = 'start' AND outcome = 'pending')
),

handed_over AS (
    SELECT
        event_id,
        occurred_at,
        row_number() OVER (PARTITION BY source, delivery_id, consumer ORDER BY occurred_at, event_id) AS place,
        unnest(list_distinct(list_concat([entity_id], list_transform(related, lambda r: r.id)))) AS record_id
    FROM events
    WHERE kind = 'delivery' AND delivery_id IS NOT NULL AND source IN (FROM silent_logs)
),

done AS (
    SELECT
        entity_id AS record_id,
        first_at,
        row_number() OVER (PARTITION BY entity_id, callee, effect_class ORDER BY first_at, effect_key) AS place
    FROM (
        SELECT x.effect_key, x.callee, x.effect_class, x.first_at, min(e.entity_id) AS entity_id
        FROM told_effects AS x
        INNER JOIN effect_witnesses AS w USING (effect_key)
        INNER JOIN events AS e USING (event_id)
        WHERE x.happened AND x.effect_id IS NOT NULL AND e.entity_id <> x.effect_id
        GROUP BY ALL
    )
),

settled AS (
    SELECT DISTINCT h.event_id
    FROM handed_over AS h
    INNER JOIN done AS d
        ON h.record_id = d.record_id AND h.place = d.place AND d.first_at >= h.occurred_at - INTERVAL 1 SECOND
)

SELECT e.event_id, e.effect_class, e.money_stage, e.outcome, e.action, e.occurred_at, e.source, e.tenant, e.environment
FROM events AS e
LEFT JOIN runs AS r USING (execution_id)
WHERE
    e.outcome IN ('timeout', 'unknown', 'pending')
    AND (e.kind IN ('attempt', 'effect', 'trigger', 'delivery') OR (e.kind = 'write' AND e.effect_class <> 'data'))
    AND e.event_id NOT IN (SELECT event_id FROM known)
    AND e.event_id NOT IN (SELECT event_id FROM settled)
    AND NOT coalesce(
        e.kind IN ('attempt', 'effect')
        AND e.operation_key IS NOT NULL
        AND hash(e.tenant, e.environment, callee_of(e.target_system, e.system, e.source), e.operation_key) IN (
            SELECT answered FROM answered_keys
        ), FALSE
    )
    AND NOT coalesce(e.outcome = 'pending' AND r.ended >= r.begun AND r.last_ended_at >= r.last_begun_at, FALSE);
