-- How the records of one type are called as a field: `entity_id:order`.
CREATE OR REPLACE MACRO field_of_entity(entity_type) AS concat_ws(':', 'entity_id', entity_type);

-- A key as a step of a JSON path.
CREATE OR REPLACE MACRO json_step(name) AS '."' || name || '"';

-- The fields of `attributes` that hold text or numbers, at the top or one level deep, of up to a
-- thousand records of each source: the forty that are found most often. What one column that names
-- obligations always holds as well, or one kind of related record, needs no second name.
CREATE OR REPLACE TABLE attribute_fields AS
WITH
records AS (
    SELECT
        source,
        unnest(
            min_by(
                {
                    'attributes': attributes,
                    'effect_id': effect_id,
                    'operation_key': operation_key,
                    'delivery_id': delivery_id,
                    'natural_key': natural_key,
                    'related': related
                },
                hash(event_id),
                1000
            ),
            max_depth := 2
        )
    FROM events
    WHERE attributes IS NOT NULL
    GROUP BY source
),

tops AS (
    SELECT r.*, top.key AS name, top.type, top.value
    FROM records AS r, json_each(r.attributes) AS top
),

leaves AS (
    SELECT *, name AS field, '$' || json_step(name) AS path
    FROM tops
    UNION ALL
    SELECT
        t.* REPLACE (inner_one.type AS type, inner_one.value AS value),
        t.name || '.' || inner_one.key,
        '$' || json_step(t.name) || json_step(inner_one.key)
    FROM (FROM tops WHERE type = 'OBJECT') AS t, json_each(t.value) AS inner_one
),

told AS (
    SELECT *, value ->> '$' AS said, [other.type FOR other IN related IF other.id = value ->> '$'] AS kinds
    FROM leaves
    -- A JSON path has no word for an empty key, nor for one with a quote, a backslash or a star.
    WHERE type IN ('VARCHAR', 'BIGINT', 'UBIGINT') AND NOT regexp_matches(field, '["*\\]') AND NOT contains(path, '""')
)

SELECT source, field, min(path) AS path
FROM told
GROUP BY source, field
HAVING NOT (
    bool_and(coalesce(effect_id = said, FALSE))
    OR bool_and(coalesce(operation_key = said, FALSE))
    OR bool_and(coalesce(delivery_id = said, FALSE))
    OR bool_and(coalesce(natural_key = said, FALSE))
    OR (bool_and(coalesce(len(kinds) = 1, FALSE)) AND min(kinds) = max(kinds))
)
QUALIFY row_number() OVER (PARTITION BY source ORDER BY count(*) DESC, field) <= 40;
