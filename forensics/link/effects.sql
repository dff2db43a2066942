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
    any_value(effect_class) AS effect_class,
    any_value(entity_type) AS entity_type,
    any_value(entity_id) AS entity_id,
    any_value(customer_id) AS customer_id,
    any_value(amount) AS amount,
    any_value(currency) AS currency,
    any_value(money_stage) AS money_stage,
    any_value(outcome) AS outcome,
    NULL::VARCHAR AS compensated_by,
    NULL::DECIMAL(18, 4) AS compensated_amount,
    min(e.occurred_at) AS occurred_at,
    bool_or(outcome IN ('ok', 'partial')) AS happened
FROM events AS e
WHERE kind = 'effect'
GROUP BY e.effect_id, CASE WHEN e.effect_id IS NULL THEN e.event_id END;
