-- Findings that share an event, a chain, a trace, a record or an operation are one incident.
-- What very many findings share (a scheduler, a hub record) joins nothing.
CREATE OR REPLACE TEMP TABLE shared_things AS
WITH things AS (
    SELECT finding_id, 'event ' || event_id AS thing FROM finding_events
    UNION
    SELECT f.finding_id, 'chain ' || x.root_id
    FROM finding_events AS f
    INNER JOIN executions AS x USING (execution_id)
    UNION
    SELECT finding_id, 'trace ' || trace_id FROM finding_events
WHERE trace_id IS NOT NULL
    UNION
    SELECT finding_id, concat_ws(' ', 'record', tenant, environment, entity_type, entity_id)
    FROM finding_events
    WHERE entity_id IS NOT NULL
    UNION
    SELECT finding_id, 'operation ' || operation_key
    FROM finding_events
    WHERE operation_key IS NOT NULL
    UNION
    SELECT finding_id, 'effect ' || effect_id FROM finding_events
WHERE effect_id IS NOT NULL
)

SELECT
    finding_id,
    thing
FROM things
QUALIFY count(*) OVER (PARTITION BY thing) BETWEEN 2 AND 50;
