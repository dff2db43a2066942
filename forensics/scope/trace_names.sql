-- How the records of one type are called as a field, as in `Join`.
CREATE OR REPLACE TEMP MACRO entity_field(entity_type) AS concat_ws(':', 'entity_id', entity_type);

-- `ORD-17` and `ord 17` are two names; whether of two things, nobody knows.
CREATE OR REPLACE TEMP MACRO spelled_alike(value) AS lower(regexp_replace(value, '[^\p{L}\p{N}]', '', 'g'));

-- What each event names, after `link`:
--
--     event_id
--     field      what kind of name: a column, `entity_id:order`, or a path into `attributes`; fields that a
--                used join says name one thing are one, whichever of them the source has (`name_fields`)
--     value
--     told       by the event itself, not only by the run it belongs to
--
-- An event that names no order belongs to the order of its run, where its run names one order only.
CREATE OR REPLACE TEMP TABLE event_names AS
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
),

own AS (
    SELECT DISTINCT
        s.event_id,
        nullif(s.execution_id, s.event_id) AS run,
        coalesce(f.name, s.field) AS field,
        s.value
    FROM said AS s
    LEFT JOIN name_fields AS f ON s.field = f.field AND s.source = coalesce(f.source, s.source)
    WHERE s.value IS NOT NULL
),

-- A key or a message is of one call each; what it is about, and for whom, holds for the whole run.
of_runs AS (
    SELECT run, field, min(value) AS value
    FROM own
    WHERE run IS NOT NULL AND field NOT IN ('operation_key', 'delivery_id')
    GROUP BY run, field
    HAVING min(value) = max(value)
),

members AS (
    SELECT event_id, execution_id AS run FROM events
    WHERE execution_id <> event_id AND execution_id IN (SELECT run FROM of_runs)
)

SELECT event_id, field, value, TRUE AS told FROM own
UNION ALL
SELECT m.event_id, r.field, r.value, FALSE
FROM members AS m
INNER JOIN of_runs AS r USING (run)
ANTI JOIN own AS o ON m.event_id = o.event_id AND r.field = o.field;
