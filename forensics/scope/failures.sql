-- What failed while an incident went on and is no evidence of its findings: lines of its runs, and lines that bear
-- the names of the work that was repeated, an action and error each, the first that came; a hundred at most.
CREATE OR REPLACE TEMP TABLE incident_failures AS
WITH spans AS (
    SELECT
        i.incident_id,
        min(f.occurred_at) AS first_at,
        -- What is stamped to the second may have been at its end.
        max(f.occurred_at) + INTERVAL 1 SECOND AS last_at
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE f.role <> 'context'
    GROUP BY i.incident_id
),

tied AS (
    SELECT f.finding_id, e.event_id
    FROM finding_works AS f
    INNER JOIN events AS e USING (execution_id)
    UNION
    SELECT finding_id, event_id FROM origin_lines
),

evidence AS (
    SELECT DISTINCT i.incident_id, f.event_id
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
)

SELECT
    s.incident_id,
    arg_min(e.event_id, (e.occurred_at, e.event_id)) AS event_id,
    count(DISTINCT e.event_id) AS lines
FROM tied AS t
INNER JOIN finding_incidents AS i USING (finding_id)
INNER JOIN spans AS s ON i.incident_id = s.incident_id
INNER JOIN events AS e
    ON
        t.event_id = e.event_id
        AND e.outcome IN ('error', 'timeout', 'rejected')
        AND e.occurred_at BETWEEN s.first_at AND s.last_at
ANTI JOIN evidence AS v ON s.incident_id = v.incident_id AND e.event_id = v.event_id
GROUP BY s.incident_id, e.source, e.action, e.outcome, e.error
QUALIFY row_number() OVER (PARTITION BY s.incident_id ORDER BY min(e.occurred_at), min(e.event_id)) <= 100;
