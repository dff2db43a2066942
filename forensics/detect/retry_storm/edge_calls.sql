-- All calls, good and bad, on the few edges where it matters what came of the others: those that a
-- storm stayed on for five minutes, and those to which at least five attempts came back together after
-- a minute or longer. A wait ends at `scheduled_for` where the log says what the message was meant for.
CREATE OR REPLACE TABLE watched_edges AS
WITH waited AS (
    SELECT edge, edge_from, occurred_at
    FROM storm_retries
    WHERE NOT wraps AND gap_s >= 60 AND coalesce(excuse, 'backfill') = 'backfill'
    UNION ALL
    SELECT edge, edge_from, occurred_at
    FROM attempts
    WHERE NOT wraps AND occurred_at - greatest(enqueued_at, scheduled_for) >= INTERVAL 60 SECONDS
),

together AS (
    SELECT edge, edge_from, occurred_at
    FROM waited
    QUALIFY count(*) OVER (
        PARTITION BY edge
        ORDER BY occurred_at RANGE BETWEEN INTERVAL 15 SECONDS PRECEDING AND INTERVAL 15 SECONDS FOLLOWING
    ) >= 5
),

stayed AS (
    SELECT edge, any_value(edge_from) AS edge_from, unnest([min(first_at), max(last_at)]) AS occurred_at
    FROM heat
    WHERE episode IS NOT NULL AND excuse IS NULL
    GROUP BY edge, episode
    HAVING max(last_at) - min(first_at) >= INTERVAL 300 SECONDS
)

-- An hour before tells what was usual, and the minutes around it; five minutes after end an episode.
SELECT
    edge,
    any_value(edge_from) AS edge_from,
    min(occurred_at) - INTERVAL 64 MINUTES AS from_at,
    max(occurred_at) + INTERVAL 9 MINUTES AS to_at
FROM (
    FROM together
    UNION ALL
    FROM stayed
)
GROUP BY edge;

-- `failed`: by what time may heal. What is invalid or refused is answered, if not as hoped.
CREATE OR REPLACE TABLE edge_calls AS
WITH noted AS (
    SELECT
        a.edge, a.event_id, a.occurred_at, a.edge_from, a.outcome, a.error_kind, a.trigger_kind, a.parts,
        coalesce(r.operation, again.operation, a.operation, hash('line', sure_hash(a.event_id))) AS operation,
        r.event_id IS NULL AS is_first,
        r.excuse,
        CASE
            WHEN r.event_id IS NULL THEN greatest(a.enqueued_at, a.scheduled_for)
            ELSE r.previous_over_at
        END AS waiting_since
    FROM attempts AS a
    SEMI JOIN watched_edges AS w ON a.edge = w.edge AND a.occurred_at BETWEEN w.from_at AND w.to_at
    LEFT JOIN storm_retries AS r ON a.event_id = r.event_id
    LEFT JOIN storm_retries AS again ON a.event_id = again.previous_id
    WHERE NOT a.wraps
),

other AS (
    SELECT
        c.edge, any_value(w.edge_from) AS edge_from, min(c.event_id) AS event_id,
        arg_min(
            {
                'occurred_at': c.occurred_at, 'outcome': outcome, 'error_kind': error_kind,
                'trigger_kind': trigger_kind, 'waiting_since': greatest(enqueued_at, scheduled_for)
            },
            (c.occurred_at, c.event_id)
        ) AS opening,
        coalesce(c.sought, hash('line', sure_hash(c.event_id))) AS operation
    FROM called_rows AS c
    INNER JOIN watched_edges AS w ON c.edge = w.edge AND c.occurred_at BETWEEN w.from_at AND w.to_at
    ANTI JOIN attempts AS a ON c.sought = a.sought
    WHERE c.phase = 'single'
        AND c.event_id NOT IN (SELECT event_id FROM noted)
        AND c.event_id NOT IN (SELECT unnest(parts) FROM noted)
    GROUP BY c.edge, coalesce(c.sought, hash('line', sure_hash(c.event_id)))
)

SELECT
    * EXCLUDE (outcome, error_kind, parts),
    outcome IN ('error', 'timeout', 'rejected', 'cancelled', 'partial') AS is_bad,
    is_bad AND coalesce(error_kind NOT IN ('validation', 'auth', 'not_found', 'conflict'), TRUE) AS failed,
    coalesce(error_kind = 'throttle', FALSE) AS throttled
FROM (
    FROM noted
    UNION ALL BY NAME
    SELECT edge, edge_from, event_id, operation, TRUE AS is_first, unnest(opening)
    FROM other
);
