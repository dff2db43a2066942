-- The lines that share something with those that were reached last, and with what they are tied.
--
--     here         the lines that were reached last; like `neighbours` no wider than what ties lines
--     tied_here    what these share: (field, value), `via` one of them
--     neighbours   all lines that may share it, these among them
--     foreign_events   those of another thing of the kind that was asked for, which `own_things` holds
CREATE OR REPLACE TEMP VIEW tying_events AS
SELECT
    event_id,
    effect_id,
    operation_key,
    delivery_id,
    occurrence_id,
    transaction_id,
    nullif(execution_id, event_id) AS execution_id,
    trace_id,
    compensates_effect_id,
    entity_id,
    cause_id
FROM events;

CREATE OR REPLACE TEMP TABLE here AS
FROM tying_events
SEMI JOIN (SELECT event_id FROM reached WHERE step = (SELECT max(step) FROM reached)) USING (event_id);

-- A record may bear the id of an effect, and then is what that effect made.
CREATE OR REPLACE TEMP TABLE made_records AS
SELECT DISTINCT effect_id FROM events
WHERE effect_id IN (SELECT unnest([effect_id, compensates_effect_id, entity_id]) FROM here);

CREATE OR REPLACE TEMP MACRO ties_of(event_table) AS TABLE
SELECT event_id, field, value
FROM query_table(event_table)
UNPIVOT (
    value FOR field IN (
        effect_id, operation_key, delivery_id, occurrence_id, transaction_id, execution_id, trace_id
    )
)
UNION ALL
SELECT event_id, 'effect_id', compensates_effect_id FROM query_table(event_table) WHERE compensates_effect_id IS NOT NULL
UNION ALL
SELECT event_id, 'effect_id', entity_id FROM query_table(event_table) WHERE entity_id IN (FROM made_records)
UNION ALL
SELECT event_id, 'execution_id', cause_id FROM query_table(event_table) WHERE cause_id IS NOT NULL
UNION ALL
SELECT event_id, 'told_effect', effect_key::VARCHAR
FROM effect_witnesses SEMI JOIN query_table(event_table) USING (event_id);

CREATE OR REPLACE TEMP TABLE tied_here AS
SELECT field, value, min(event_id) AS via FROM ties_of('here') GROUP BY field, value;

CREATE OR REPLACE TEMP TABLE neighbours AS
FROM tying_events
WHERE
    effect_id IN (SELECT value FROM tied_here WHERE field = 'effect_id')
    OR compensates_effect_id IN (SELECT value FROM tied_here WHERE field = 'effect_id')
    OR entity_id IN (SELECT value FROM tied_here WHERE field = 'effect_id')
    OR operation_key IN (SELECT value FROM tied_here WHERE field = 'operation_key')
    OR delivery_id IN (SELECT value FROM tied_here WHERE field = 'delivery_id')
    OR occurrence_id IN (SELECT value FROM tied_here WHERE field = 'occurrence_id')
    OR transaction_id IN (SELECT value FROM tied_here WHERE field = 'transaction_id')
    OR execution_id IN (SELECT value FROM tied_here WHERE field = 'execution_id')
    OR cause_id IN (SELECT value FROM tied_here WHERE field = 'execution_id')
    OR trace_id IN (SELECT value FROM tied_here WHERE field = 'trace_id')
    OR event_id IN (
        SELECT event_id FROM effect_witnesses
        WHERE effect_key IN (SELECT value::UBIGINT FROM tied_here WHERE field = 'told_effect')
    );

CREATE OR REPLACE TEMP TABLE foreign_events AS
SELECT event_id FROM names_of('neighbours')
WHERE field IN (SELECT field FROM own_things)
EXCEPT
SELECT event_id FROM names_of('neighbours') SEMI JOIN own_things USING (field, value);
