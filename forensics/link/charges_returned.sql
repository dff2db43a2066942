-- The charges of which returns may have been, given rows of charges and returns that have all in common
-- that is told of both (`about`). Callees and customers part them only where several are named. Of charges for
-- several things (`thing`) any may have been meant, unless there are but two: where these are one too many,
-- either mends it. One row a charge before the last return:
--
--     returned_by   the return that took it
--     given_to      the last charge that one of these returns took
--     unsure        some of these charges were not taken, and any of them may have been meant
CREATE OR REPLACE MACRO charges_returned(money_rows) AS TABLE
WITH parted AS (
    SELECT
        *,
        hash(
            about,
            CASE WHEN min(callee) OVER same <> max(callee) OVER same THEN sure_hash(callee) END,
            CASE WHEN min(customer_id) OVER same <> max(customer_id) OVER same THEN sure_hash(customer_id) END
        ) AS party,
        count(*) FILTER (NOT is_return) OVER same AS charges
    FROM query_table(money_rows)
    WHERE about IN (SELECT about FROM query_table(money_rows) WHERE is_return)
    WINDOW same AS (PARTITION BY about)
),

-- Two logs may tell of one return and call it differently, as may two lines that give it no id: those
-- count that one log tells of alike, and of which it tells most.
counting AS (
    SELECT party, telling, min(log) AS log
    FROM parted
    WHERE is_return
    GROUP BY party, telling
    QUALIFY
        row_number() OVER (PARTITION BY party ORDER BY count(*) DESC, bool_or(identified) DESC, telling) = 1
),

-- What another log names may be what this one does not.
counted AS (
    SELECT
        p.*,
        row_number() OVER (PARTITION BY p.party, p.is_return ORDER BY p.occurred_at, p.effect_key) AS nth,
        count(*) FILTER (NOT p.is_return AND p.named_in <> c.log) OVER (PARTITION BY p.party) AS named_elsewhere
    FROM parted AS p
    INNER JOIN counting AS c USING (party)
    WHERE NOT p.is_return OR p.telling = c.telling
),

-- A return is of the last charge that none took yet, as a bracket closes the last that is open.
balanced AS (
    SELECT
        *,
        sum(CASE WHEN is_return THEN -1 ELSE 1 END) OVER in_order AS balance,
        max(occurred_at) FILTER (is_return) OVER (PARTITION BY party) AS last_return_at
    FROM counted
    WHERE CASE WHEN is_return THEN nth > named_elsewhere ELSE named_in IS NULL END
    WINDOW in_order AS (PARTITION BY party ORDER BY occurred_at, is_return, effect_key ROWS UNBOUNDED PRECEDING)
),

nested AS (
    SELECT *, balance - least(min(balance) OVER in_order, 0) + is_return::INTEGER AS depth
    FROM balanced
    WINDOW in_order AS (PARTITION BY party ORDER BY occurred_at, is_return, effect_key ROWS UNBOUNDED PRECEDING)
),

closed AS (
    SELECT
        *,
        lead(CASE WHEN is_return THEN effect_key END) OVER (
            PARTITION BY party, depth ORDER BY occurred_at, is_return, effect_key
        ) AS returned_by
    FROM nested
)

SELECT
    effect_key,
    returned_by,
    arg_max(effect_key, (occurred_at, effect_key)) FILTER (returned_by IS NOT NULL) OVER of_party AS given_to,
    bool_or(returned_by IS NULL) OVER of_party
    AND (
        min(coalesce(record, [])) OVER of_party <> max(coalesce(record, [])) OVER of_party
        OR (charges > 2 AND min(thing) OVER of_party <> max(thing) OVER of_party)
    ) AS unsure
FROM closed
WHERE NOT is_return AND occurred_at <= last_return_at
WINDOW of_party AS (PARTITION BY party);
