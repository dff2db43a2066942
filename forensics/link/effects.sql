-- One row a change in the world, however many logs mention it.
CREATE OR REPLACE TEMP TABLE effects AS
SELECT
    coalesce(e.effect_id, min(e.event_id)) AS effect_key,
    e.effect_id,
    arg_min(e.event_id, (coalesce(e.occurred_at, 'infinity'::TIMESTAMPTZ), e.event_id)) AS event_id,
    list(e.event_id ORDER BY e.event_id) AS witnesses,
    any_value(coalesce(target_system, system)) AS callee,
    any_value(action) AS action,
    any_value(operation_key) AS operation_key,
    any_value(tenant) AS tenant,
    any_value(environment) AS environment,
    min(e.occurred_at) AS occurred_at,
    bool_or(outcome IN ('ok', 'partial')) AS happened
FROM events AS e
WHERE kind = 'effect'
GROUP BY e.effect_id, CASE WHEN e.effect_id IS NULL THEN e.event_id END;
