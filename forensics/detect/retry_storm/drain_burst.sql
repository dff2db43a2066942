-- What had gathered for minutes comes back to one edge within seconds, and overwhelms the callee.
WITH released AS (
    SELECT
        *,
        count(*) OVER (
            PARTITION BY edge
            ORDER BY occurred_at RANGE BETWEEN INTERVAL 15 SECONDS PRECEDING AND INTERVAL 15 SECONDS FOLLOWING
        ) AS calls
    FROM edge_calls
    WHERE occurred_at - waiting_since >= to_seconds($wait_s) AND coalesce(excuse, 'backfill') = 'backfill'
),

dense AS (
    SELECT
        *,
        coalesce(occurred_at - lag(occurred_at) OVER edges > INTERVAL 15 SECONDS, FALSE) AS begins
    FROM released
    WHERE calls >= $operations / 2
    WINDOW edges AS (PARTITION BY edge ORDER BY occurred_at, event_id)
),

came_back AS (
    SELECT
        *,
        hash(edge, sum(begins::INTEGER) OVER (
            PARTITION BY edge ORDER BY occurred_at, event_id ROWS UNBOUNDED PRECEDING
        )) AS burst
    FROM dense
),

bursts AS (
    SELECT
        burst, edge,
        min(occurred_at) AS begun_at,
        max(occurred_at) AS over_at,
        count(DISTINCT operation) AS released,
        max(calls) AS fullest,
        -- A tenth at either end may be stragglers of another kind.
        make_timestamptz(quantile_disc(epoch_us(waiting_since), 0.1)) AS gathered_from,
        epoch(max(occurred_at) - min(occurred_at)) AS within_s,
        (quantile_disc(epoch_us(waiting_since), 0.9) - epoch_us(gathered_from)) / 1e6 AS gathered_s,
        epoch(max(occurred_at - waiting_since)) AS longest_s,
        count(*) FILTER (trigger_kind IN ('schedule', 'backfill')) * 2 > count(*) AS planned
    FROM came_back
    GROUP BY burst, edge
),

-- Seconds are counted ten at a time, as the bursts are; what came before is that of an hour at most.
surges AS (
    SELECT b.*
    FROM (SELECT *, greatest(gathered_from, begun_at - INTERVAL 1 HOUR) AS compared_from FROM bursts) AS b
    LEFT JOIN edge_calls AS c ON b.edge = c.edge AND c.occurred_at >= compared_from AND c.occurred_at < begun_at
    WHERE gathered_s >= $surge * greatest(within_s, 10)
    GROUP BY ALL
    HAVING released / greatest(within_s, 10)
        >= $surge * count(c.event_id) / greatest(epoch(begun_at - compared_from), 10)
),

-- Overwhelmed: refused for want of room, or refused then and served within five minutes.
answers AS (
    SELECT
        c.burst, c.operation,
        bool_or(c.failed) AS failed,
        bool_or(c.failed AND (c.throttled OR l.event_id IS NOT NULL)) AS overwhelmed
    FROM came_back AS c
    INNER JOIN surges AS s USING (burst)
    LEFT JOIN edge_calls AS l
        ON c.operation = l.operation AND NOT l.is_bad AND c.occurred_at <= l.occurred_at
        AND l.occurred_at <= s.over_at + INTERVAL 300 SECONDS
    GROUP BY c.burst, c.operation
),

answered AS (
    SELECT
        burst,
        count(*) FILTER (failed) AS failed,
        count(*) FILTER (overwhelmed) AS overwhelmed
    FROM answers
    GROUP BY burst
),

judged AS (
    SELECT
        s.*, failed, overwhelmed,
        EXISTS (
            FROM edge_calls AS c
            WHERE c.edge = s.edge AND NOT c.is_bad
                AND c.occurred_at BETWEEN s.begun_at - INTERVAL 60 SECONDS AND s.begun_at + INTERVAL 10 SECONDS
        ) AS was_back,
        CASE
            WHEN planned THEN 'planned'
            WHEN fullest < $operations THEN 'few'
            WHEN failed < greatest($operations / 2, $failed * released) THEN 'borne'
            WHEN overwhelmed < greatest($operations / 2, $failed * released) THEN 'still_failing'
        END AS suppressor
    FROM surges AS s
    INNER JOIN answered USING (burst)
),

-- The storm: the episodes in which they came back and were tried again, and they themselves.
followed AS (
    SELECT j.burst, r.streak, r.episode, r.excuse
    FROM judged AS j
    INNER JOIN came_back AS c USING (burst)
    INNER JOIN storm_retries AS r
        ON c.operation = r.operation AND r.occurred_at BETWEEN c.occurred_at AND j.over_at + INTERVAL 300 SECONDS
    WHERE coalesce(r.excuse, 'backfill') = 'backfill'
),

placed AS (
    SELECT burst, coalesce(min(episode) FILTER (excuse IS NULL), burst) AS storm
    FROM followed
    GROUP BY burst
),

worst AS (
    SELECT storm, arg_max(j, (suppressor IS NULL, released, burst)) AS told
    FROM placed
    INNER JOIN judged AS j USING (burst)
    GROUP BY storm
),

storms AS (
    SELECT f.streak, p.storm, told.suppressor
    FROM followed AS f
    INNER JOIN placed AS p USING (burst)
    INNER JOIN worst AS w USING (storm)
    UNION
    SELECT s.streak, w.storm, told.suppressor
    FROM worst AS w
    INNER JOIN streaks AS s ON w.storm = s.episode
    WHERE NOT s.wraps
),

got_through AS (
    SELECT p.storm, list({'event_id': c.event_id, 'role': 'context'} ORDER BY c.occurred_at, c.event_id) AS calls
    FROM placed AS p
    INNER JOIN came_back AS c USING (burst)
    WHERE c.is_first
    GROUP BY p.storm
)

SELECT
    [caller, callee] AS subject,
    CASE WHEN told.was_back THEN 'strong' ELSE 'probable' END AS grade,
    r.suppressor,
    list_concat(
        evidence,
        list_filter(calls, lambda c: NOT list_contains(list_transform(evidence, lambda e: e.event_id), c.event_id))
    ) AS evidence,
    retries AS excess,
    json_merge_patch(to_json(facts), to_json({
        'released': told.released, 'within_s': round(told.within_s, 1), 'gathered_s': round(told.gathered_s, 1),
        'longest_s': round(told.longest_s, 1), 'failed': told.failed, 'overwhelmed': told.overwhelmed,
        'was_back': told.was_back, 'policy': NULL
    }))::VARCHAR AS facts
FROM storm_report('storms') AS r
INNER JOIN worst USING (storm)
LEFT JOIN got_through USING (storm)
