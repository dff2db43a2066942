-- Money that came back without a word of which effect it was of, and the charges that it may be of.
--
-- What bears the id of a charge is of that charge. Of anything else the record (where it names none, the
-- customer), the sum, the currency and, where both are named, the callee decide.
CREATE OR REPLACE MACRO named_record(entity_type, entity_id, effect_id) AS
    CASE WHEN nullif(entity_id, effect_id) IS NOT NULL THEN [coalesce(entity_type, ''), entity_id] END;

CREATE OR REPLACE TABLE unnamed_returns AS
WITH told AS (
    SELECT
        w.effect_key,
        bool_or(e.compensates_effect_id IS NOT NULL) AS names_effect,
        bool_or(w.identified) AS identified,
        min(CASE
            WHEN e.effect_id IS NOT NULL
                THEN effect_identity(
                    e.effect_id,
                    NULL,
                    scope_of(e.tenant, e.environment),
                    sure_hash(callee_of(e.target_system, e.system, e.source)),
                    coalesce(e.entity_type, e.action)
                )
        END) AS same_id_key,
        min(log_family(e.source)) AS log,
        min(e.action) AS action,
        min(scope_of(e.tenant, e.environment)) AS scope,
        min(named_record(e.entity_type, e.entity_id, e.effect_id)) AS record,
        min(e.customer_id) AS customer_id,
        arg_min(e.amount, w.trust) AS amount,
        arg_min(CASE WHEN e.amount IS NOT NULL THEN e.currency END, w.trust) AS currency,
        min(coalesce(e.target_system, e.system)) AS callee,
        min(e.occurred_at) AS occurred_at
    FROM events AS e
    INNER JOIN effect_witnesses AS w USING (event_id)
    WHERE e.money_stage IN ('refunded', 'reversed') AND w.trust < 5
    GROUP BY w.effect_key
    HAVING arg_max(e.outcome, e.occurred_at) IN ('ok', 'partial', 'pending', 'timeout', 'unknown')
)

FROM told
WHERE NOT names_effect AND (amount > 0 OR same_id_key IN (SELECT effect_key FROM effect_witnesses WHERE happened));

-- What may be a charge that came back. A table, since the engine knows when it is empty; each a query of its own:
-- conditions joined by OR are looked up for every event there is.
CREATE OR REPLACE TABLE returnable_events AS
SELECT event_id FROM events WHERE entity_id IN (SELECT record[2] FROM unnamed_returns)
UNION ALL
SELECT event_id FROM events WHERE customer_id IN (SELECT customer_id FROM unnamed_returns WHERE record IS NULL)
UNION ALL
SELECT event_id FROM effect_witnesses WHERE effect_key IN (SELECT same_id_key FROM unnamed_returns);

-- `named_in`: the log in which another return names the charge, which is then none of those that these may be of.
CREATE OR REPLACE TABLE returnable_charges AS
WITH told AS (
    SELECT w.effect_key, w.trust, e.*
    FROM events AS e
    INNER JOIN effect_witnesses AS w USING (event_id)
    WHERE
        e.event_id IN (FROM returnable_events)
        AND w.event_id IN (FROM returnable_events)
        AND w.happened
        AND e.amount > 0
        AND (takes_money(e.money_stage) OR (e.money_stage IS NULL AND e.effect_class = 'billing'))
),

charges AS (
    SELECT
        effect_key,
        min(effect_id) AS effect_id,
        min(scope_of(tenant, environment)) AS scope,
        min(named_record(entity_type, entity_id, effect_id)) AS record,
        min(customer_id) AS customer_id,
        arg_min(amount, trust) AS amount,
        arg_min(currency, trust) AS currency,
        min(coalesce(target_system, "system")) AS callee,
        hash(sure_hash(min(operation_key)), sure_hash(min(period_key)), sure_hash(min(item_key))) AS thing,
        min(occurred_at) AS occurred_at
    FROM told
    GROUP BY effect_key
),

named AS (
    SELECT compensates_effect_id AS effect_id, scope_of(tenant, environment) AS scope, min(log_family(source)) AS log
    FROM events
    WHERE
        compensates_effect_id IN (SELECT effect_id FROM charges)
        AND outcome IN ('ok', 'partial', 'pending', 'timeout', 'unknown')
    GROUP BY ALL
)

SELECT c.*, n.log AS named_in
FROM charges AS c
LEFT JOIN named AS n USING (effect_id, scope);

DROP TABLE returnable_events;
