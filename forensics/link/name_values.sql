-- What each source calls things: one row a source, field and value. Of a field with more than 4,096
-- values those with the smallest hashes are kept, so that samples of two fields hold the same values.
--
--     source, field, value
--     order_of_sample   hash of the value, by which fields are sampled
--     values_of_field   how many different values the field has
--     first_at          when the source first tells of it
--     many              it goes with several things
--     is_time, is_sum   it looks like a time or a sum of money, and names nothing
--     is_unique         too long and too mixed to be equal by chance
--     is_numbered       a number behind a name
CREATE OR REPLACE TABLE name_values AS
WITH
rows_told AS (
    SELECT
        source,
        occurred_at,
        hash(coalesce(entity_type || ' ' || entity_id, effect_id, event_id)) AS thing,
        effect_id,
        operation_key,
        delivery_id,
        natural_key,
        customer_id,
        trace_id,
        transaction_id
    FROM events
),

mentions AS (
    SELECT source, field, value, occurred_at, thing
    FROM rows_told
    UNPIVOT (
        value FOR field IN (
            effect_id, operation_key, delivery_id, natural_key, customer_id, trace_id, transaction_id
        )
    )
    UNION ALL
    SELECT source, field_of_entity(entity_type), entity_id, occurred_at, 0
    FROM events
    WHERE entity_id IS NOT NULL
    UNION ALL
    SELECT source, field_of_entity(record.type), record.id, occurred_at, 0
    FROM (SELECT source, occurred_at, unnest(related) AS record FROM events)
    WHERE record.id IS NOT NULL
    UNION ALL
    SELECT source, field, value, occurred_at, thing
    FROM (
        SELECT
            e.source,
            e.occurred_at,
            hash(coalesce(e.entity_type || ' ' || e.entity_id, e.effect_id, e.event_id)) AS thing,
            unnest(p.fields) AS field,
            unnest(list_transform(p.paths, lambda path: json_extract_string(e.attributes, path))) AS value
        FROM events AS e
        INNER JOIN (
            SELECT source, list(field ORDER BY field) AS fields, list(path ORDER BY field) AS paths
            FROM attribute_fields
            GROUP BY source
        ) AS p USING (source)
        WHERE e.attributes IS NOT NULL
    )
    WHERE value IS NOT NULL
),

distinct_values AS (
    SELECT
        source,
        field,
        value,
        hash(value) AS order_of_sample,
        min(occurred_at) AS first_at,
        min(thing) <> max(thing) AS many
    FROM mentions
    WHERE length(value) BETWEEN 1 AND 128 AND NOT regexp_matches(value, '\s')
    GROUP BY source, field, value
),

sampled AS (
    SELECT *, count(*) OVER (PARTITION BY source, field) AS values_of_field
    FROM distinct_values
    QUALIFY row_number() OVER (PARTITION BY source, field ORDER BY order_of_sample, value) <= 4096
)

SELECT
    *,
    regexp_matches(value, '^\d{4}-\d\d-\d\d') OR coalesce(
        regexp_matches(value, '^1\d{9}(\d{3}){0,3}(\.\d+)?$')
        AND abs(try_cast(left(value, 10) AS BIGINT) - epoch(first_at)) < 34560000,
        false
    ) AS is_time,
    regexp_matches(value, '^-?\d*[.,]\d+$') OR regexp_matches(value, '^\d{1,3}(\.\d{1,3}){3}(:\d+)?$') AS is_sum,
    NOT regexp_matches(value, '^[^0-9]*\d{1,15}$')
    AND regexp_matches(value, '[0-9]') AND regexp_matches(value, '(?i)[0-9a-z]{8}') AS is_unique,
    regexp_matches(value, '(?i)^[a-z]{2,}[^0-9]*\d{2,15}$') AS is_numbered
FROM sampled;

-- The fields, and which of them may name things.
CREATE OR REPLACE TABLE name_fields AS
SELECT
    source,
    field,
    any_value(values_of_field) AS values_of_field,
    -- Up to where the hashes of its values are all known.
    CASE
        WHEN any_value(values_of_field) > count(*) THEN max(order_of_sample)
        ELSE 18446744073709551615::UBIGINT
    END AS known_up_to,
    list(order_of_sample ORDER BY order_of_sample) AS hashes,
    avg(many::INTEGER) > 0.05 AS many,
    any_value(values_of_field) >= $fewest
    AND avg((is_time OR is_sum)::INTEGER) < 0.5
    AND NOT regexp_matches(
        field,
        '(?i)(^|[._])(amount|sum|total|subtotal|price|cost|fee|tax|balance|cents|quantity|qty|count|size|bytes|length'
        || '|duration|elapsed|latency|ms|seconds|status|code|port|version|offset|lsn|attempt|retries)$'
    ) AS may_name
FROM name_values
GROUP BY source, field;
