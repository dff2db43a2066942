-- The layers that retried within one piece of work: a trace, or what one key sought, until it rests
-- for five minutes.
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
)

SELECT * REPLACE (hash(thread, sum(begins::INTEGER) OVER (
    PARTITION BY thread ORDER BY occurred_at, event_id ROWS UNBOUNDED PRECEDING
)) AS thread)
FROM rested;

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
