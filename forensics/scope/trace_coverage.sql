-- Whose logs hold what a callee did: of which class of effects, for whom.
CREATE OR REPLACE TEMP TABLE callee_logs AS
SELECT DISTINCT callee, effect_class, tenant, environment, source
FROM effect_tellings
WHERE is_book;

CREATE OR REPLACE TEMP TABLE log_parts AS
SELECT source, part, min(first_at) AS first_at, max(last_at) AS last_at
FROM coverage
WHERE first_at IS NOT NULL AND NOT starts_with(part, 'sequence')
GROUP BY source, part;

CREATE OR REPLACE TEMP TABLE clocks_of_logs AS
SELECT DISTINCT e.source, k
FROM (SELECT DISTINCT source, clock_of("clock", system, source) AS "clock" FROM events) AS e
INNER JOIN clocks AS k USING ("clock");

-- Why a log may lack records, where it may; nothing for those that are whole.
CREATE OR REPLACE TEMP TABLE torn_sources AS
WITH told AS (
    SELECT source, 1 AS place, reason
    FROM coverage
    QUALIFY still_holds(source, part, page, state) AND state NOT IN ('complete', 'forgotten')
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
    UNION ALL
    -- Of a live source such records are counted and not stored.
    SELECT source, 3, format('No format knows {} of its records.', sum(records))
    FROM left_records
    GROUP BY source
)

SELECT source, arg_min(reason, (place, reason)) AS reason FROM told GROUP BY source;
