-- What two tenants or environments call alike is two things; who names none tells of the one there is.
CREATE OR REPLACE MACRO differing_in(name, part) AS
CASE WHEN min(part) OVER (PARTITION BY name) <> max(part) OVER (PARTITION BY name) THEN part END;

CREATE OR REPLACE MACRO name_apart(name, tenant, environment) AS
hash(name, sure_hash(differing_in(name, tenant)), beside_live(differing_in(name, environment)));

-- Rows of one attempt: what one run opened and closed, one handing-over seen from two sides, one
-- fact read twice.
CREATE OR REPLACE TABLE attempt_parts AS
WITH opened AS (
    SELECT
        event_id,
        source,
        place,
        kind,
        phase,
        occurred_at,
        source_seq,
        tenant,
        environment,
        delivery_id,
        operation_key,
        consumer,
        handoff_id,
        row_number() OVER run AS step,
        phase = 'start' OR coalesce(lag(phase) OVER run, 'end') = 'end' AS opens
    FROM called_rows
    WHERE phase <> 'single'
    WINDOW run AS (
        PARTITION BY place, kind ORDER BY occurred_at, source_seq, phase = 'end', phase = 'progress', event_id
    )
),

witnessed AS (
    SELECT
        * EXCLUDE (step, opens),
        hash('run', sure_hash(place), kind, sum(opens::INTEGER) OVER (PARTITION BY place, kind ORDER BY step)) AS whole
    FROM opened
    UNION ALL BY NAME
    SELECT
        event_id,
        source,
        kind,
        phase,
        occurred_at,
        tenant,
        environment,
        delivery_id,
        operation_key,
        consumer,
        handoff_id,
        sure_hash(event_id) AS whole
    FROM called_rows
    WHERE phase = 'single' AND handoff_id IS NOT NULL
),

handoffs AS (
    SELECT
        whole,
        source,
        min(occurred_at) AS began_at,
        min(tenant) AS tenant,
        min(environment) AS environment,
        min(delivery_id) AS message,
        CASE WHEN message IS NULL THEN min(operation_key) END AS "key",
        CASE WHEN message IS NULL AND "key" IS NULL THEN min(consumer) END AS consumer,
        hash(kind, sure_hash(min(handoff_id))) AS handoff
    FROM witnessed
    WHERE (kind, handoff_id) IN (
        SELECT (kind, handoff_id)
        FROM witnessed
        WHERE handoff_id IS NOT NULL
        GROUP BY kind, handoff_id
        HAVING min(source) <> max(source)
    )
    GROUP BY whole, source, kind
),

parted_handoffs AS (
    SELECT * REPLACE (name_apart(handoff, tenant, environment) AS handoff)
    FROM handoffs
),

-- Some brokers count what they hand over, anew for each consumer.
counted_apart AS (
    SELECT
        * REPLACE (
            hash(
                handoff, differing_in(handoff, message), differing_in(handoff, "key"), differing_in(handoff, consumer)
            ) AS handoff
        )
    FROM parted_handoffs
),

handed AS (
    SELECT
        whole,
        hash('handoff', handoff, row_number() OVER (PARTITION BY source, handoff ORDER BY began_at, whole)) AS handed
    FROM counted_apart
),

facts AS (
    SELECT
        event_id,
        occurred_at,
        tenant,
        environment,
        hash(kind, action, sure_hash(occurrence_id)) AS fact
    FROM called_rows
    WHERE phase = 'single' AND occurrence_id IS NOT NULL AND handoff_id IS NULL AND kind IN ('attempt', 'effect')
)

SELECT
    event_id,
    occurred_at,
    coalesce(handed, whole) AS whole
FROM witnessed
LEFT JOIN handed USING (whole)
WHERE phase <> 'single' OR handed IS NOT NULL
UNION ALL
SELECT
    event_id,
    occurred_at,
    hash('fact', name_apart(fact, tenant, environment))
FROM facts
WHERE fact IN (SELECT fact FROM facts GROUP BY fact HAVING count(*) > 1);
