-- What findings may share: an event, a chain, a trace, a record, an operation, an effect. The same id
-- of another tenant or environment is another thing.
CREATE OR REPLACE TEMP TABLE shared_things AS
WITH things AS (
    SELECT finding_id, 'event' AS kind, hash(event_id) AS thing FROM finding_events
    UNION ALL
    SELECT f.finding_id, 'chain' AS kind, hash(f.tenant, f.environment, x.root_id) AS thing
    FROM finding_events AS f
    INNER JOIN executions AS x USING (execution_id)
    UNION ALL
    SELECT finding_id, 'trace' AS kind, hash(tenant, environment, trace_id) AS thing
    FROM finding_events
    WHERE trace_id IS NOT NULL
    UNION ALL
    SELECT finding_id, 'record' AS kind, hash(tenant, environment, entity_type, entity_id) AS thing
    FROM finding_events
    WHERE entity_id IS NOT NULL
    UNION ALL
    SELECT finding_id, 'operation' AS kind, hash(tenant, environment, operation_key) AS thing
    FROM finding_events
    WHERE operation_key IS NOT NULL
    UNION ALL
    -- The key of an effect says whose it is.
    SELECT finding_id, 'effect' AS kind, effect_key AS thing FROM finding_effects
)

SELECT DISTINCT finding_id, kind, hash(kind, thing) AS thing
FROM things;
