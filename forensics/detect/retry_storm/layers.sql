-- The layers that retried within one piece of work: a trace, what one key sought, or one record, until it
-- rests for five minutes.
CREATE OR REPLACE TEMP TABLE layered_work AS
WITH several AS (
    SELECT thread
    FROM storm_retries
    WHERE excuse IS NULL AND thread IS NOT NULL
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
    SELECT *, min(occurred_at) OVER layers AS first_at, min(attempt) OVER layers AS first_attempt
    FROM (
        SELECT thread, edge, layer, callee, event_id, attempt::BIGINT AS attempt, occurred_at, ended_at
        FROM work
        WHERE thread_is_record
        UNION ALL
        SELECT
            thread, edge, layer, callee, opening_id, attempt::BIGINT - 1,
            occurred_at - to_microseconds((gap_s * 1000000)::BIGINT), previous_over_at
        FROM work
        WHERE thread_is_record AND opening_id IS NOT NULL
    )
    WINDOW layers AS (PARTITION BY thread, edge, layer)
),

counts AS (
    SELECT
        thread, edge, layer, caller, callee, operation,
        min(occurred_at - to_microseconds((coalesce(gap_s, 0) * 1000000)::BIGINT)) AS begun_at
    FROM work
    WHERE thread_is_record
    GROUP BY ALL
),

enclosed AS (
    SELECT thread, edge, layer, outer_edge, outer_layer
    FROM (
        SELECT
            c.thread, c.edge, c.layer, c.operation, t.event_id, t.edge AS outer_edge, t.layer AS outer_layer,
            c.begun_at >= t.occurred_at AND c.begun_at < t.ended_at AS within,
            c.begun_at >= t.first_at OR t.first_attempt = 1 AS due
        FROM counts AS c
        INNER JOIN tries AS t
            ON c.thread = t.thread AND (c.edge <> t.edge OR c.layer <> t.layer)
            AND (c.edge = t.edge OR c.caller = t.callee OR (c.callee = t.callee AND c.layer = 'proxy'))
    )
    GROUP BY ALL
    HAVING count(DISTINCT operation) FILTER (within) = count(DISTINCT operation) FILTER (due)
        AND count(DISTINCT event_id) FILTER (within) > 1
)

SELECT *
FROM work
WHERE NOT thread_is_record
    OR (thread, edge, layer) IN (SELECT (thread, edge, layer) FROM enclosed)
    OR (thread, edge, layer) IN (SELECT (thread, outer_edge, outer_layer) FROM enclosed);

-- `factor` is how often a layer tried for each time that the layer above it did. Without numbers of
-- its own, a layer is as many times larger as the one above.
CREATE OR REPLACE TEMP TABLE layers AS
WITH sizes AS (
    SELECT
        thread, edge, layer, caller, callee,
        count(*) + count(DISTINCT operation) AS size,
        max(attempt) AS numbered,
        count(DISTINCT wanted) AS wanted
    FROM layered_work
    GROUP BY ALL
)

SELECT
    *,
    coalesce(numbered, size // lag(size) OVER (PARTITION BY thread ORDER BY size, layer, edge), size) AS factor
FROM sizes;
