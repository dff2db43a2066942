-- Which lines are one customer's: those that name it, and those that name nobody and share an order,
-- run, key or effect with such a line.

CREATE OR REPLACE TEMP TABLE customer_adopted AS
WITH held AS (
    SELECT
        event_id,
        customer_id,
        entity_type,
        entity_id,
        unnest([
            CASE WHEN entity_id IS NOT NULL
                THEN hash('order', scope_of(tenant, environment), entity_type, sure_hash(entity_id)) END,
            CASE WHEN execution_id IS NOT NULL
                THEN hash('run', scope_of(tenant, environment), sure_hash(execution_id)) END,
            CASE WHEN operation_key IS NOT NULL
                THEN hash('key', scope_of(tenant, environment), sure_hash(operation_key)) END,
            CASE WHEN effect_id IS NOT NULL
                THEN hash('effect', scope_of(tenant, environment), sure_hash(effect_id)) END
        ]) AS holder
    FROM events
),

holders AS (
    SELECT
        holder,
        bool_or(customer_id = getvariable('customer')) AS is_theirs,
        bool_or(customer_id <> getvariable('customer')) AS is_others,
        -- A batch holds several records of one type, each of which may be somebody else's.
        count(DISTINCT hash(entity_type, sure_hash(entity_id))) FILTER (entity_id IS NOT NULL)
        > count(DISTINCT coalesce(entity_type, '')) FILTER (entity_id IS NOT NULL) AS is_batch
    FROM held
    WHERE holder IS NOT NULL
    GROUP BY holder
)

SELECT event_id
FROM held
INNER JOIN holders USING (holder)
WHERE customer_id IS NULL
GROUP BY event_id
HAVING
    bool_or(is_theirs AND NOT coalesce(is_others, false) AND NOT is_batch)
    AND NOT coalesce(bool_or(is_others AND NOT coalesce(is_theirs, false)), false);

CREATE OR REPLACE TEMP TABLE customer_events AS
FROM events
WHERE customer_id = getvariable('customer') OR event_id IN (FROM customer_adopted);

CREATE OR REPLACE TEMP TABLE other_events AS
FROM events
ANTI JOIN customer_events USING (event_id);
