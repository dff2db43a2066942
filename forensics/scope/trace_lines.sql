-- The lines in `reached`, in the order in which they happened as far as the clocks tell.
--
--     true_at    by the reference clock, right to within `error_us` of it
--     in_order   whether this line came after the one above it: `definite`, `possible` (either may have been
--                first) or `unknown` (one of them has no time)
WITH stamped AS (
    SELECT
        r.step,
        r.field,
        r.value,
        CASE WHEN via.event_id IS NOT NULL
            THEN {'source': via.source, 'path': via.source_path, 'line': via.source_line, 'position': via.source_position}
        END AS via_place,
        e.*,
        k,
        true_time(e.occurred_at, k) AS true_at
    FROM reached AS r
    INNER JOIN events AS e USING (event_id)
    INNER JOIN clocks AS k ON k.clock = clock_of(e."clock", e.system, e.source)
    LEFT JOIN events AS via ON r.via = via.event_id
),

placed AS (
    SELECT *, lag(true_at) OVER in_time AS before_true_at,
        lag({'source': source, 'stream': source_stream, 'seq': source_seq, 'at': occurred_at, 'clock': k}) OVER in_time
            AS before
    FROM stamped
    WINDOW in_time AS (ORDER BY true_at NULLS LAST, source, source_seq, source_position, source_part, event_id)
)

SELECT
    event_id,
    source,
    source_path,
    source_line,
    source_position,
    occurred_at,
    true_at,
    k.error_us AS error_us,
    k.resolution_us AS resolution_us,
    CASE
        WHEN before IS NULL THEN 'first'
        WHEN order_in_log(before.source, before.stream, before.seq, source, source_stream, source_seq) = 'before'
            THEN 'definite'
        WHEN occurred_at IS NULL OR before.at IS NULL THEN 'unknown'
        WHEN order_of(before.at, before.clock, occurred_at, k) = 'before' THEN 'definite'
        ELSE 'possible'
    END AS in_order,
    system,
    target_system,
    kind,
    phase,
    action,
    outcome,
    error,
    nullif(concat_ws(' ', entity_type, entity_id), '') AS entity,
    effect_id,
    operation_key,
    delivery_id,
    execution_id,
    customer_id,
    amount,
    currency,
    money_stage,
    step,
    field,
    value,
    via_place AS via
FROM placed
ORDER BY true_at NULLS LAST, source, source_seq, source_position, source_part, event_id;
