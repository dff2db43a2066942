-- Where the ids in `asked` stand, which is looked up for all that will be asked at once: one
-- row an id, event and field. A field of `attributes` is none of the
-- identities; it is said, and nothing more is concluded from it.
CREATE OR REPLACE TEMP TABLE found_ids AS
WITH said AS (
    SELECT event_id, field, value
    FROM (
        SELECT
            event_id,
            event_id AS record,
            occurrence_id,
            delivery_id,
            handoff_id,
            operation_key,
            effect_id,
            compensates_effect_id,
            natural_key,
            item_key,
            transaction_id,
            execution_id,
            previous_execution_id,
            cause_id,
            trace_id,
            customer_id
        FROM events
    )
    UNPIVOT (
        value FOR field IN (
            record, occurrence_id, delivery_id, handoff_id, operation_key, effect_id, compensates_effect_id,
            natural_key, item_key, transaction_id, execution_id, previous_execution_id, cause_id, trace_id, customer_id
        )
    )
    UNION ALL
    SELECT event_id, entity_field(entity_type), entity_id FROM events
    UNION ALL
    SELECT event_id, entity_field(record.type), record.id
    FROM (SELECT event_id, unnest(related) AS record FROM events)
    UNION ALL
    SELECT event_id, 'cause_id', unnest(other_causes) FROM events
    UNION ALL
    SELECT event_id, 'attributes', unnest(regexp_extract_all(attributes, '"([^"\\]{3,128})"', 1))
    FROM events
    WHERE attributes IS NOT NULL
)

SELECT DISTINCT a.id, s.event_id, s.field
FROM asked AS a
INNER JOIN said AS s ON a.id = s.value
WHERE
    -- A run that is the event itself is said once, and a run's own id is its own cause nowhere.
    NOT (s.field = 'execution_id' AND s.event_id = s.value);

DELETE FROM found_ids
WHERE
    field = 'attributes'
    AND (id, event_id) IN (SELECT (id, event_id) FROM found_ids WHERE field <> 'attributes');

CREATE OR REPLACE TEMP VIEW asked_events AS
FROM found_ids SEMI JOIN asked USING (id);
