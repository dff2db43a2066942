-- One row a change in the world, however many logs mention it. `effects_of` takes a table of
-- (event_id, effect_key), so that a query that needs a few effects does not merge millions.
CREATE OR REPLACE TEMP MACRO effects_of(witness_table) AS TABLE
WITH told AS (
    SELECT
        w.effect_key,
        e.*,
        coalesce(e.target_system, e.system) AS callee,
        e.outcome IN ('ok', 'partial') AS did_happen,
        CASE
            WHEN e.kind = 'state' OR e.money_stage = 'settled' THEN 'settled'
            WHEN e.vantage IN ('provider', 'server', 'database', 'broker')
                AND coalesce(e.target_system = e.system, true) THEN 'recorded'
            WHEN e.effect_id IS NOT NULL
                AND (e.vantage IN ('client', 'server', 'proxy') OR e.target_system <> e.system)
                THEN 'answered'
            ELSE 'asserted'
        END AS grade
    FROM query_table(witness_table) AS w
    INNER JOIN events AS e USING (event_id)
),

-- Of several values the earliest stands; what the callee calls a thing outranks what its caller does,
-- and where one log tells of an effect in several ways, always the same way is taken.
ordered AS (
    SELECT
        *,
        (occurred_at IS NULL, coalesce(occurred_at, 'epoch'::TIMESTAMPTZ), event_id) AS by_time,
        (
            array_position(['settled', 'recorded', 'answered', 'asserted'], grade), action, by_time
        ) AS by_trust
    FROM told
),

merged AS (
    SELECT
        effect_key,
        arg_min(effect_id, by_time) AS effect_id,
        arg_min(event_id, (NOT did_happen, kind = 'state', by_time)) AS event_id,
        list(event_id ORDER BY by_time) AS witnesses,
        list(event_id ORDER BY by_time) FILTER (outcome = 'replayed') AS replays,
        list(event_id ORDER BY by_time) FILTER (outcome IN ('rejected', 'skipped')) AS refusals,
        list(event_id ORDER BY by_time) FILTER (outcome IN ('timeout', 'unknown', 'error')) AS doubts,
        arg_min(outcome, by_time) FILTER (outcome IN ('timeout', 'unknown', 'error')) AS doubt,
        arg_min(grade, by_trust) AS witness_grade,
        list_sort(list(DISTINCT source)) AS sources,
        list_sort(list(DISTINCT action)) AS actions,
        list_sort(list(DISTINCT occurrence_id)) AS occurrences,
        arg_min(callee, by_trust) AS callee,
        arg_min(system, by_trust) AS system,
        arg_min(action, by_trust) AS action,
        arg_min(effect_class, by_trust) AS effect_class,
        arg_min(operation_key, by_time) AS operation_key,
        arg_min(action, by_trust) FILTER (operation_key IS NOT NULL) AS keyed_action,
        arg_min(delivery_id, by_time) AS delivery_id,
        arg_min(action, action) FILTER (delivery_id IS NOT NULL) AS delivered_action,
        arg_min(callee, action) FILTER (delivery_id IS NOT NULL) AS delivered_callee,
        arg_min(handoff_id, by_time) AS handoff_id,
        arg_min(execution_id, by_time) FILTER (execution_id <> event_id) AS execution_id,
        arg_min(cause_id, by_time) AS cause_id,
        arg_min(action, (cause_id IS NULL, trace_id IS NULL, action)) AS caused_action,
        arg_min(trace_id, by_time) AS trace_id,
        arg_min(workflow, by_time) AS workflow,
        arg_min(consumer, by_time) AS consumer,
        arg_min(attempt, by_time) AS attempt,
        arg_min(trigger_kind, by_time) AS trigger_kind,
        arg_min(actor, by_time) AS actor,
        arg_min(actor_kind, by_time) AS actor_kind,
        arg_min({'type': entity_type, 'id': entity_id}, by_time)
            FILTER (entity_id IS NOT NULL AND entity_id IS DISTINCT FROM effect_id) AS entity,
        arg_min(natural_key, by_time) AS natural_key,
        arg_min(item_key, by_time) AS item_key,
        arg_min(period_key, by_time) AS period_key,
        arg_min(scheduled_for, by_time) AS scheduled_for,
        arg_min(customer_id, by_time) AS customer_id,
        arg_min(tenant, by_time) AS tenant,
        arg_min(environment, by_time) AS environment,
        arg_min({'amount': amount, 'currency': currency}, by_trust)
            FILTER (amount IS NOT NULL) AS money,
        arg_min(money_stage, by_trust) AS money_stage,
        arg_min(payload_hash, by_trust) AS payload_hash,
        arg_min(occurred_at, (NOT did_happen, kind = 'state', by_time)) AS occurred_at,
        arg_min(ended_at, (NOT did_happen, kind = 'state', by_time)) AS ended_at,
        arg_min(outcome, (NOT did_happen, kind = 'state', by_time)) AS outcome,
        coalesce(bool_or(did_happen), false) AS happened,
        bool_or(outcome IN ('timeout', 'unknown')) AS ambiguous,
        bool_and(kind = 'state') AS is_state
    FROM ordered
    GROUP BY effect_key
)

SELECT
    m.* EXCLUDE (entity, money),
    m.entity.type AS entity_type,
    m.entity.id AS entity_id,
    m.money.amount AS amount,
    m.money.currency AS currency,
    c.compensated_by,
    c.compensations,
    c.compensated_at,
    -- `least` passes over NULL: what was never taken back must stay NULL.
    CASE WHEN c.compensated_amount IS NOT NULL THEN least(c.compensated_amount, m.money.amount) END
        AS compensated_amount
FROM merged AS m
LEFT JOIN compensations AS c USING (effect_key);

CREATE OR REPLACE TEMP VIEW effects AS
FROM effects_of('effect_witnesses')
WHERE NOT is_state;
