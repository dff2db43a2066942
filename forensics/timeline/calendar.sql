-- What was too much in each hour in which there was any, and what the logs hold of that hour.
WITH
lines AS (
    SELECT
        date_trunc('hour', "at") AS hour,
        count(DISTINCT finding_id) AS findings,
        count(*) FILTER (WHERE "role" = 'duplicate') AS excess
    FROM figure_lines
    SEMI JOIN (SELECT unnest($findings::VARCHAR []) AS finding_id) USING (finding_id)
    WHERE "at" IS NOT NULL AND "role" <> 'context'
    GROUP BY hour
),

-- Other than zero, an hour in which the logs hold nothing says nothing.
logged AS (
    SELECT
        date_trunc('hour', occurred_at) AS hour,
        count(*) AS events
    FROM events
    WHERE occurred_at IS NOT NULL
    GROUP BY hour
)

SELECT
    hour,
    coalesce(findings, 0) AS findings,
    coalesce(excess, 0) AS excess,
    coalesce(events, 0) AS events
FROM logged
FULL JOIN lines USING (hour)
ORDER BY hour
