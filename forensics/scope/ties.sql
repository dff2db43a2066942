-- What ties one finding of an incident to another that began no later. A chain begins with its own
-- lines: what set it off may be older than what it followed.
--
--     finding_id, earlier_id    the two
--     relation                  'caused', 'followed' or 'coincided'
--     by                        what they have in common
--
-- Explicit ids that lead from what was too much alone say 'caused'. What is merely shared says 'followed'
-- where the order is known. Of those that share one thing, each is tied to the one before it.
CREATE OR REPLACE TEMP TABLE finding_begins AS
SELECT
    f.finding_id,
    i.incident_id,
    min(f.occurred_at) AS first_at,
    arg_min(
        {
            'source': e.source,
            'stream': e.source_stream,
            'seq': e.source_seq,
            'at': e.occurred_at,
            'clock': k
        },
        (f.occurred_at, f.event_id)
    ) AS stamp
FROM finding_events AS f
INNER JOIN events AS e USING (event_id)
INNER JOIN finding_incidents AS i USING (finding_id)
INNER JOIN clocks AS k ON clock_of(e.clock, e.system, e.source) = k.clock
WHERE
    f.occurred_at IS NOT NULL
    AND (f.role IN ('original', 'duplicate') OR (f.role = 'cause' AND f.detector <> 'recursive_chain'))
GROUP BY f.finding_id, i.incident_id;

CREATE OR REPLACE TEMP TABLE finding_runs AS
SELECT f.finding_id, f.execution_id, bool_or(f.role = 'duplicate') AS is_excess
FROM finding_events AS f
SEMI JOIN linked_executions USING (execution_id)
WHERE f.role IN ('original', 'duplicate')
GROUP BY f.finding_id, f.execution_id;

-- A storm began with what failed first, though the call that failed, or one beside it, had begun before.
CREATE OR REPLACE TEMP TABLE finding_failures AS
SELECT
    f.finding_id,
    f.detector,
    arg_min(e.event_id, (e.occurred_at, e.event_id)) AS event_id,
    min(e.occurred_at) AS occurred_at
FROM finding_events AS f
INNER JOIN events AS e USING (event_id)
WHERE f.detector = 'retry_storm' AND e.outcome IN ('error', 'timeout', 'rejected', 'unknown')
GROUP BY f.finding_id, f.detector;

CREATE OR REPLACE TEMP TABLE finding_ties AS
WITH
shared AS (
    SELECT
        s.finding_id,
        lag(s.finding_id) OVER (PARTITION BY b.incident_id, s.thing ORDER BY b.first_at, s.finding_id) AS earlier_id,
        s.kind
    FROM shared_things AS s
    INNER JOIN finding_begins AS b USING (finding_id)
    WHERE s.kind <> 'cause'
),

ties AS (
    -- What the run led to that was meant, it would have led to anyhow.
    SELECT
        c.finding_id,
        f.finding_id AS earlier_id,
        CASE WHEN f.is_excess THEN 'caused' ELSE 'followed' END AS relation,
        'chain' AS "by"
    FROM climbed_from('finding_runs') AS c
    INNER JOIN finding_runs AS f USING (execution_id)
    INNER JOIN finding_begins AS later ON c.finding_id = later.finding_id
    INNER JOIN finding_begins AS b ON f.finding_id = b.finding_id
    WHERE c.finding_id <> f.finding_id AND b.first_at <= later.first_at
    QUALIFY row_number() OVER (
        PARTITION BY c.finding_id, c.execution_id ORDER BY b.first_at DESC, f.finding_id
    ) = 1
    UNION
    -- What one finding names as its cause is what happened in the other.
    SELECT later.finding_id, earlier.finding_id, 'caused', 'event'
    FROM finding_events AS later
    INNER JOIN finding_events AS earlier USING (event_id)
    INNER JOIN candidates AS c ON later.finding_id = c.finding_id
    WHERE
        later.role = 'cause' AND earlier.role IN ('original', 'duplicate') AND c.grade IN ('proven', 'strong')
    UNION
    SELECT finding_id, earlier_id, 'followed', kind
    FROM shared
    WHERE earlier_id IS NOT NULL
)

SELECT
    t.finding_id,
    t.earlier_id,
    CASE
        WHEN t.relation = 'caused' THEN 'caused'
        WHEN order_of_stamps(a.stamp, b.stamp) = 'before' THEN 'followed'
        ELSE 'coincided'
    END AS relation,
    t.by
FROM ties AS t
INNER JOIN finding_begins AS a ON t.earlier_id = a.finding_id
INNER JOIN finding_begins AS b ON t.finding_id = b.finding_id
WHERE t.finding_id <> t.earlier_id AND a.incident_id = b.incident_id AND a.first_at <= b.first_at;
