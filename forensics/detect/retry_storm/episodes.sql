-- Periods in which an edge retried at least five times within half a minute, and more than a
-- tenth of what it did: the share that Google's SRE book gives a client as its budget. An excused
-- kind of repeat has its own periods.
CREATE OR REPLACE TABLE heat AS
WITH repeated AS (
    SELECT
        r.edge,
        r.excuse,
        r.bucket,
        l.load,
        any_value(r.edge_from) AS edge_from,
        min(r.occurred_at) AS first_at,
        max(r.occurred_at) AS last_at,
        count(*) AS retries
    FROM retries AS r
    INNER JOIN attempt_load AS l USING (edge, bucket)
    WHERE NOT r.wraps
    GROUP BY r.edge, r.excuse, r.bucket, l.load
),

half_minutes AS (
    SELECT
        *,
        sum(retries) OVER around >= 5 AND sum(retries) OVER around > 0.1 * sum(load) OVER around AS exceeds
    FROM repeated
    WINDOW around AS (PARTITION BY edge, excuse ORDER BY bucket RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING)
),

hottest AS (
    SELECT
        * EXCLUDE (exceeds),
        bool_or(exceeds) OVER (
            PARTITION BY edge, excuse ORDER BY bucket RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING
        ) AS hot
    FROM half_minutes
),

-- 300 s without heat end an episode: the longest pause that retry policies in wide use reach
-- (Kubernetes' crash-loop back-off). 30 buckets of 10 s.
begun AS (
    SELECT
        *,
        hot AND coalesce(bucket - lag(CASE WHEN hot THEN bucket END IGNORE NULLS) OVER edges > 30, TRUE) AS begins
    FROM hottest
    WINDOW edges AS (PARTITION BY edge, excuse ORDER BY bucket)
),

numbered AS (
    SELECT *, sum(begins::INTEGER) OVER (PARTITION BY edge, excuse ORDER BY bucket) AS episode_no
    FROM begun
)

SELECT
    edge, excuse, edge_from, bucket, first_at, last_at, load, retries,
    CASE
        WHEN bucket <= max(CASE WHEN hot THEN bucket END) OVER (
            PARTITION BY edge, excuse, episode_no
        ) THEN hash(edge, excuse, episode_no)
    END AS episode
FROM numbered;

-- A streak is one operation's retries without a quiet period; it belongs as a whole to the first
-- episode in which any of it lies.
CREATE OR REPLACE TABLE storm_retries AS
SELECT
    r.*,
    l.ended_at AS log_ends_at,
    first_value(h.episode IGNORE NULLS) OVER (
        tries ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS episode,
    CASE WHEN row_number() OVER tries = 1 THEN r.previous_id END AS opening_id
FROM retries AS r
LEFT JOIN heat AS h
    ON r.edge = h.edge AND r.bucket = h.bucket AND r.excuse IS NOT DISTINCT FROM h.excuse
INNER JOIN log_ends AS l USING (source)
WINDOW tries AS (PARTITION BY r.streak ORDER BY r.occurred_at, r.event_id);

-- Growth compares the median of the last third of the gaps with that of the first, of three at least: the ends of
-- uneven gaps differ by chance.
CREATE OR REPLACE TABLE streaks AS
WITH measured AS (
    SELECT
        streak, edge, excuse, operation, unnamed, wraps, episode,
        count(*) AS retries,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at,
        list(pace_s ORDER BY occurred_at, event_id) FILTER (pace_s IS NOT NULL) AS gaps
    FROM storm_retries
    GROUP BY ALL
),

parted AS (
    SELECT *, greatest(len(gaps) // 3, 3) AS third FROM measured
)

SELECT
    * EXCLUDE (gaps, third),
    CASE WHEN episode IS NULL THEN 1 ELSE count(*) OVER (PARTITION BY episode) END AS company,
    list_aggregate(gaps[-third:], 'median') / nullif(list_aggregate(gaps[:third], 'median'), 0) AS growth
FROM parted;
