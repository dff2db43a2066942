-- One row an effect that any log tells of, however many do.
--
--     trust       of its best witness, as `effect_witnesses` numbers it
--     "group"     what counts together: class and stage of the money; where no stage is told, the callee too,
--                 so that a queue's word for a task is not added to a provider's for the message it sent
--     recorders   logs of the callee itself that hold it
CREATE OR REPLACE TEMP TABLE told_effects AS
WITH mentions AS (
    SELECT
        w.effect_key,
        w.trust,
        w.happened,
        w.identified,
        e.*,
        callee_of(e.target_system, e.system, e.source) AS callee,
        coalesce(e.target_system, e.system) = e.system AS names_no_other,
        list_position(['authorised', 'captured', 'settled'], e.money_stage) AS progress_of_money
    FROM effect_witnesses AS w
    INNER JOIN (
        SELECT
            event_id, effect_id, effect_class, money_stage, source, customer_id, tenant, environment, amount, currency,
            outcome, occurred_at, kind, system, target_system
        FROM events
    ) AS e USING (event_id)
)

SELECT
    effect_key,
    arg_min(effect_id, (trust, event_id)) FILTER (effect_id IS NOT NULL) AS effect_id,
    arg_min(effect_class, (trust, event_id)) FILTER (effect_class IS NOT NULL) AS effect_class,
    arg_max(money_stage, (progress_of_money, event_id)) FILTER (money_stage IS NOT NULL) AS money_stage,
    arg_min(callee, (trust, event_id)) AS callee,
    min(trust) AS trust,
    bool_or(happened) AS happened,
    bool_or(outcome IN ('timeout', 'unknown', 'pending')) AS is_doubtful,
    -- A system's word on its own work, naming neither what was moved nor anybody that was asked.
    bool_and(trust >= 4 AND money_stage IS NULL AND names_no_other) AS is_own_work,
    bool_or(occurred_at IS NULL) AS is_untimed,
    list(DISTINCT customer_id ORDER BY customer_id) FILTER (customer_id IS NOT NULL) AS customers,
    max(tenant) AS tenant,
    max(environment) AS environment,
    arg_min(amount, (trust, event_id)) FILTER (amount IS NOT NULL) AS amount,
    arg_min(currency, (trust, event_id)) FILTER (amount IS NOT NULL) AS currency,
    list(DISTINCT source ORDER BY source) FILTER (trust <= 2) AS recorders,
    list(event_id ORDER BY event_id) AS witnesses,
    min(occurred_at) AS first_at
FROM mentions
GROUP BY effect_key
-- Rows of a database are what systems remember of the world, not what they did to it.
HAVING NOT bool_and(kind = 'write' AND coalesce(effect_class, 'data') = 'data');

CREATE OR REPLACE TEMP TABLE effect_names AS
SELECT DISTINCT x.effect_key, n.field, n.value
FROM (SELECT effect_key, unnest(witnesses) AS event_id FROM told_effects) AS x
INNER JOIN event_names AS n USING (event_id);
