-- What the logs leave unfinished, one row a message, run, operation, schedule or loop.
--
-- Work is open when it was begun, or left in doubt, after the last line that ended it. A kind of
-- message or run that no line of its log ever ends is not listed: that log does not tell ends. But a
-- queue that was read itself ($queues) tells what waits in it.
WITH
stamped AS (
    SELECT
        *,
        source IN (SELECT unnest($queues)) AS is_queue,
        kind = 'other' AND (is_end OR outcome = 'timeout') AS is_aside
    FROM stamped_events
),

-- That a message was put into a queue, or expired in one, is no end of it and no beginning.
handlings AS (
    SELECT *, coalesce('m ' || delivery_id, 'r ' || execution_id) AS work
    FROM stamped
    WHERE
        (kind IN ('delivery', 'trigger') AND occurred_at IS NOT NULL)
        OR (is_queue AND kind IN ('delivery', 'trigger', 'state', 'other') AND NOT is_aside)
),

begun AS (
    SELECT
        tenant,
        beside_live(environment) AS environment,
        work,
        consumer,
        max(stamp) AS stamp,
        arg_max(event_id, (stamp, source_position)) AS event_id
    FROM handlings
    WHERE NOT is_end
    GROUP BY ALL
),

ended AS (
    SELECT tenant, beside_live(environment) AS environment, work, consumer, max(stamp) AS stamp
    FROM handlings
    WHERE is_end
    GROUP BY ALL
),

-- Of two consumers of a message each ends its own; whoever names none speaks for any.
open_work AS (
    SELECT b.event_id
    FROM begun AS b
    LEFT JOIN ended AS e
        ON
            b.work = e.work
            AND coalesce(b.consumer = e.consumer, TRUE)
            AND b.tenant IS NOT DISTINCT FROM e.tenant
            AND b.environment IS NOT DISTINCT FROM e.environment
    GROUP BY b.event_id, b.stamp
    HAVING coalesce(max(e.stamp) < b.stamp, TRUE)
),

telling AS (
    SELECT DISTINCT source, delivery_id IS NOT NULL AS is_message, coalesce(consumer, callee) AS whose
    FROM handlings
    -- An end that names no run is of any: it does not tell of one that it never came.
    WHERE is_end AND (delivery_id IS NOT NULL OR execution_id <> event_id)
),

unhandled AS (
    SELECT
        h.event_id,
        CASE
            WHEN h.retry_after > h.stamp THEN 'retry due'
            WHEN h.scheduled_for > h.stamp THEN 'scheduled'
            WHEN h.kind IN ('state', 'other') THEN 'queued'
            WHEN h.delivery_id IS NULL THEN 'unfinished'
            ELSE 'unacknowledged'
        END AS why,
        coalesce(h.retry_after, h.scheduled_for) AS fires_at
    FROM handlings AS h
    SEMI JOIN open_work USING (event_id)
    LEFT JOIN telling AS t
        ON h.source = t.source AND (h.delivery_id IS NOT NULL) = t.is_message AND coalesce(h.consumer, h.callee) = t.whose
    WHERE
        (h.is_queue OR t.source IS NOT NULL OR h.retry_after > h.stamp)
        AND (h.delivery_id IS NOT NULL OR h.outcome = 'pending' OR h.retry_after > h.stamp)
        -- What failed for good, and was not to be tried again, is over.
        AND (h.outcome IN ('pending', 'unknown', 'timeout') OR h.retry_after > h.stamp)
),

ends AS (
    SELECT source, max(occurred_at) AS reaches_to
    FROM events
    GROUP BY source
),

due AS (
    SELECT e.execution_id, e.event_id, e.occurred_at, e.scheduled_for
    FROM events AS e
    INNER JOIN ends USING (source)
    WHERE
        e.scheduled_for > ends.reaches_to
        AND e.outcome IN ('pending', 'unknown', 'ok')
        AND e.phase <> 'end'
),

-- What was called off since, or ran early, is not due.
scheduled AS (
    SELECT arg_max(d.event_id, (d.scheduled_for, d.event_id)) AS event_id, max(d.scheduled_for) AS fires_at
    FROM due AS d
    LEFT JOIN (
        SELECT execution_id, max(occurred_at) AS moved_at
        FROM events
        WHERE scheduled_for IS NULL OR outcome = 'cancelled'
        GROUP BY execution_id
    ) AS later USING (execution_id)
    WHERE coalesce(later.moved_at <= d.occurred_at, TRUE)
    GROUP BY d.execution_id
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
    SELECT
        event_id,
        CASE WHEN retry_after > doubted_at THEN 'retry due' ELSE 'unanswered' END AS why,
        retry_after AS fires_at
    FROM unanswered_calls
    UNION ALL BY NAME
    SELECT event_id, 'scheduled' AS why, fires_at FROM scheduled
    UNION ALL BY NAME
    SELECT event_id, 'still looping' AS why, NULL AS fires_at FROM loops
),

told AS (
    SELECT l.why, l.fires_at, e.*
    FROM listed AS l
    INNER JOIN stamped AS e USING (event_id)
    QUALIFY row_number() OVER (PARTITION BY l.event_id ORDER BY l.why) = 1
),

first_uses AS (
    SELECT tenant, beside_live(environment) AS environment, callee, operation_key, min(occurred_at) AS first_at
    FROM stamped
    WHERE operation_key IN (SELECT operation_key FROM told)
    GROUP BY ALL
),

members AS (
    SELECT
        f.tenant,
        f.environment,
        unnest([
            {'kind': 'run', 'name': f.execution_id},
            {'kind': 'operation', 'name': f.operation_key},
            {'kind': 'event', 'name': f.event_id},
            {'kind': 'record', 'name': f.entity_type || ' ' || f.entity_id}
        ]) AS named,
        i.incident_id
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE f.role <> 'context'
),

incident_names AS (
    SELECT tenant, environment, named, min(incident_id) AS incident_id
    FROM members
    WHERE named.name IS NOT NULL
    GROUP BY ALL
),

belonging AS (
    SELECT t.event_id, min(n.incident_id) AS incident_id
    FROM (
        SELECT
            event_id,
            tenant,
            environment,
            unnest([
                {'kind': 'run', 'name': execution_id},
                {'kind': 'operation', 'name': operation_key},
                {'kind': 'event', 'name': event_id},
                {'kind': 'record', 'name': record}
            ]) AS named
        FROM told
    ) AS t
    INNER JOIN incident_names AS n
        ON
            t.named = n.named
            AND coalesce(t.tenant = n.tenant, TRUE)
            AND coalesce(t.environment = n.environment, TRUE)
    GROUP BY t.event_id
)

SELECT
    t.event_id,
    t.source,
    b.incident_id,
    t.why,
    t.callee AS "system",
    t.action,
    coalesce(t.delivery_id, t.operation_key, t.record, t.execution_id) AS "name",
    t.occurred_at AS "since",
    t.fires_at,
    u.first_at + to_seconds(coalesce(key_lifetime(t.callee).lifetime_s, $key_lifetime_s)) AS key_until,
    t.amount,
    coalesce(t.currency, '') AS currency
FROM told AS t
LEFT JOIN belonging AS b USING (event_id)
LEFT JOIN first_uses AS u
    ON
        t.operation_key = u.operation_key
        AND t.callee = u.callee
        AND t.tenant IS NOT DISTINCT FROM u.tenant
        AND beside_live(t.environment) IS NOT DISTINCT FROM u.environment
ORDER BY b.incident_id IS NULL, t.fires_at NULLS LAST, t.occurred_at, t.event_id
