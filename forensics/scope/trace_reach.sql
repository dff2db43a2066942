-- One more step from the lines in `reached`: what shares an effect, a key, a message, a run or a trace with
-- them, unless another thing of the kind that was asked for shares it too. After `neighbours`.
INSERT INTO reached
WITH shared AS (
    FROM ties_of('neighbours') SEMI JOIN tied_here USING (field, value)
),

private AS (
    SELECT f.*
    FROM tied_here AS f
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
