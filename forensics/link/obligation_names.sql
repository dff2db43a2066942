-- How `effects` name what a field names; null for fields that name no obligation.
CREATE OR REPLACE MACRO name_in(field, value) AS
    CASE
        WHEN field = 'natural_key' THEN value
        WHEN starts_with(field, 'entity_id:') THEN substr(field, 11) || ' ' || value
    END;

-- Obligations that two systems name differently, where a used join says that the names are of one thing:
--
--     scope       hash of tenant and environment, of which each has names of its own
--     name        natural key, else type and id of the record, as `effects` has them
--     obligation  the one name for all of its names
--     joins       what that takes for granted
--
-- A join holds for obligations when both of its fields name one (`natural_key`, an order's id), or when
-- one does and each value of the other stands on records of one obligation of its source, and each of
-- those bears one value. `used_joins` and `linking_fields` come from what was learned.
CREATE OR REPLACE TABLE obligation_names AS
WITH RECURSIVE
named AS (
    SELECT
        event_id,
        scope_of(tenant, environment) AS scope,
        source,
        CASE WHEN natural_key IS NOT NULL THEN 'natural_key' ELSE field_of_entity(entity_type) END AS field,
        coalesce(natural_key, entity_id) AS value,
        coalesce(natural_key, entity_type || ' ' || entity_id) AS name
    FROM events
    WHERE coalesce(natural_key, entity_id) IS NOT NULL
),

owed AS (
    SELECT DISTINCT n.scope, n.source, n.field, n.value, n.name
    FROM named AS n
    INNER JOIN effect_witnesses AS w USING (event_id)
    WHERE w.by_obligation IS NOT NULL AND n.name IS NOT NULL
),

-- The other names that records bear.
linking AS (
    SELECT event_id, source, field, value
    FROM (SELECT event_id, source, effect_id, operation_key, delivery_id, natural_key FROM events)
    UNPIVOT (value FOR field IN (effect_id, operation_key, delivery_id, natural_key))
    UNION ALL
    SELECT event_id, source, field_of_entity(record.type), record.id
    FROM (SELECT event_id, source, unnest(related) AS record FROM events)
    UNION ALL
    SELECT e.event_id, e.source, p.field, json_extract_string(e.attributes, p.path)
    FROM events AS e
    INNER JOIN attribute_fields AS p USING (source)
    INNER JOIN linking_fields USING (source, field)
),

borne AS (
    SELECT DISTINCT n.scope, l.source, l.field, l.value, n.field AS own_field, n.value AS own_value
    FROM linking AS l
    INNER JOIN linking_fields USING (source, field)
    INNER JOIN named AS n USING (event_id)
    WHERE l.value IS NOT NULL AND (l.field, l.value) <> (n.field, n.value)
),

one_to_one AS (
    SELECT *
    FROM borne
    QUALIFY
        count(*) OVER (PARTITION BY scope, source, field, own_field, value) = 1
        AND count(*) OVER (PARTITION BY scope, source, field, own_field, own_value) = 1
),

-- A join read from either side: what is named here is also named there.
both_ways AS (
    SELECT left_source AS source, left_field AS field, right_source AS to_source, right_field AS to_field, assumption
    FROM used_joins
    UNION ALL
    SELECT right_source, right_field, left_source, left_field, assumption
    FROM used_joins
),

same AS (
    SELECT o.scope, o.name, name_in(j.to_field, o.value) AS to_name, j.assumption
    FROM owed AS o
    INNER JOIN both_ways AS j USING (source, field)
    UNION ALL
    SELECT b.scope, name_in(j.field, b.value), name_in(b.own_field, b.own_value), j.assumption
    FROM both_ways AS j
    INNER JOIN one_to_one AS b ON j.to_source = b.source AND j.to_field = b.field
),

-- Only between names that effects bear, so that nothing in between is guessed.
owed_names AS (SELECT DISTINCT scope, name FROM owed),

steps AS (
    SELECT scope, name, to_name, assumption
    FROM (
        SELECT scope, name, to_name, assumption FROM same
        UNION
        SELECT scope, to_name, name, assumption FROM same
    )
    -- Not by joins: all names of one scope may first be paired with each other then.
    WHERE (scope, name) IN (FROM owed_names) AND (scope, to_name) IN (FROM owed_names) AND name <> to_name
),

reached AS (
    SELECT scope, name, name AS to_name FROM steps
    UNION
    SELECT r.scope, r.name, s.to_name
    FROM reached AS r
    INNER JOIN steps AS s ON r.scope = s.scope AND r.to_name = s.name
),

gathered AS (
    SELECT scope, name, min(to_name) AS obligation FROM reached GROUP BY scope, name
),

-- Two orders of one log are two obligations, whatever another log calls them.
confused AS (
    SELECT g.scope, g.obligation
    FROM gathered AS g
    INNER JOIN owed AS o USING (scope, name)
    GROUP BY g.scope, g.obligation, o.source, o.field
    HAVING count(DISTINCT o.value) > 1
)

SELECT g.scope, g.name, g.obligation, list(DISTINCT s.assumption ORDER BY s.assumption) AS joins
FROM gathered AS g
INNER JOIN steps AS s USING (scope, name)
WHERE (g.scope, g.obligation) NOT IN (FROM confused)
GROUP BY g.scope, g.name, g.obligation;

-- So that effects under several names are compared at all; `cross_system` confirms.
UPDATE effect_witnesses
SET by_obligation = hash('one obligation', told.scope, effect_class, money_stage, sure_hash(obligation), amount, currency)
FROM (
    SELECT
        e.event_id,
        n.scope,
        e.effect_class,
        e.money_stage,
        e.amount,
        e.currency,
        n.obligation
    FROM events AS e
    INNER JOIN obligation_names AS n
        ON scope_of(e.tenant, e.environment) = n.scope
        AND coalesce(e.natural_key, e.entity_type || ' ' || e.entity_id) = n.name
) AS told
WHERE effect_witnesses.event_id = told.event_id AND by_obligation IS NOT NULL;
