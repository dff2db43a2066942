-- Operations on one edge that come back at the same instants, wave after wave.
WITH bunched AS (
    SELECT
        r.edge, r.excuse, r.episode, r.streak, r.occurred_at, r.event_id,
        coalesce(r.occurred_at - lag(r.occurred_at) OVER edges > to_seconds($spread_s), TRUE) AS begins
    FROM storm_retries AS r
    INNER JOIN streaks AS s USING (streak)
    WHERE NOT r.wraps AND s.retries >= $waves
    WINDOW edges AS (PARTITION BY r.edge, r.excuse ORDER BY r.occurred_at, r.event_id)
),

numbered AS (
    SELECT
        *,
        sum(begins::INTEGER) OVER (
            PARTITION BY edge, excuse ORDER BY occurred_at, event_id ROWS UNBOUNDED PRECEDING
        ) AS wave
    FROM bunched
),

waves AS (
    SELECT list(DISTINCT streak) AS streaks, len(streaks) >= $operations AS enough
    FROM numbered
    GROUP BY edge, excuse, wave
    HAVING max(occurred_at) - min(occurred_at) <= to_seconds($spread_s) AND count(DISTINCT streak) > 1
),

in_step AS (
    SELECT streak, enough
    FROM (SELECT unnest(streaks) AS streak, enough FROM waves)
    GROUP BY streak, enough
    HAVING count(*) >= $waves
),

groups AS (
    SELECT
        s.edge, s.excuse, s.episode, list(s.streak) AS streaks,
        coalesce(s.excuse, CASE WHEN count(*) FILTER (i.enough) < $operations THEN 'few' END) AS suppressor
    FROM in_step AS i
    INNER JOIN streaks AS s USING (streak)
    GROUP BY s.edge, s.excuse, s.episode
    HAVING s.excuse IS NULL OR count(*) FILTER (i.enough) >= $operations
),

-- The storm is the whole episode, with those that were out of step.
storms AS (
    SELECT s.streak, g.episode AS storm, g.suppressor
    FROM groups AS g
    INNER JOIN streaks AS s
        ON g.edge = s.edge
        AND (g.episode = s.episode OR (g.episode IS NULL AND list_contains(g.streaks, s.streak)))
    WHERE NOT s.wraps
)

SELECT
    [caller, callee] AS subject,
    'strong' AS grade,
    suppressor,
    evidence,
    retries AS excess,
    to_json(facts)::VARCHAR AS facts
FROM storm_report('storms')
