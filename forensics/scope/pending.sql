-- What the logs leave unfinished, one row a message, operation, run or loop. A kind of work that no
-- line of its log ever calls done is not listed: that log does not tell ends. But a queue that was read
-- itself ($queues) tells what waits in it.
WITH
ends AS (
    SELECT source, max(occurred_at) AS reaches_to
    FROM events
    GROUP BY source
),

-- Later lines of a message or a run say what came of it; of one instant, the one that ends it.
handled AS (
    SELECT
        source,
        coalesce('m ' || delivery_id, 'r ' || execution_id) AS work,
        delivery_id IS NOT NULL AS is_message,
        source IN (SELECT unnest($queues)) AS is_queue,
        arg_max(event_id, (stamped, phase = 'end', source_position)) AS event_id,
        any_value(coalesce(consumer, target_system, workflow, system, source)) AS whose,
        -- That a message was put in is no end of it.
        bool_or(
            outcome IN ('ok', 'partial', 'skipped', 'rejected', 'replayed', 'cancelled')
            AND phase <> 'start' AND kind <> 'other'
        ) AS done,
        arg_max(kind, (stamped, phase = 'end', source_position)) AS kind,
        arg_max(outcome, (stamped, phase = 'end', source_position)) AS outcome,
        max(retry_after) AS retry_after,
        max(scheduled_for) AS scheduled_for,
        max(occurred_at) AS last_at
    FROM (SELECT *, coalesce(occurred_at, '-infinity') AS stamped FROM events)
    WHERE
        (kind IN ('delivery', 'trigger') AND occurred_at IS NOT NULL)
        OR (kind IN ('delivery', 'trigger', 'state', 'other') AND source IN (SELECT unnest($queues)))
    GROUP BY ALL
),

unhandled AS (
    SELECT
        h.event_id,
        CASE
            WHEN h.retry_after > h.last_at OR h.outcome IN ('error', 'timeout') THEN 'retry due'
            WHEN h.scheduled_for > coalesce(h.last_at, '-infinity') THEN 'scheduled'
            WHEN h.kind IN ('state', 'other') THEN 'queued'
            ELSE 'unacknowledged'
        END AS why,
        coalesce(h.retry_after, h.scheduled_for) AS fires_at
    FROM handled AS h
    QUALIFY
        NOT h.done
        AND (h.is_message OR h.outcome = 'pending')
        -- What failed for good, and was not to be tried again, is over.
        AND (h.outcome IN ('pending', 'unknown', 'timeout') OR h.retry_after IS NOT NULL)
        AND (h.is_queue OR bool_or(h.done) OVER (PARTITION BY h.source, h.whose, h.is_message))
),

-- The last word on each operation key.
operations AS (
    SELECT
        operation_key,
        coalesce(target_system, system, source) AS callee,
        arg_max(event_id, (occurred_at, source_position)) AS event_id,
        bool_or(outcome IN ('ok', 'partial', 'replayed', 'rejected', 'skipped')) AS answered,
        arg_max(outcome, (occurred_at, source_position)) AS outcome,
        max(retry_after) AS retry_after,
        max(occurred_at) AS last_at,
        any_value("action") AS "action",
        any_value(entity_type || ' ' || entity_id) AS record
    FROM events
    WHERE operation_key IS NOT NULL AND kind IN ('attempt', 'effect', 'write') AND occurred_at IS NOT NULL
    GROUP BY ALL
),

-- Who tried again under another key and was answered has no reason to try once more.
superseded AS (
    SELECT o.event_id
    FROM operations AS o
    INNER JOIN operations AS later USING (callee, "action", record)
    WHERE NOT o.answered AND later.answered AND later.last_at >= o.last_at
),

scheduled AS (
    SELECT
        arg_max(e.event_id, e.scheduled_for) AS event_id,
        max(e.scheduled_for) AS fires_at
    FROM (FROM events WHERE scheduled_for IS NOT NULL) AS e
    INNER JOIN ends USING (source)
    WHERE e.scheduled_for > ends.reaches_to AND e.outcome IN ('pending', 'unknown', 'ok') AND e.phase <> 'end'
    GROUP BY e.source, e.workflow, e.entity_id, e.execution_id
),

loops AS (
    SELECT arg_max(f.event_id, (f.occurred_at, f.event_id)) AS event_id
    FROM candidates AS c
    INNER JOIN finding_events AS f USING (finding_id)
    WHERE
        c.suppressor IS NULL AND c.facts ->> '$.ended' = 'running' AND f.role = 'duplicate'
    GROUP BY c.finding_id
),

listed AS (
    SELECT event_id, why, fires_at FROM unhandled
    UNION ALL BY NAME
    SELECT event_id, 'unanswered' AS why, retry_after AS fires_at
    FROM operations
    ANTI JOIN superseded USING (event_id)
    WHERE NOT answered AND outcome IN ('timeout', 'unknown', 'pending')
    UNION ALL BY NAME
    SELECT event_id, 'scheduled' AS why, fires_at FROM scheduled
    UNION ALL BY NAME
    SELECT event_id, 'still looping' AS why, NULL AS fires_at FROM loops
),

told AS (
    SELECT
        l.*,
        e.* EXCLUDE (event_id),
        [e.execution_id, e.operation_key, e.event_id, e.entity_type || ' ' || e.entity_id] AS names
    FROM listed AS l
    INNER JOIN events AS e USING (event_id)
    QUALIFY row_number() OVER (PARTITION BY l.event_id ORDER BY l.why) = 1
),

first_uses AS (
    SELECT operation_key, min(occurred_at) AS first_at
    FROM events
    WHERE operation_key IN (SELECT operation_key FROM told)
    GROUP BY operation_key
),

members AS (
    SELECT
        i.incident_id,
        unnest([f.execution_id, f.operation_key, f.event_id, f.entity_type || ' ' || f.entity_id]) AS named
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE f.role <> 'context'
),

belonging AS (
    SELECT t.event_id, min(m.incident_id) AS incident_id
    FROM (SELECT event_id, unnest(names) AS named FROM told) AS t
    INNER JOIN members AS m USING (named)
    GROUP BY t.event_id
)

SELECT
    t.event_id,
    t.source,
    b.incident_id,
    t.why,
    coalesce(t.target_system, t.system, t.source) AS "system",
    t.action,
    coalesce(t.delivery_id, t.operation_key, nullif(concat_ws(' ', t.entity_type, t.entity_id), ''), t.execution_id)
        AS "name",
    t.occurred_at AS "since",
    t.fires_at,
    u.first_at + to_seconds($key_lifetime_s) AS key_until,
    t.amount,
    coalesce(t.currency, '') AS currency
FROM told AS t
LEFT JOIN belonging AS b USING (event_id)
LEFT JOIN first_uses AS u ON t.operation_key = u.operation_key
ORDER BY b.incident_id IS NULL, t.fires_at NULLS LAST, t.occurred_at, t.event_id
