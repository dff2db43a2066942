-- Whether each incident goes on, as far as the log reaches that ends first among those that tell of it.
-- A log ends where each of its streams does, such as a partition that was read no further, or a worker's file that
-- was cut; but a stream that is called as a run, or as the worker of a single one, falls silent when that is done, and
-- the log goes on. A stamp from the future ends nothing.
WITH
streams AS (
    SELECT
        source,
        source_stream,
        max(occurred_at) AS reaches_to,
        coalesce(
            bool_or(execution_id = source_stream)
            OR (bool_or(actor = source_stream) AND min(execution_id) = max(execution_id)),
            FALSE
        ) AS is_ones_own,
        coalesce(
            (
                bool_or(execution_id = source_stream AND phase = 'start')
                AND NOT bool_or(execution_id = source_stream AND phase = 'end')
            )
            OR arg_max(phase = 'start' OR outcome = 'pending', (occurred_at, coalesce(source_seq, 0)))
                FILTER (source_stream IS NOT NULL),
            FALSE
        ) AS is_at_work
    FROM events
    WHERE occurred_at < current_timestamp + INTERVAL 1 DAY
    GROUP BY source, source_stream
),

ends AS (
    SELECT
        source,
        source_stream,
        CASE
            WHEN is_ones_own AND NOT is_at_work THEN max(reaches_to) OVER (PARTITION BY source) ELSE reaches_to
        END AS reaches_to
    FROM streams
),

-- A refund is no sign that it goes on.
lines AS (
    SELECT
        i.incident_id,
        f.source,
        e.source_stream,
        f.occurred_at,
        lag(f.occurred_at) OVER (PARTITION BY i.incident_id ORDER BY f.occurred_at) AS before_at
    FROM finding_events AS f
    INNER JOIN events AS e USING (event_id)
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE f.role NOT IN ('context', 'compensation')
),

paused AS (
    SELECT
        incident_id,
        max(occurred_at) AS last_at,
        coalesce(max(occurred_at - before_at), INTERVAL 0 SECOND) AS longest_pause
    FROM lines
    GROUP BY incident_id
),

reach AS (
    SELECT
        l.incident_id,
        min(e.reaches_to) AS reaches_to,
        arg_min(e.source, (e.reaches_to, e.source)) AS source,
        bool_and(e.source NOT IN (SELECT unnest($incomplete))) AS is_whole
    FROM (SELECT DISTINCT incident_id, source, source_stream FROM lines) AS l
    INNER JOIN ends AS e ON l.source = e.source AND l.source_stream IS NOT DISTINCT FROM e.source_stream
    GROUP BY l.incident_id
),

-- Storms and chains tell of their own end. Of anything else one pause says nothing of the next.
repeating AS (
    SELECT f.incident_id
    FROM (
        SELECT i.incident_id, f.occurred_at
        FROM finding_events AS f
        INNER JOIN finding_incidents AS i USING (finding_id)
        WHERE f.role = 'duplicate' AND f.detector NOT IN ('retry_storm', 'recursive_chain')
    ) AS f
    GROUP BY f.incident_id
    HAVING count(DISTINCT f.occurred_at) > 1
),

unended AS (
    SELECT DISTINCT i.incident_id
    FROM candidates AS c
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE
        c.suppressor IS NULL
        AND (c.facts ->> '$.ended' = 'running' OR c.facts ->> '$.still_failing' = 'true')
)

SELECT
    p.incident_id,
    CASE
        WHEN p.last_at IS NULL OR r.reaches_to IS NULL THEN 'unknown'
        WHEN u.incident_id IS NOT NULL THEN 'running'
        -- One of its logs ends before it does.
        WHEN r.reaches_to < p.last_at THEN 'unknown'
        WHEN r.reaches_to - p.last_at <= p.longest_pause AND p.incident_id IN (FROM repeating) THEN 'running'
        WHEN
            r.is_whole
            AND r.reaches_to - p.last_at >= 3 * p.longest_pause
            AND r.reaches_to - p.last_at >= INTERVAL 5 MINUTE
            THEN 'quiet'
        ELSE 'unknown'
    END AS state,
    p.last_at,
    r.reaches_to,
    coalesce(r.source, '') AS source,
    coalesce(r.is_whole, TRUE) AS is_whole
FROM paused AS p
LEFT JOIN reach AS r USING (incident_id)
LEFT JOIN unended AS u USING (incident_id)
