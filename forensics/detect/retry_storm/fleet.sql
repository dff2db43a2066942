-- Many operations retried at once on one edge, beyond the budget for retries.
WITH over_budget AS (
    SELECT *, bucket - row_number() OVER (PARTITION BY episode ORDER BY bucket) AS run
    FROM heat
    WHERE episode IS NOT NULL AND retries > $budget * load
),

runs AS (
    SELECT
        o.episode, o.excuse, o.run,
        count(DISTINCT o.bucket) AS buckets,
        count(*) AS retries,
        count(*) FILTER (r.outcome IN ('ok', 'replayed', 'skipped')) AS through,
        operations_of(r.operation, r.unnamed, r.attempt) AS operations
    FROM over_budget AS o
    INNER JOIN storm_retries AS r
        ON o.edge = r.edge AND o.bucket = r.bucket AND o.excuse IS NOT DISTINCT FROM r.excuse
    WHERE NOT r.wraps
    GROUP BY o.episode, o.excuse, o.run
),

fleets AS (
    SELECT
        episode, excuse,
        bool_or(buckets >= $buckets AND retries >= $retries AND operations >= $operations) AS is_many,
        -- Where nearly every one got through, what had failed was over, and trying again was right.
        bool_or(
            buckets >= $buckets AND retries >= $retries AND operations >= $operations
            AND retries - through > $failing * retries
        ) AS holds
    FROM runs
    GROUP BY episode, excuse
    HAVING is_many OR (excuse IS NULL AND bool_or(retries >= $retries / 2 AND operations >= $operations / 2))
),

storms AS (
    SELECT
        s.streak,
        s.episode AS storm,
        coalesce(f.excuse, CASE WHEN NOT f.is_many THEN 'few' WHEN NOT f.holds THEN 'got_through' END) AS suppressor
    FROM fleets AS f
    INNER JOIN streaks AS s USING (episode)
    WHERE NOT s.wraps
),

-- Throttled calls of unknown content may be a storm or a crowd: kept, never counted as retries.
throttled AS (
    SELECT
        *,
        coalesce(occurred_at - lag(occurred_at) OVER edges > INTERVAL 300 SECONDS, FALSE) AS begins
    FROM attempts
    WHERE operation IS NULL AND error_kind = 'throttle' AND coalesce(attempt, 1) = 1
    WINDOW edges AS (PARTITION BY edge ORDER BY occurred_at, event_id)
),

bulks AS (
    SELECT *, sum(begins::INTEGER) OVER (
        PARTITION BY edge ORDER BY occurred_at, event_id ROWS UNBOUNDED PRECEDING
    ) AS bulk
    FROM throttled
)

SELECT
    [caller, callee] AS subject, 'strong' AS grade, suppressor, evidence, retries AS excess,
    to_json(facts)::VARCHAR AS facts
FROM storm_report('storms')
UNION ALL
SELECT
    [called_by(caller, told_by), any_value(callee)], 'suspicion', 'unidentified',
    list({'event_id': event_id, 'role': 'duplicate'}), count(*),
    to_json({
        'caller': called_by(caller, told_by), 'callee': min(callee), 'actions': list_sort(list(DISTINCT verb)), 'entity': NULL, 'retries': count(*),
        'operations': count(*), 'attempts': count(*), 'amplification': 1, 'wasted_s': NULL,
        'duration_s': round(epoch(max(occurred_at) - min(occurred_at)), 1), 'peak_per_s': 0,
        'error': min(error), 'permanent': 0, 'gap_s': NULL, 'recovered': 0, 'still_failing': FALSE, 'policy': NULL
    })::VARCHAR
FROM bulks
GROUP BY edge, bulk
HAVING count(*) >= $retries
