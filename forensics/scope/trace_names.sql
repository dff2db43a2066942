-- How the records of one type are called as a field, as in `Join`.
CREATE OR REPLACE TEMP MACRO entity_field(entity_type) AS concat_ws(':', 'entity_id', entity_type);

-- `ORD-17` and `ord 17` are two names; whether of two things, nobody knows.
CREATE OR REPLACE TEMP MACRO spelled_alike(value) AS lower(regexp_replace(value, '[^\p{L}\p{N}]', '', 'g'));

-- What each event names by itself, after `link`:
--
--     event_id
--     run        that it belongs to; null where it stands alone
--     field      what kind of name: a column, `entity_id:order`, or a path into `attributes`; fields that a
--                used join says name one thing are one, whichever of them the source has (`name_fields`)
--     value      where a log says it twice, twice
CREATE OR REPLACE TEMP TABLE own_names AS
WITH said AS (
    SELECT event_id, source, execution_id, field, value
    FROM (
        SELECT event_id, source, execution_id, operation_key, delivery_id, natural_key, customer_id FROM events
    )
    UNPIVOT (value FOR field IN (operation_key, delivery_id, natural_key, customer_id))
    UNION ALL
    -- What was made is not what it is about: a charge's own id as entity says nothing.
    SELECT event_id, source, execution_id, entity_field(entity_type), entity_id
    FROM events
    WHERE entity_id IS NOT NULL AND entity_id IS DISTINCT FROM effect_id
    UNION ALL
    SELECT event_id, source, execution_id, entity_field(record.type), record.id
    FROM (SELECT event_id, source, execution_id, effect_id, unnest(related) AS record FROM events)
    WHERE record.id IS NOT NULL AND record.id IS DISTINCT FROM effect_id
    UNION ALL
    SELECT e.event_id, e.source, e.execution_id, p.field, json_extract_string(e.attributes, p.path)
    FROM events AS e
    INNER JOIN joined_attributes AS p USING (source)
)

SELECT
    s.event_id,
    nullif(s.execution_id, s.event_id) AS run,
    coalesce(f.name, s.field) AS field,
    s.value
FROM said AS s
LEFT JOIN name_fields AS f ON s.field = f.field AND s.source = coalesce(f.source, s.source)
WHERE s.value IS NOT NULL;

-- A key or a message is of one call each; what it is about, and for whom, holds for the whole run.
CREATE OR REPLACE TEMP TABLE names_of_runs AS
SELECT run, field, min(value) AS value
FROM own_names
WHERE run IS NOT NULL AND field NOT IN ('operation_key', 'delivery_id')
GROUP BY run, field
HAVING min(value) = max(value);

-- All that each of some events names. An event that names no order belongs to the order of its run, where its
-- run names one order only. Most of a case is asked for by nobody, and so is never spelled out.
CREATE OR REPLACE TEMP MACRO names_of(event_table) AS TABLE
WITH own AS (
    SELECT event_id, field, value
    FROM own_names SEMI JOIN query_table(event_table) USING (event_id)
),

members AS (
    SELECT event_id, execution_id AS run
    FROM events SEMI JOIN query_table(event_table) USING (event_id)
    WHERE execution_id <> event_id
)

FROM own
UNION ALL
SELECT m.event_id, r.field, r.value
FROM members AS m
INNER JOIN names_of_runs AS r USING (run)
ANTI JOIN own AS o ON m.event_id = o.event_id AND r.field = o.field;

-- The events that name one of these values, as `names_of` says it.
CREATE OR REPLACE TEMP MACRO naming(value_table) AS TABLE
WITH members AS (
    SELECT e.event_id, r.field, r.value
    FROM names_of_runs AS r
    INNER JOIN events AS e ON r.run = e.execution_id AND e.execution_id <> e.event_id
    WHERE r.value IN (SELECT value FROM query_table(value_table))
)

SELECT event_id, field, value
FROM own_names
WHERE value IN (SELECT value FROM query_table(value_table))
UNION ALL
SELECT m.event_id, m.field, m.value
FROM members AS m
ANTI JOIN (FROM own_names SEMI JOIN members USING (event_id)) AS o ON m.event_id = o.event_id AND m.field = o.field;
