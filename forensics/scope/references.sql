-- Which effects other records name: an order that carries the id of its charge, a ledger entry, a
-- shipment. Of a record that named several in turn, the last one counts.
CREATE OR REPLACE TEMP TABLE effect_references AS
WITH claimed AS (
    SELECT DISTINCT
        x.effect_key, x.effect_id, x.callee, x.entity_type, x.entity_id, x.trace_id, x.tenant, x.environment
    FROM finding_effects AS f
    INNER JOIN found_effects AS x USING (effect_key)
    WHERE f.detector = 'duplicate_side_effect' AND NOT f.is_context AND length(x.effect_id) >= 6
),

-- Wide columns are read of few events only. What one log calls `order` may be `public.orders` in
-- another; a short number is an id only within its type.
near AS (
    SELECT e.event_id, c.effect_key
    FROM claimed AS c
    INNER JOIN events AS e
        ON
            c.entity_id = e.entity_id
            AND (c.entity_type IS NOT DISTINCT FROM e.entity_type OR NOT regexp_full_match(c.entity_id, '\d{1,9}'))
    UNION
    SELECT e.event_id, c.effect_key
    FROM claimed AS c
    INNER JOIN events AS e ON c.trace_id = e.trace_id
    UNION
    -- A record that bears the effect's id as its own, such as a row of payments; the callee's own is none.
    SELECT e.event_id, c.effect_key
    FROM claimed AS c
    INNER JOIN events AS e ON c.effect_id = e.entity_id AND c.callee <> coalesce(e.target_system, e.system)
),

naming AS (
    SELECT
        c.effect_key,
        e.event_id,
        e.occurred_at,
        concat_ws(' ', coalesce(e.entity_type, e.action), e.entity_id) AS record,
        hash(e.source, e.entity_type, coalesce(e.entity_id, e.event_id)) AS record_key
    FROM near
    INNER JOIN claimed AS c USING (effect_key)
    INNER JOIN events AS e USING (event_id)
    ANTI JOIN found_witnesses AS w ON e.event_id = w.event_id
    WHERE
        e.kind IN ('write', 'state')
        AND coalesce(e.tenant = c.tenant, TRUE)
        AND coalesce(e.environment = c.environment, TRUE)
        AND (
            e.entity_id = c.effect_id
            OR contains(e.attributes, c.effect_id)
            OR list_contains([r.id FOR r IN e.related], c.effect_id)
            OR contains(e.raw, c.effect_id)
        )
)

SELECT effect_key, min(record) AS record, arg_min(event_id, record) AS event_id
FROM (
    FROM naming
    QUALIFY occurred_at IS NOT DISTINCT FROM max(occurred_at) OVER (PARTITION BY record_key)
)
GROUP BY effect_key;
