-- How far after a second a time lies, in microseconds.
CREATE OR REPLACE MACRO after_second(moment) AS epoch_us(moment) % 1_000_000;

-- To what the stamps of many rows are rounded, in seconds: what the log is known to, a second where all lie equally far
-- after one, else 0.
CREATE OR REPLACE MACRO stamps_s(resolution_us, occurred_at, ended_at, previous_at) AS greatest(
    coalesce(max(resolution_us), 0),
    CASE
        WHEN
            min(least(after_second(occurred_at), after_second(ended_at), after_second(previous_at)))
            = max(greatest(after_second(occurred_at), after_second(ended_at), after_second(previous_at)))
            THEN 1_000_000
        ELSE 0
    END
) / 1e6;

-- How the callers of storms seem to retry, as far as their attempts show a plan. `retried` names a relation
-- of retries with the column storm. Where attempts are not numbered, they are counted.
CREATE OR REPLACE MACRO retry_policies(retried) AS TABLE
WITH tried AS (
    SELECT
        storm, operation, last_outcome,
        coalesce(attempt::BIGINT - 1, row_number() OVER (
            PARTITION BY storm, operation ORDER BY occurred_at, event_id
        )) AS nth,
        pause_s, coalesce(ended_at, occurred_at) AS over_at, log_ends_at
    FROM query_table(retried)
    WHERE NOT unnamed
),

pauses AS (
    SELECT
        storm,
        list(pause ORDER BY nth) AS pauses,
        coalesce(median(spread) FILTER (times >= 5), CASE
            WHEN sum(times) >= 5 THEN (quantile_cont(pause, 0.9) - quantile_cont(pause, 0.1)) / nullif(median(pause), 0)
        END) AS spread
    FROM (
        SELECT
            storm, nth, count(*) AS times, median(pause_s) AS pause,
            (quantile_cont(pause_s, 0.9) - quantile_cont(pause_s, 0.1)) / nullif(median(pause_s), 0) AS spread
        FROM tried
        WHERE pause_s >= 0
        GROUP BY storm, nth
    )
    GROUP BY storm
),

answers AS (
    SELECT
        storm, any_value(edge) AS edge,
        list(DISTINCT error_before ORDER BY error_before) FILTER (error_before IS NOT NULL) AS errors,
        count(*) FILTER (was_told_when AND excuse IS NULL) AS too_early,
        min(occurred_at) AS begun_at,
        max(occurred_at) AS over_at,
        stamps_s(clock_resolution_us, occurred_at, ended_at, previous_at) AS resolution_s
    FROM query_table(retried)
    GROUP BY storm
),

-- A plan shows itself in three pauses or more: each a quarter longer than the one before or longer still,
-- until they stay alike. Stamps that are coarser than a pause show none, and stamps that are coarser than a tenth of it
-- show no jitter.
growth AS (
    SELECT
        p.* REPLACE (CASE WHEN resolution_s <= 0.1 * pauses[1] THEN spread END AS spread),
        list_transform(range(1, len(pauses)), lambda i: pauses[i + 1] / nullif(pauses[i], 0)) AS ratios,
        coalesce(list_position(list_transform(ratios, lambda r: r < 1.25), TRUE) - 1, len(ratios)) AS growing,
        len(ratios) >= 2 AND growing <> 1 AND resolution_s <= list_min(pauses)
        AND coalesce(list_bool_and(list_transform(ratios[growing + 1:], lambda r: r BETWEEN 0.8 AND 1.25)), TRUE) AS planned
    FROM pauses AS p
    INNER JOIN answers USING (storm)
),

-- Where the log ends before the next attempt was due (the last pause doubled; two minutes where none
-- is known), or what came of the last is not told, nobody can say that the caller gave up.
given_up AS (
    SELECT storm, mode(attempts) AS attempts, count(*) AS operations, max(times) AS times
    FROM (
        SELECT storm, max(nth) + 1 AS attempts, count(*) OVER (PARTITION BY storm, max(nth)) AS times
        FROM tried
        WHERE last_outcome NOT IN ('ok', 'pending', 'replayed', 'skipped', 'unknown')
        GROUP BY storm, operation
        HAVING max(over_at) + to_seconds(2 * coalesce(arg_max(pause_s, nth), 60)) <= max(log_ends_at)
    )
    GROUP BY storm
),

most AS (
    SELECT storm, max(nth) + 1 AS attempts
    FROM tried
    GROUP BY storm
),

heeded AS (
    SELECT a.storm, count(*) AS retries
    FROM answers AS a
    INNER JOIN storm_retries AS r
        ON a.edge = r.edge AND r.excuse = 'obeyed_retry_after' AND r.occurred_at BETWEEN a.begun_at AND a.over_at
    GROUP BY a.storm
)

SELECT
    storm, a.resolution_s,
    {
        'attempts': CASE WHEN g.times >= 3 AND g.times * 2 > g.operations THEN g.attempts END,
        'first_pause_s': CASE WHEN planned THEN round(pauses[1], 3) END,
        'factor': CASE WHEN planned THEN round(coalesce(list_median(ratios[:growing]), 1), 1) END,
        'longest_pause_s': CASE
            WHEN planned AND growing < len(ratios) THEN round(pauses[-1], 3)
        END,
        'spread': CASE WHEN planned THEN round(spread, 2) END,
        'most': m.attempts,
        'errors': coalesce(errors, []),
        'too_early': too_early,
        'in_time': coalesce(h.retries, 0)
    } AS policy
FROM answers AS a
LEFT JOIN growth USING (storm)
LEFT JOIN given_up AS g USING (storm)
LEFT JOIN most AS m USING (storm)
LEFT JOIN heeded AS h USING (storm);
