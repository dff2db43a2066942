-- Which effects other records name: an order that carries the id of its charge, a ledger entry, a
-- shipment. Of each record only its newest line counts: what it named before, it no longer does.

-- What tells of money to give back names the charge that is too many.
CREATE OR REPLACE TEMP MACRO is_complaint(words) AS
    coalesce(regexp_matches(lower(words), 'refund|duplicat|disput|complain|revers|void|ticket|support'), FALSE);

CREATE OR REPLACE TEMP TABLE effect_references AS
WITH claimed AS (
    SELECT DISTINCT
        x.effect_key, x.effect_id, x.callee, x.entity_type, x.entity_id, x.tenant, x.environment
    FROM finding_effects AS f
    INNER JOIN found_effects AS x USING (effect_key)
    -- Digits alone may be an amount or a time.
    WHERE
        f.detector = 'duplicate_side_effect' AND NOT f.is_context
        AND length(x.effect_id) >= 6 AND NOT regexp_full_match(x.effect_id, '\d+')
),

told AS (FROM events WHERE kind IN ('write', 'state') AND entity_id IS NOT NULL),

near AS (
    SELECT entity_id FROM claimed
    UNION
    SELECT effect_id FROM claimed
    UNION
    SELECT entity_id
    FROM (SELECT entity_id, unnest(related).id AS name FROM told)
    WHERE name IN (SELECT effect_id FROM claimed)
),

newest AS (
    SELECT
        event_id,
        entity_type,
        entity_id,
        tenant,
        environment,
        related,
        coalesce(target_system, system) AS callee
    FROM told
    ANTI JOIN found_witnesses USING (event_id)
    WHERE entity_id IN (FROM near)
    QUALIFY occurred_at IS NOT DISTINCT FROM max(occurred_at) OVER (
        PARTITION BY source, tenant, beside_live(environment), entity_type, entity_id
    )
),

related_to AS (
    SELECT event_id, linked.id AS name
    FROM (SELECT event_id, unnest(related) AS linked FROM newest)
    WHERE NOT is_complaint(linked.type)
),

-- Wide columns are read of few events only. What one log calls `order` may be `public.orders` in
-- another; a short number is an id only within its type.
own AS (
    SELECT n.event_id, c.effect_key
    FROM newest AS n
    INNER JOIN claimed AS c
        ON
            n.entity_id = c.entity_id
            AND (c.entity_type IS NOT DISTINCT FROM n.entity_type OR NOT regexp_full_match(c.entity_id, '\d{1,9}'))
),

texts AS (
    SELECT event_id, unnest([attributes, raw]) AS text
    FROM events
    WHERE event_id IN (SELECT event_id FROM own)
),

-- Whole values of fields only: `ch_1007` does not name `ch_100`.
fields AS (
    SELECT DISTINCT t.event_id, f.atom ->> '$' AS name
    FROM texts AS t, json_tree(CASE WHEN json_valid(t.text) THEN t.text ELSE '{}' END) AS f
    WHERE f.type = 'VARCHAR' AND NOT is_complaint(f.fullkey) AND NOT regexp_matches(f.fullkey, '\.(before|previous|old)\b')
),

naming AS (
    SELECT o.event_id, o.effect_key
    FROM own AS o
    INNER JOIN claimed AS c USING (effect_key)
    INNER JOIN fields AS f ON o.event_id = f.event_id AND c.effect_id = f.name
    UNION
    SELECT r.event_id, c.effect_key
    FROM related_to AS r
    INNER JOIN claimed AS c ON r.name = c.effect_id
    UNION
    -- A record that bears the effect's id as its own, such as a row of payments; the callee's own is none.
    SELECT n.event_id, c.effect_key
    FROM newest AS n
    INNER JOIN claimed AS c ON n.entity_id = c.effect_id AND n.callee <> c.callee
)

SELECT
    c.effect_key,
    min(concat_ws(' ', n.entity_type, n.entity_id)) AS record,
    arg_min(n.event_id, concat_ws(' ', n.entity_type, n.entity_id)) AS event_id
FROM naming
INNER JOIN newest AS n USING (event_id)
INNER JOIN claimed AS c USING (effect_key)
WHERE
    NOT is_complaint(n.entity_type)
    AND coalesce(n.tenant = c.tenant, TRUE)
    AND coalesce(n.environment = c.environment, TRUE)
GROUP BY c.effect_key;
