-- What returns of one effect that look alike had given back by the last of them, with all others of it, beside what was
-- paid. Parts that make up all of it are no repeat of each other; where it is more, and would not be but for the repeats,
-- these were too many.
CREATE OR REPLACE TABLE returns_given AS
SELECT effect_key AS charge, unnest("returns") AS given
FROM compensations;

CREATE OR REPLACE TABLE returns_alike AS
SELECT
    c.finding_id,
    g.charge,
    max(g.given.occurred_at) AS last_at,
    sum(g.given.amount) - max(g.given.amount) AS given_again
FROM candidates AS c
INNER JOIN candidate_evidence AS v USING (finding_id)
INNER JOIN suspect_effects AS s USING (event_id)
LEFT JOIN returns_given AS g ON s.effect_key = g.given.returned_by
WHERE c.suppressor IS NULL AND c.pattern = 'same_content' AND v.role IN ('original', 'duplicate')
GROUP BY c.finding_id, g.charge
-- All of them are of one charge, and of that alone.
QUALIFY count(*) OVER (PARTITION BY c.finding_id) = 1;

-- Of which the lines say different sums, as of one that was held first and taken in part, it is not known.
CREATE OR REPLACE TABLE sums_paid AS
SELECT
    w.effect_key AS charge,
    any_value({'amount': e.amount, 'currency': e.currency}) FILTER (e.amount IS NOT NULL) AS paid
FROM effect_witnesses AS w
INNER JOIN events AS e USING (event_id)
WHERE w.effect_key IN (SELECT charge FROM returns_alike) AND w.happened
GROUP BY w.effect_key
HAVING count(DISTINCT {'amount': e.amount, 'currency': e.currency}) FILTER (e.amount IS NOT NULL) = 1;

CREATE OR REPLACE TABLE returns_together AS
SELECT
    a.finding_id,
    p.paid.amount AS paid,
    sum(g.given.amount) AS given_back
FROM returns_alike AS a
INNER JOIN sums_paid AS p USING (charge)
INNER JOIN returns_given AS g USING (charge)
WHERE g.given.occurred_at <= a.last_at
GROUP BY a.finding_id, p.paid, a.given_again
HAVING
    bool_and(NOT g.given.whole AND g.given.currency IS NOT DISTINCT FROM p.paid.currency)
    AND p.paid.amount BETWEEN sum(g.given.amount) - a.given_again AND sum(g.given.amount);

UPDATE candidates
SET
    grade = CASE
        WHEN given_back = paid
            THEN CASE WHEN facts ->> '$.doubt' IS NULL AND facts ->> '$.sign' IS NULL THEN 'suspicion' ELSE grade END
        WHEN
            facts ->> '$.unidentified' = 'false' AND facts ->> '$.nowhere_named' = 'false' AND facts ->> '$.spellings' IS NULL
            THEN 'probable'
        ELSE grade
    END,
    facts = json_merge_patch(
        facts,
        to_json({
            -- More than was paid is no chance.
            'coincidence': CASE WHEN given_back = paid THEN facts ->> '$.coincidence' END,
            'returned': {'sum': given_back::VARCHAR, 'paid': paid::VARCHAR, 'too_much': given_back > paid}
        })
    )::VARCHAR
FROM returns_together
WHERE candidates.finding_id = returns_together.finding_id;
