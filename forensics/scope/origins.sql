-- The lines that bear the names of a finding's repeated work, and the one that this work goes back to: the last that
-- happened once before it, among those that set work off, else among those that did something; where all of them
-- happened again, the first.
CREATE OR REPLACE TEMP TABLE origin_lines AS
WITH
bearing AS (
    SELECT finding_id, event_id
    FROM (
        SELECT finding_id, kind, event_id
        FROM origin_names
        INNER JOIN mentions USING ("name")
        -- What stands in more lines than this names no one piece of work.
        WHERE "name" NOT IN (SELECT "name" FROM mentions GROUP BY "name" HAVING count(*) > 1000)
        GROUP BY finding_id, kind, event_id, names
        HAVING count(DISTINCT "name") = names
    )
    GROUP BY finding_id, event_id
),

owners AS (
    SELECT finding_id, min(tenant) AS tenant, min(environment) AS environment
    FROM origin_acts
    GROUP BY finding_id
)

SELECT b.finding_id, b.event_id
FROM bearing AS b
INNER JOIN events AS e USING (event_id)
INNER JOIN owners AS o USING (finding_id)
-- Another tenant's order of the same number is another order.
WHERE coalesce(e.tenant = o.tenant, TRUE) AND coalesce(e.environment = o.environment, TRUE);

CREATE OR REPLACE TEMP TABLE finding_origins AS
WITH begun AS (
    SELECT finding_id, min(told_at) AS first_at
    FROM origin_acts
    GROUP BY finding_id
),

about AS (
    SELECT
        b.finding_id,
        b.event_id,
        e.source,
        e.kind,
        e.action,
        e.workflow,
        e.entity_type,
        coalesce(e.delivery_id, e.execution_id) AS work,
        may_have_been_at(e.occurred_at, e.clock_resolution_us, k) AS told_at,
        g.first_at,
        e.kind IN ('trigger', 'delivery') OR e.delivery_id IS NOT NULL AS sets_off,
        -- Of lines of one instant: what was asked for, its handing-over, the work.
        list_position(['other', 'trigger', 'delivery', 'write', 'attempt', 'effect'], e.kind) AS place,
        -- The line itself, or the call of which it is the outcome.
        l.event_id IS NOT NULL OR (r.execution_id IS NOT NULL AND e.kind IN ('write', 'attempt', 'effect')) AS is_act
    FROM origin_lines AS b
    INNER JOIN events AS e USING (event_id)
    INNER JOIN clocks AS k ON clock_of(e.clock, e.system, e.source) = k.clock
    INNER JOIN begun AS g USING (finding_id)
    LEFT JOIN origin_acts AS l ON b.finding_id = l.finding_id AND b.event_id = l.event_id
    LEFT JOIN (SELECT DISTINCT finding_id, execution_id FROM origin_acts) AS r
        ON b.finding_id = r.finding_id AND e.execution_id = r.execution_id
    WHERE e.occurred_at IS NOT NULL
),

works AS (
    SELECT
        finding_id,
        event_id,
        sets_off,
        is_act,
        told_at,
        place,
        count(*) OVER (PARTITION BY finding_id, source, kind, action, workflow, entity_type) > 1 AS again,
        least(first_at, min(told_at) FILTER (is_act) OVER (PARTITION BY finding_id)) AS acted_at,
        row_number() OVER (PARTITION BY finding_id, work ORDER BY told_at, place, event_id) AS nth
    FROM about
    WHERE place IS NOT NULL
)

SELECT finding_id, event_id
FROM works
WHERE nth = 1 AND NOT is_act AND told_at <= acted_at
QUALIFY row_number() OVER (
    PARTITION BY finding_id
    ORDER BY
        again,
        NOT sets_off,
        CASE WHEN again THEN epoch_us(told_at) ELSE -epoch_us(told_at) END,
        CASE WHEN again THEN place ELSE -place END,
        event_id
) = 1;

-- A race began with the first line that one of its runs has of the record, be it the run that lost nothing. Two logs
-- of one database name a run differently, and its transaction alike.
INSERT INTO finding_origins
WITH raced AS (
    SELECT
        f.finding_id, f.event_id, f.execution_id, f.entity_type, f.entity_id, f.tenant, f.environment, e.transaction_id
    FROM finding_events AS f
    INNER JOIN events AS e USING (event_id)
    WHERE f.detector = 'race_window' AND f.role <> 'context' AND f.entity_id IS NOT NULL
),

runs AS (
    SELECT DISTINCT r.finding_id, e.execution_id, r.entity_type, r.entity_id, r.tenant, r.environment
    FROM raced AS r
    INNER JOIN events AS e
        ON
            r.entity_id = e.entity_id AND r.entity_type IS NOT DISTINCT FROM e.entity_type
            AND (r.execution_id = e.execution_id OR r.transaction_id = e.transaction_id)
            AND coalesce(r.tenant = e.tenant, TRUE) AND coalesce(r.environment = e.environment, TRUE)
)

SELECT r.finding_id, e.event_id
FROM runs AS r
INNER JOIN events AS e
    ON
        r.execution_id = e.execution_id AND r.entity_id = e.entity_id
        AND r.entity_type IS NOT DISTINCT FROM e.entity_type
        -- Another tenant's record of the same number is another record.
        AND coalesce(r.tenant = e.tenant, TRUE) AND coalesce(r.environment = e.environment, TRUE)
INNER JOIN clocks AS k ON clock_of(e.clock, e.system, e.source) = k.clock
WHERE e.occurred_at IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY r.finding_id
    ORDER BY may_have_been_at(e.occurred_at, e.clock_resolution_us, k), e.source, e.source_seq, e.event_id
) = 1;
