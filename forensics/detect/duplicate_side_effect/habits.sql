-- How many records an action has taken effect on, and on how many twice with the same content. That money left one
-- account and came into another is once.
CREATE OR REPLACE TABLE record_habits AS
WITH
wanted AS (
    SELECT by_action, record_type, count(*) AS again
    FROM (
        SELECT by_action, record_type, record
        FROM suspect_effects
        WHERE repeats_record AND happened AND owed_once(record_type)
        GROUP BY by_action, record_type, record
        HAVING count(*) > greatest(1, count(DISTINCT stage_of(money_stage)))
    )
    GROUP BY by_action, record_type
),

records AS (
    SELECT by_action, by_about, min(effect_key) <> max(effect_key) AS again
    FROM effect_witnesses
    WHERE happened AND by_about IS NOT NULL AND by_action IN (SELECT by_action FROM wanted)
    GROUP BY by_action, by_about
),

actions AS (
    SELECT by_action, count(*) AS records, count_if(again) AS any_again
    FROM records
    GROUP BY by_action
)

SELECT w.by_action, w.record_type, w.again, a.records, a.any_again
FROM wanted AS w
INNER JOIN actions AS a USING (by_action);

-- The most that was held at once for a record: what is taken out of it in parts is one payment. And all that was ever
-- held for it: more can't be taken by what was agreed.
CREATE OR REPLACE TABLE held_amounts AS
SELECT
    scope_of(tenant, environment) AS scope,
    CASE WHEN entity_id IS NOT NULL THEN concat_ws(' ', entity_type, entity_id) END AS entity,
    currency,
    max(amount) AS held,
    sum(amount) AS held_in_all
FROM events
WHERE
    money_stage = 'authorised' AND outcome IN ('ok', 'partial') AND amount IS NOT NULL
    AND entity_id IN (SELECT entity_id FROM suspect_effects WHERE repeats_record OR repeats_content)
GROUP BY ALL;

-- How often the amount of a suspect occurs in that action at all: a price of 9.99 repeats by itself.
CREATE OR REPLACE TABLE amount_counts AS
WITH
wanted AS (
    SELECT DISTINCT
        by_action,
        hash(by_action, amount, currency) AS by_amount
    FROM suspect_effects
    WHERE amount IS NOT NULL
),

amounts AS (
    SELECT by_amount, count(DISTINCT effect_key) AS alike
    FROM effect_witnesses
    WHERE by_amount IN (SELECT by_amount FROM wanted)
    GROUP BY by_amount
),

actions AS (
    SELECT by_action, count(DISTINCT effect_key) AS population
    FROM effect_witnesses
    WHERE by_action IN (SELECT by_action FROM wanted)
    GROUP BY by_action
)

SELECT by_amount, alike, population
FROM wanted
INNER JOIN amounts USING (by_amount)
INNER JOIN actions USING (by_action);
