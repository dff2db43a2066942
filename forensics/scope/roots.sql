-- What an incident may have begun with: the first failure of a storm, the line to which repeated work goes
-- back, what its findings name as their cause, the run that their chains go up to, and the first line of all,
-- at most five of each.
CREATE OR REPLACE TEMP TABLE root_candidates AS
WITH lines AS (
    SELECT f.*, i.incident_id
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE f.role <> 'context'
),

named AS (
    SELECT i.incident_id, 'failure' AS way, f.event_id, f.finding_id, f.occurred_at, FALSE AS before_log
    FROM finding_failures AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    UNION ALL
    SELECT i.incident_id, 'origin', o.event_id, o.finding_id, e.occurred_at, FALSE
    FROM finding_origins AS o
    INNER JOIN finding_incidents AS i USING (finding_id)
    INNER JOIN events AS e USING (event_id)
    UNION ALL
    SELECT incident_id, 'cause', event_id, finding_id, occurred_at, FALSE
    FROM lines
    WHERE "role" = 'cause'
    UNION ALL
    SELECT DISTINCT l.incident_id, 'chain', root.event_id, l.finding_id, root.first_at, root.cause_unseen
    FROM lines AS l
    INNER JOIN linked_executions AS x USING (execution_id)
    INNER JOIN linked_executions AS root ON x.root_id = root.execution_id
    UNION ALL
    SELECT
        incident_id,
        'line',
        arg_min(event_id, (coalesce(occurred_at, 'infinity'), event_id)),
        finding_id,
        min(occurred_at),
        FALSE
    FROM lines
    GROUP BY incident_id, finding_id
)

SELECT
    incident_id,
    way,
    event_id,
    bool_or(before_log) AS before_log,
    list(DISTINCT finding_id ORDER BY finding_id) AS findings
FROM named
GROUP BY incident_id, way, event_id
QUALIFY row_number() OVER (
    PARTITION BY incident_id, way
    ORDER BY count(DISTINCT finding_id) DESC, min(occurred_at) NULLS LAST, event_id
) <= 5;

-- Changes in the day before an incident, the last five.
CREATE OR REPLACE TEMP TABLE preceding_changes AS
WITH begun AS (
    SELECT incident_id, min(first_at) AS first_at
    FROM finding_begins
    GROUP BY incident_id
)

SELECT b.incident_id, e.event_id
FROM (FROM events WHERE kind = 'change') AS e
INNER JOIN begun AS b
    ON e.occurred_at BETWEEN b.first_at - INTERVAL 1 DAY
    -- What is stamped to the second may have been at its end.
    AND b.first_at + CASE WHEN epoch_us(b.first_at) % 1000000 = 0 THEN INTERVAL 999999 MICROSECONDS ELSE INTERVAL 0 SECONDS END
QUALIFY row_number() OVER (PARTITION BY b.incident_id ORDER BY e.occurred_at DESC, e.event_id) <= 5;
