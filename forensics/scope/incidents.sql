-- What findings may share: an event, a chain, a trace, a record, an operation, an effect. The same id
-- of another tenant or environment is another thing; where a log names none, that of the others is
-- meant if they all name one.
CREATE OR REPLACE TEMP TABLE shared_things AS
WITH named AS (
    SELECT finding_id, 'event' AS kind, hash(event_id) AS "name", NULL AS tenant, NULL AS environment
    FROM finding_events
    UNION ALL
    SELECT f.finding_id, 'chain', hash(x.root_id), f.tenant, f.environment
    FROM finding_events AS f
    INNER JOIN executions AS x USING (execution_id)
    UNION ALL
    SELECT finding_id, 'trace', hash(trace_id), tenant, environment
    FROM finding_events
    WHERE trace_id IS NOT NULL
    UNION ALL
    -- Numbers without a type are unique within one log only.
    SELECT
        finding_id,
        'record',
        hash(entity_type, entity_id, CASE WHEN entity_type IS NULL THEN source END),
        tenant,
        environment
    FROM finding_events
    WHERE entity_id IS NOT NULL
    UNION ALL
    SELECT
        finding_id,
        'operation',
        hash(operation_key, CASE WHEN NOT beyond_chance(operation_key) THEN callee END),
        tenant,
        environment
    FROM finding_events
    WHERE operation_key IS NOT NULL
    UNION ALL
    -- The key of an effect says whose it is.
    SELECT finding_id, 'effect', effect_key, NULL, NULL FROM finding_effects
),

owned AS (
    SELECT
        finding_id,
        kind,
        "name",
        coalesce(tenant, CASE WHEN min(tenant) OVER alike = max(tenant) OVER alike THEN min(tenant) OVER alike END)
            AS tenant,
        coalesce(
            environment,
            CASE
                WHEN min(environment) OVER alike = max(environment) OVER alike THEN min(environment) OVER alike
            END
        ) AS environment
    FROM named
    WINDOW alike AS (PARTITION BY kind, "name")
)

SELECT DISTINCT finding_id, kind, hash(kind, "name", tenant, environment) AS thing
FROM owned;
