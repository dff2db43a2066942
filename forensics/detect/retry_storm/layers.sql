-- The layers that retried within one piece of work: a trace, what one key sought, or one record, until it
-- rests for five minutes.
CREATE OR REPLACE TABLE layered_work AS
WITH several AS (
    SELECT thread
    FROM storm_retries
    GROUP BY thread
    HAVING min(hash(edge, layer)) <> max(hash(edge, layer))
),

rested AS (
    SELECT
        r.*,
        coalesce(r.occurred_at - lag(r.occurred_at) OVER threads > INTERVAL 300 SECONDS, FALSE) AS begins
    FROM storm_retries AS r
    SEMI JOIN several USING (thread)
    WHERE r.excuse IS NULL
    WINDOW threads AS (PARTITION BY r.thread ORDER BY r.occurred_at, r.event_id)
),

work AS (
    SELECT * EXCLUDE (begins) REPLACE (hash(thread, sum(begins::INTEGER) OVER (
        PARTITION BY thread ORDER BY occurred_at, event_id ROWS UNBOUNDED PRECEDING
    )) AS thread)
    FROM rested
),

-- That two layers have one record in hand proves nothing. But where one counts anew whenever the other tries again,
-- and begins while that attempt is under way, the other made it begin. The log may lack the first attempt.
tries AS (
    SELECT thread, edge, layer, caller, callee, event_id, attempt::BIGINT AS attempt, occurred_at, ended_at
    FROM work
    WHERE thread_is_record
    UNION ALL
    SELECT
        thread, edge, layer, caller, callee, opening_id, attempt::BIGINT - 1, previous_at, previous_over_at
    FROM work
    WHERE thread_is_record AND opening_id IS NOT NULL
),

counts AS (
    SELECT thread, edge, layer, operation, min(coalesce(previous_at, occurred_at)) AS begun_at
    FROM work
    WHERE thread_is_record
    GROUP BY ALL
),

sides AS (
    SELECT
        thread, edge, layer,
        any_value(caller) AS caller,
        any_value(callee) AS callee,
        min(occurred_at) AS first_at,
        min(attempt) AS first_attempt
    FROM tries
    GROUP BY ALL
),

pairs AS (
    SELECT i.thread, i.edge, i.layer, o.edge AS outer_edge, o.layer AS outer_layer, o.first_at, o.first_attempt
    FROM sides AS i
    INNER JOIN sides AS o
        ON i.thread = o.thread AND (i.edge <> o.edge OR i.layer <> o.layer)
        AND (i.edge = o.edge OR i.caller = o.callee OR (i.callee = o.callee AND i.layer = 'proxy'))
),

-- The beginnings of a count and the attempts that may have made it begin, by time: comparing each with each
-- would take ever longer where one record is tried for hours.
moments AS (
    SELECT
        p.* EXCLUDE (first_at, first_attempt),
        c.operation,
        NULL::VARCHAR AS attempt_id,
        c.begun_at AS moment,
        NULL::TIMESTAMPTZ AS ended_at,
        c.begun_at >= first_at OR first_attempt = 1 AS due
    FROM pairs AS p
    INNER JOIN counts AS c USING (thread, edge, layer)
    UNION ALL
    SELECT p.* EXCLUDE (first_at, first_attempt), NULL, t.event_id, t.occurred_at, t.ended_at, FALSE
    FROM pairs AS p
    INNER JOIN tries AS t ON p.thread = t.thread AND outer_edge = t.edge AND outer_layer = t.layer
),

enclosed AS (
    SELECT thread, edge, layer, outer_edge, outer_layer
    FROM (
        SELECT
            *,
            moment < max(ended_at) OVER (by_time ROWS UNBOUNDED PRECEDING) AS within,
            ended_at > min(CASE WHEN attempt_id IS NULL THEN moment END) OVER (
                by_time ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            ) AS encloses
        FROM moments
        WINDOW by_time AS (
            PARTITION BY thread, edge, layer, outer_edge, outer_layer ORDER BY moment, attempt_id IS NULL
        )
    )
    GROUP BY ALL
    HAVING count(operation) FILTER (within) = count(operation) FILTER (due)
        AND count(DISTINCT attempt_id) FILTER (encloses) > 1
)

SELECT *
FROM work
WHERE NOT thread_is_record
    OR (thread, edge, layer) IN (SELECT (thread, edge, layer) FROM enclosed)
    OR (thread, edge, layer) IN (SELECT (thread, outer_edge, outer_layer) FROM enclosed);

-- `factor` is how often a layer tried for each time that the layer above it did. Without numbers of
-- its own, a layer is as many times larger as the largest above it: on its own edge, or on one that leads to it. Of
-- two that are as large, the one that calls is above.
CREATE OR REPLACE TABLE layers AS
WITH sizes AS (
    SELECT
        thread, edge, layer, caller, callee,
        any_value(thread_is_record) AS thread_is_record,
        count(*) + count(DISTINCT operation) AS size,
        max(attempt) AS numbered,
        count(DISTINCT wanted) AS wanted,
        called_by(caller, told_by) AS called_by
    FROM layered_work
    GROUP BY ALL
),

compared AS (
    SELECT s.*, max(above.size) AS size_above
    FROM sizes AS s
    LEFT JOIN sizes AS above
        ON s.thread = above.thread
        AND (
            s.size > above.size
            OR (
                s.size = above.size
                AND (
                    (s.caller = above.callee AND s.callee IS DISTINCT FROM above.caller)
                    OR (s.layer, s.caller) > (above.layer, above.caller)
                )
            )
        )
        AND (s.edge = above.edge OR s.caller = above.callee OR (s.callee = above.callee AND s.layer = 'proxy'))
    GROUP BY ALL
)

SELECT * EXCLUDE (size_above), coalesce(numbered, size // size_above, size) AS factor
FROM compared;
