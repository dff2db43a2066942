-- Money that came back without a word of which effect it was of. What bears the id of a charge is of that
-- charge. Of anything else the record (where it names none, the customer), the sum, the currency and,
-- where both are named, the callee decide, and it is of the latest such charge before it that no other
-- return took.
CREATE OR REPLACE TEMP MACRO named_record(entity_type, entity_id, effect_id) AS
    CASE WHEN nullif(entity_id, effect_id) IS NOT NULL THEN [coalesce(entity_type, ''), entity_id] END;

CREATE OR REPLACE TEMP TABLE told_returns AS
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
                callee_of(e.target_system, e.system, e.source),
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
HAVING arg_max(e.outcome, e.occurred_at) IN ('ok', 'partial', 'pending', 'timeout', 'unknown');

CREATE OR REPLACE TEMP TABLE unnamed_returns AS
FROM told_returns
WHERE NOT names_effect AND (amount > 0 OR same_id_key IN (SELECT effect_key FROM effect_witnesses WHERE happened));

-- A charge that a return names is none of those that the others may be of.
CREATE OR REPLACE TEMP TABLE named_returns AS
SELECT DISTINCT
    compensates_effect_id AS effect_id,
    scope_of(tenant, environment) AS scope,
    log_family(source) AS log
FROM events
WHERE
    compensates_effect_id IS NOT NULL
    AND outcome IN ('ok', 'partial', 'pending', 'timeout', 'unknown')
    AND EXISTS (FROM unnamed_returns);

-- Each a query of its own: conditions joined by OR are looked up for every event there is.
CREATE OR REPLACE TEMP TABLE alike AS
SELECT event_id FROM events WHERE entity_id IN (SELECT record[2] FROM unnamed_returns)
UNION ALL
SELECT event_id FROM events WHERE customer_id IN (SELECT customer_id FROM unnamed_returns WHERE record IS NULL)
UNION ALL
SELECT event_id FROM effect_witnesses WHERE effect_key IN (SELECT same_id_key FROM unnamed_returns);

CREATE OR REPLACE TEMP TABLE returnable AS
WITH told AS (
    SELECT w.effect_key, w.trust, e.*
    FROM events AS e
    INNER JOIN effect_witnesses AS w USING (event_id)
    WHERE
        e.event_id IN (SELECT event_id FROM alike)
        AND w.event_id IN (SELECT event_id FROM alike)
        AND w.happened
        AND e.amount > 0
        AND (takes_money(e.money_stage) OR (e.money_stage IS NULL AND e.effect_class = 'billing'))
)

SELECT
    effect_key,
    min(effect_id) AS effect_id,
    min(scope_of(tenant, environment)) AS scope,
    min(named_record(entity_type, entity_id, effect_id)) AS record,
    min(customer_id) AS customer_id,
    arg_min(amount, trust) AS amount,
    arg_min(currency, trust) AS currency,
    min(coalesce(target_system, "system")) AS callee,
    hash(min(operation_key), min(period_key), min(item_key)) AS thing,
    min(occurred_at) AS occurred_at
FROM told
GROUP BY effect_key;

-- The charges of which returns may have been, given rows of charges and returns that have all in common
-- that is told of both (`about`). Callees and customers part them only where several are named. Of charges for
-- several things (`thing`) any may have been meant, unless there are but two: where these are one too many,
-- either mends it.
CREATE OR REPLACE TEMP MACRO charges_returned(things) AS TABLE
WITH parted AS (
    SELECT
        *,
        hash(
            about,
            CASE WHEN min(callee) OVER same <> max(callee) OVER same THEN callee END,
            CASE WHEN min(customer_id) OVER same <> max(customer_id) OVER same THEN customer_id END
        ) AS party,
        count(*) FILTER (NOT is_return) OVER same AS charges
    FROM query_table(things)
    WHERE about IN (SELECT about FROM query_table(things) WHERE is_return)
    WINDOW same AS (PARTITION BY about)
),

-- Two logs may tell of one return and call it differently, as may two lines that give it no id: those
-- count that one log tells of alike.
told_alike AS (
    SELECT party, telling, min(log) AS log, bool_or(identified) AS identified, count(*) AS times
    FROM parted
    WHERE is_return
    GROUP BY party, telling
),

chosen AS (
    SELECT party, arg_max(telling, (times, identified, telling)) AS telling, arg_max(log, (times, identified, telling)) AS log
    FROM told_alike
    GROUP BY party
),

-- What another log names may be what this one does not.
counted AS (
    SELECT
        p.*,
        row_number() OVER (PARTITION BY p.party, p.is_return ORDER BY p.occurred_at, p.effect_key) AS nth,
        count(*) FILTER (NOT p.is_return AND p.named_in <> c.log) OVER (PARTITION BY p.party) AS named_elsewhere
    FROM parted AS p
    INNER JOIN chosen AS c USING (party)
    WHERE NOT p.is_return OR p.telling = c.telling
),

-- A return is of the last charge that none took yet, as a bracket closes the last that is open.
balanced AS (
    SELECT
        *,
        sum(CASE WHEN is_return THEN -1 ELSE 1 END) OVER (
            PARTITION BY party ORDER BY occurred_at, is_return, effect_key ROWS UNBOUNDED PRECEDING
        ) AS balance
    FROM counted
    WHERE CASE WHEN is_return THEN nth > named_elsewhere ELSE named_in IS NULL END
),

levelled AS (
    SELECT
        *,
        balance - least(
            min(balance) OVER (
                PARTITION BY party ORDER BY occurred_at, is_return, effect_key ROWS UNBOUNDED PRECEDING
            ), 0
        ) + is_return::INTEGER AS depth
    FROM balanced
),

closed AS (
    SELECT
        *,
        lead(CASE WHEN is_return THEN effect_key END) OVER (
            PARTITION BY party, depth ORDER BY occurred_at, is_return, effect_key
        ) AS returned_by,
        max(CASE WHEN is_return THEN occurred_at END) OVER (PARTITION BY party) AS last_return_at
    FROM levelled
)

SELECT
    effect_key,
    returned_by,
    arg_max(effect_key, (occurred_at, effect_key)) FILTER (returned_by IS NOT NULL) OVER (PARTITION BY party) AS given_to,
    bool_or(returned_by IS NULL) OVER (PARTITION BY party)
    AND (
        min(coalesce(record, [])) OVER (PARTITION BY party) <> max(coalesce(record, [])) OVER (PARTITION BY party)
        OR (charges > 2 AND min(thing) OVER (PARTITION BY party) <> max(thing) OVER (PARTITION BY party))
    ) AS unsure
FROM closed
WHERE NOT is_return AND occurred_at <= last_return_at;

CREATE OR REPLACE TEMP TABLE returns_by_id AS
SELECT r.effect_key AS returned_by, c.effect_key
FROM unnamed_returns AS r
INNER JOIN returnable AS c ON r.same_id_key = c.effect_key;

CREATE OR REPLACE TEMP TABLE open_charges AS
SELECT c.*, n.log AS named_in
FROM returnable AS c
LEFT JOIN (SELECT effect_id, scope, min(log) AS log FROM named_returns GROUP BY ALL) AS n USING (effect_id, scope)
WHERE c.effect_key NOT IN (SELECT effect_key FROM returns_by_id);

CREATE OR REPLACE TEMP VIEW money_moves AS
SELECT
    effect_key, scope, record, customer_id, amount, currency, callee, thing, occurred_at,
    FALSE AS is_return, NULL AS log, NULL AS telling, TRUE AS identified, named_in
FROM open_charges
UNION ALL
SELECT
    effect_key, scope, record, customer_id, amount, currency, callee, NULL AS thing, occurred_at,
    TRUE AS is_return, log, hash(log, CASE WHEN NOT identified THEN "action" END) AS telling, identified,
    NULL AS named_in
FROM unnamed_returns
WHERE effect_key NOT IN (SELECT returned_by FROM returns_by_id);

CREATE OR REPLACE TEMP TABLE moves_of_records AS
SELECT *, hash(scope, record, amount, currency) AS about
FROM money_moves
WHERE record IS NOT NULL AND occurred_at IS NOT NULL;

CREATE OR REPLACE TEMP TABLE returned_by_record AS
FROM charges_returned('moves_of_records');

CREATE OR REPLACE TEMP TABLE moves_of_customers AS
SELECT *, hash(scope, customer_id, amount, currency) AS about
FROM money_moves
WHERE
    customer_id IS NOT NULL
    AND occurred_at IS NOT NULL
    AND (record IS NULL OR NOT is_return)
    AND effect_key NOT IN (SELECT effect_key FROM returned_by_record WHERE returned_by IS NOT NULL);

CREATE OR REPLACE TEMP TABLE returned_by_customer AS
FROM charges_returned('moves_of_customers');

CREATE OR REPLACE TEMP TABLE fitting_returns AS
FROM returns_by_id
UNION ALL
SELECT returned_by, effect_key FROM returned_by_record WHERE returned_by IS NOT NULL AND NOT unsure
UNION ALL
SELECT returned_by, effect_key FROM returned_by_customer WHERE returned_by IS NOT NULL AND NOT unsure;

-- Charges of which a return may have been as well as of the one that it was given to (`given_to`), or,
-- where several things were paid for, of any of them.
CREATE OR REPLACE TEMP TABLE perhaps_returned AS
SELECT effect_key, CASE WHEN NOT unsure THEN given_to END AS given_to
FROM (
    FROM returned_by_record
    UNION ALL
    FROM returned_by_customer
)
WHERE unsure OR (returned_by IS NULL AND given_to IS NOT NULL);

DROP VIEW money_moves;
DROP TABLE told_returns;
DROP TABLE unnamed_returns;
DROP TABLE named_returns;
DROP TABLE alike;
DROP TABLE returnable;
DROP TABLE open_charges;
DROP TABLE returns_by_id;
DROP TABLE moves_of_records;
DROP TABLE moves_of_customers;
DROP TABLE returned_by_record;
DROP TABLE returned_by_customer;
