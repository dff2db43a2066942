-- What the logs of callees can be held to.
--
-- A part of a log (a file, a partition) speaks for the time between its first and its last record. Parts
-- that overlap are read side by side: what one of them lacks may stand in no other, so that together they
-- speak for the time that all of them cover. Between parts that do not touch, nobody knows.
--
--     began_at, ended_at   by the reference clock
CREATE OR REPLACE TEMP TABLE whole_spans AS
WITH parts AS (
    SELECT source, part, min(first_at) AS first_at, max(last_at) AS last_at
    FROM coverage
    WHERE first_at IS NOT NULL AND NOT starts_with(part, 'sequence')
    GROUP BY source, part
),

clocks_of AS (
    SELECT DISTINCT source, clock_of("clock", "system", source) AS "clock" FROM events
),

ahead AS (
    SELECT c.source, min(k.offset_us) AS least_us, max(k.offset_us) AS most_us
    FROM clocks_of AS c
    INNER JOIN clocks AS k USING ("clock")
    GROUP BY c.source
),

common AS (
    SELECT a.source, max(b.first_at) AS first_at, min(b.last_at) AS last_at
    FROM parts AS a
    INNER JOIN parts AS b ON a.source = b.source AND a.first_at <= b.last_at AND a.last_at >= b.first_at
    GROUP BY a.source, a.part
)

SELECT DISTINCT
    c.source,
    c.first_at,
    c.last_at,
    c.first_at - to_microseconds(a.least_us) AS began_at,
    c.last_at - to_microseconds(a.most_us) AS ended_at
FROM common AS c
INNER JOIN ahead AS a USING (source)
WHERE c.first_at < c.last_at;

-- Why a log may lack records, where it may; nothing for those that are whole.
CREATE OR REPLACE TEMP TABLE torn_sources AS
WITH told AS (
    SELECT source, 1 AS place, reason
    FROM coverage
    QUALIFY
        row_number() OVER (PARTITION BY source, part ORDER BY page DESC) = 1 AND state <> 'complete'
    UNION ALL
    SELECT source, 2, format('{} of its records could not be read.', count(*)) FROM quarantine GROUP BY source
    UNION ALL
    SELECT source, 3, format('No format knows {} of its records.', sum(entry.value))
    FROM (
        SELECT source, unnest(map_entries(ignored_by_name)) AS entry
        FROM (
            FROM acquisitions
            QUALIFY generation = max(generation) OVER (PARTITION BY source)
        )
    )
    WHERE starts_with(entry.key, 'unmapped') AND entry.value > 0
    GROUP BY source
)

SELECT source, arg_min(reason, (place, reason)) AS reason FROM told GROUP BY source;
