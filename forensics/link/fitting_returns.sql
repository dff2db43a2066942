-- Which charge each unnamed return is of: the latest before it that is alike, and that no other return took.
CREATE OR REPLACE TABLE returns_by_id AS
SELECT r.effect_key AS returned_by, c.effect_key
FROM unnamed_returns AS r
INNER JOIN returnable_charges AS c ON r.same_id_key = c.effect_key;

CREATE OR REPLACE TABLE money_moves AS
SELECT
    effect_key, scope, record, customer_id, amount, currency, callee, thing, occurred_at, FALSE AS is_return,
    NULL AS log, NULL AS telling, TRUE AS identified, named_in
FROM returnable_charges
ANTI JOIN returns_by_id USING (effect_key)
WHERE occurred_at IS NOT NULL
UNION ALL
SELECT
    effect_key, scope, record, customer_id, amount, currency, callee, NULL AS thing, occurred_at, TRUE AS is_return,
    log, [log, CASE WHEN NOT identified THEN "action" END] AS telling, identified, NULL AS named_in
FROM unnamed_returns
WHERE occurred_at IS NOT NULL AND effect_key NOT IN (SELECT returned_by FROM returns_by_id);

CREATE OR REPLACE VIEW moves_of_records AS
SELECT *, hash(scope, record[1], sure_hash(record[2]), amount, currency) AS about
FROM money_moves
WHERE record IS NOT NULL;

CREATE OR REPLACE TABLE matched_charges AS
FROM charges_returned('moves_of_records');

CREATE OR REPLACE VIEW moves_of_customers AS
SELECT *, hash(scope, sure_hash(customer_id), amount, currency) AS about
FROM money_moves
WHERE
    customer_id IS NOT NULL
    AND (record IS NULL OR NOT is_return)
    AND effect_key NOT IN (SELECT effect_key FROM matched_charges WHERE returned_by IS NOT NULL);

INSERT INTO matched_charges
FROM charges_returned('moves_of_customers');

CREATE OR REPLACE TABLE fitting_returns AS
FROM returns_by_id
UNION ALL
SELECT returned_by, effect_key FROM matched_charges WHERE returned_by IS NOT NULL AND NOT unsure;

-- Charges of which a return may have been as well as of the one that it was given to (`given_to`), or,
-- where several things were paid for, of any of them.
CREATE OR REPLACE TABLE perhaps_returned AS
SELECT effect_key, CASE WHEN NOT unsure THEN given_to END AS given_to
FROM matched_charges
WHERE unsure OR (returned_by IS NULL AND given_to IS NOT NULL);

DROP VIEW moves_of_records;
DROP VIEW moves_of_customers;
DROP TABLE money_moves;
DROP TABLE matched_charges;
DROP TABLE returns_by_id;
DROP TABLE unnamed_returns;
DROP TABLE returnable_charges;
