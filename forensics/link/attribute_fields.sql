-- How the records of one type are called as a field: `entity_id:order`.
CREATE OR REPLACE TEMP MACRO field_of_entity(entity_type) AS concat_ws(':', 'entity_id', entity_type);

-- A key as a step of a JSON path.
CREATE OR REPLACE TEMP MACRO step_of(name) AS '."' || name || '"';

-- The fields of `attributes` that hold text or numbers, at the top or one level deep, of up to a
-- thousand records of each source: the forty that are found most often. What always stands in a
-- column of its event as well needs no second name.
CREATE OR REPLACE TEMP TABLE attribute_fields AS
WITH
records AS (
    SELECT
        source,
        unnest(
            min_by(
                {
                    'attributes': attributes,
                    'placed': list_concat(
                        [
                            effect_id, operation_key, delivery_id, natural_key, customer_id, trace_id, transaction_id,
                            entity_id
                        ],
                        [other.id FOR other IN related]
                    )
                },
                hash(event_id),
                1000
            ),
            recursive := true
        )
    FROM events
    WHERE attributes IS NOT NULL
    GROUP BY source
),

tops AS (
    SELECT r.source, r.placed, top.key AS name, top.type, top.value
    FROM records AS r, json_each(r.attributes) AS top
),

leaves AS (
    SELECT source, placed, name AS field, '$' || step_of(name) AS path, type, value
    FROM tops
    UNION ALL
    SELECT
        t.source,
        t.placed,
        t.name || '.' || inner_one.key,
        '$' || step_of(t.name) || step_of(inner_one.key),
        inner_one.type,
        inner_one.value
    FROM (FROM tops WHERE type = 'OBJECT') AS t, json_each(t.value) AS inner_one
)

SELECT source, field, min(path) AS path
FROM leaves
-- A JSON path has no word for an empty key, nor for one with a quote, a backslash or a star.
WHERE type IN ('VARCHAR', 'BIGINT', 'UBIGINT') AND NOT regexp_matches(field, '["*\\]') AND NOT contains(path, '""')
GROUP BY source, field
HAVING NOT bool_and(list_contains(placed, value ->> '$'))
QUALIFY row_number() OVER (PARTITION BY source ORDER BY count(*) DESC, field) <= 40;
