-- One more step from the lines in `reached`: what shares an effect, a key, a message, a run or a trace with
-- them, unless another thing of the kind that was asked for shares it too.
--
--     own_things   (field, value): what was asked for; `foreign_events` are of another one
INSERT INTO reached
WITH shared AS (
    SELECT event_id, field, value
    FROM (
        SELECT
            event_id,
            effect_id,
            operation_key,
            delivery_id,
            occurrence_id,
            transaction_id,
            nullif(execution_id, event_id) AS execution_id,
            trace_id
        FROM events
    )
    UNPIVOT (
        value FOR field IN (
            effect_id, operation_key, delivery_id, occurrence_id, transaction_id, execution_id, trace_id
        )
    )
    UNION ALL
    SELECT event_id, 'effect_id', compensates_effect_id FROM events WHERE compensates_effect_id IS NOT NULL
    UNION ALL
    SELECT event_id, 'effect_id', entity_id FROM events
    WHERE entity_id IN (SELECT effect_id FROM events WHERE effect_id IS NOT NULL)
    UNION ALL
    SELECT event_id, 'execution_id', cause_id FROM events WHERE cause_id IS NOT NULL
    UNION ALL
    SELECT event_id, 'told_effect', effect_key::VARCHAR FROM effect_witnesses
),

from_here AS (
    SELECT s.field, s.value, min(r.event_id) AS via
    FROM reached AS r
    INNER JOIN shared AS s USING (event_id)
    WHERE r.step = $step - 1
    GROUP BY s.field, s.value
),

private AS (
    SELECT f.*
    FROM from_here AS f
    ANTI JOIN (
        SELECT s.field, s.value FROM shared AS s INNER JOIN foreign_events USING (event_id)
    ) AS o ON f.field = o.field AND f.value = o.value
)

SELECT s.event_id, $step, arg_min(p.field, (list_position($order, p.field), p.value)),
    arg_min(p.value, (list_position($order, p.field), p.value)),
    arg_min(p.via, (list_position($order, p.field), p.value))
FROM private AS p
INNER JOIN shared AS s USING (field, value)
WHERE s.event_id NOT IN (SELECT event_id FROM reached)
GROUP BY s.event_id;
