-- One row an effect that any log tells of, however many do.
--
--     trust            of its best witness, as `effect_witnesses` numbers it
--     is_recorded      the callee's own log says that it happened, under its id, and not only how things stood
--     has_book         the callee's own log tells of it, if without its id
--     given_back       `in full` or `in part`; null where nothing of it was
--     unnamed_records  lines of that log that say so without an id: keys and runs tie them to this effect
--     money_stage      captured, where any line says so, whatever became of it since
--     customers        as a log names them, each in its namespace: two logs may name one person in two ways
--     is_payout        it hands money on to a seller, and is no second charge of anybody
--     is_own_work      a system's word on its own work, naming neither what was moved nor anybody that was asked
CREATE OR REPLACE TEMP VIEW effect_tellings AS
SELECT
    w.effect_key,
    w.trust,
    -- That money was settled is not the callee's word where its caller says so.
    w.trust <= 2 AND e.kind <> 'state' AND e.vantage IS DISTINCT FROM 'client'
    AND coalesce(e.target_system = e.system, TRUE) AS is_book,
    w.happened,
    e.event_id,
    e.operation_key,
    e.effect_id,
    e.effect_class,
    e.money_stage,
    e.source,
    CASE WHEN e.customer_id IS NOT NULL THEN {'space': coalesce(s.space, e.source), 'id': e.customer_id} END AS customer,
    e.tenant,
    e.environment,
    e.amount,
    e.currency,
    e.outcome,
    e.occurred_at,
    e.kind,
    coalesce(regexp_matches(e.entity_type, '(?i)payout|transfer'), FALSE) AS is_payout,
    callee_of(e.target_system, e.system, e.source) AS callee,
    coalesce(e.target_system, e.system) = e.system AS names_no_other
FROM effect_witnesses AS w
INNER JOIN events AS e USING (event_id)
LEFT JOIN customer_spaces AS s ON e.source = s.source;

CREATE OR REPLACE TEMP TABLE told_effects AS
WITH told AS (
    SELECT
        effect_key,
        arg_min(effect_id, (trust, event_id)) FILTER (effect_id IS NOT NULL) AS effect_id,
        arg_min(effect_class, (trust, event_id)) FILTER (effect_class IS NOT NULL) AS effect_class,
        arg_max(money_stage, (list_position(['authorised', 'debited', 'settled', 'captured'], money_stage), event_id))
            FILTER (money_stage IS NOT NULL) AS money_stage,
        arg_min(callee, (trust, event_id)) AS callee,
        min(trust) AS trust,
        bool_or(happened) AS happened,
        bool_or(outcome IN ('timeout', 'unknown', 'pending')) AS is_doubtful,
        bool_and(trust >= 4 AND money_stage IS NULL AND names_no_other) AS is_own_work,
        bool_or(occurred_at IS NULL) AS is_untimed,
        bool_or(is_payout) AS is_payout,
        coalesce(list(DISTINCT customer ORDER BY customer) FILTER (customer IS NOT NULL), []) AS customers,
        max(tenant) AS tenant,
        max(environment) AS environment,
        arg_min(amount, (trust, event_id)) FILTER (amount IS NOT NULL) AS amount,
        arg_min(currency, (trust, event_id)) FILTER (amount IS NOT NULL) AS currency,
        bool_or(is_book) AS has_book,
        bool_or(is_book AND happened AND effect_id IS NOT NULL) AS is_recorded,
        count(*) FILTER (is_book AND happened AND effect_id IS NULL) AS unnamed_records,
        coalesce(list(DISTINCT operation_key ORDER BY operation_key) FILTER (operation_key IS NOT NULL), []) AS keys,
        list(event_id ORDER BY event_id) AS witnesses,
        min(occurred_at) AS first_at
    FROM effect_tellings
    GROUP BY effect_key
    -- Rows of a database are what systems remember of the world, not what they did to it.
    HAVING NOT bool_and(kind = 'write' AND coalesce(effect_class, 'data') = 'data')
)

SELECT
    t.*,
    CASE WHEN b.taken_back THEN 'in full' WHEN b.compensated_by IS NOT NULL THEN 'in part' END AS given_back
FROM told AS t
LEFT JOIN effects AS b USING (effect_key);

-- A call under an effect's key says what the effect was for, where that key is no other's by chance (long enough, or
-- of the same customer) and all its calls name one thing.
CREATE OR REPLACE TEMP TABLE names_by_key AS
WITH keyed AS (
    SELECT DISTINCT effect_key, operation_key, customer.id AS customer_id, tenant, environment
    FROM effect_tellings
    SEMI JOIN told_effects USING (effect_key)
    WHERE operation_key IS NOT NULL
)

SELECT k.effect_key, n.field, min(n.value) AS value
FROM keyed AS k
INNER JOIN events AS e
    ON k.operation_key = e.operation_key
    AND (beyond_chance(k.operation_key) OR k.customer_id = e.customer_id)
    AND coalesce(k.tenant = e.tenant, TRUE)
    AND coalesce(k.environment = e.environment, TRUE)
INNER JOIN own_names AS n ON e.event_id = n.event_id
WHERE n.field NOT IN ('operation_key', 'delivery_id', 'customer_id')
GROUP BY k.effect_key, n.field
HAVING min(n.value) = max(n.value);

CREATE OR REPLACE TEMP TABLE effect_names AS
WITH own AS (
    SELECT DISTINCT x.effect_key, n.field, n.value
    FROM (SELECT effect_key, unnest(witnesses) AS event_id FROM told_effects) AS x
    INNER JOIN names_of('effect_witnesses') AS n USING (event_id)
)

FROM own
UNION ALL
SELECT k.effect_key, k.field, k.value
FROM names_by_key AS k
ANTI JOIN own AS o ON k.effect_key = o.effect_key AND k.field = o.field;
