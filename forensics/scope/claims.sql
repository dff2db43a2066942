-- A claim is what was meant to happen once: the effects of a finding, or, where it repeats a batch,
-- those of it that look the same. What a circle did too much is a claim of which nothing stays.
CREATE OR REPLACE TEMP TABLE finding_claims AS
SELECT
    f.finding_id,
    f.effect_key,
    f.is_duplicate,
    f.is_original AND NOT f.is_superfluous AS is_original,
    f.is_superfluous,
    CASE
        WHEN f.is_superfluous THEN hash(f.finding_id, f.effect_key)
        WHEN count(*) FILTER (WHERE f.is_original) OVER (PARTITION BY f.finding_id) > 1
            THEN hash(
                f.finding_id, x.action, x.entity_type, sure_hash(x.entity_id), sure_hash(x.customer_id),
                sure_hash(x.item_key), x.amount, x.currency
            )
        ELSE hash(f.finding_id)
    END AS claim
FROM finding_effects AS f
INNER JOIN found_effects AS x USING (effect_key)
WHERE (f.detector = 'duplicate_side_effect' AND (f.is_original OR f.is_duplicate)) OR f.is_superfluous;

-- A return that no log ties to one effect is of those of the claim only where it cannot be of another.
CREATE OR REPLACE TEMP MACRO perhaps_returned_of(claims) AS TABLE
SELECT c.claim, c.effect_key, 'perhaps refunded' AS state
FROM query_table(claims) AS c
INNER JOIN perhaps_returned AS p USING (effect_key)
WHERE NOT EXISTS (
    FROM query_table(claims) AS other
    WHERE other.claim = c.claim AND other.effect_key = p.given_to
);

-- The effects of each claim that should not have been, given rows (claim, effect_key, is_duplicate,
-- is_original), one a claim and effect. As many effects stay as no finding calls a duplicate; those
-- that still stand stay before those that were taken back, so that what was mended by undoing the
-- first is not mended again by undoing the second.
CREATE OR REPLACE TEMP MACRO excess_of(claims) AS TABLE
WITH
-- Records that name one effect of the claim each decide nothing.
named AS (
    SELECT c.*, CASE WHEN count(r.effect_key) OVER (PARTITION BY c.claim) = 1 THEN r.record END AS named_by
    FROM query_table(claims) AS c
    LEFT JOIN effect_references AS r USING (effect_key)
),

standing AS (
    SELECT
        c.claim,
        c.effect_key,
        x.effect_id,
        x.occurred_at,
        x.event_id,
        x.currency,
        x.taken_back,
        x.stamp,
        coalesce(u.state, p.state) AS under_way,
        -- What is only authorised is a promise, not money.
        CASE WHEN x.money_stage IS DISTINCT FROM 'authorised' THEN x.amount END AS amount,
        coalesce(x.compensated_amount, 0) AS compensated,
        c.named_by,
        greatest(
            count(*) FILTER (WHERE NOT c.is_duplicate) OVER same,
            max(c.is_original::INTEGER) OVER same
        ) AS staying,
        row_number() OVER (
            same ORDER BY
                x.taken_back,
                c.named_by IS NULL,
                u.effect_key IS NOT NULL,
                p.effect_key IS NOT NULL,
                coalesce(x.compensated_amount, 0),
                c.is_duplicate,
                x.occurred_at,
                x.event_id
        ) AS place
    FROM named AS c
    INNER JOIN found_effects AS x USING (effect_key)
    LEFT JOIN returns_under_way AS u USING (effect_key)
    LEFT JOIN perhaps_returned_of(claims) AS p USING (claim, effect_key)
    WINDOW same AS (PARTITION BY c.claim)
),

-- What came back for an effect that stays is owed no more for the others.
counted AS (
    SELECT
        *,
        CASE WHEN place > staying THEN amount - compensated END AS outstanding,
        coalesce(
            sum(compensated) FILTER (WHERE place <= staying AND amount IS NOT NULL) OVER (
                PARTITION BY claim, currency
            ), 0
        ) AS returned_for_kept,
        min(CASE WHEN place <= staying AND NOT taken_back THEN effect_id END) OVER (PARTITION BY claim)
            AS kept,
        min(CASE WHEN place <= staying THEN named_by END) OVER (PARTITION BY claim) AS kept_named_by,
        bool_or(place > staying AND (taken_back OR compensated > 0)) OVER (PARTITION BY claim)
        AND NOT bool_or(place <= staying AND (taken_back OR compensated > 0)) OVER (PARTITION BY claim)
            AS kept_is_whole,
        -- Money that is on its way back may be that of the other.
        coalesce(
            under_way, max(CASE WHEN place <= staying AND NOT taken_back THEN under_way END) OVER (PARTITION BY claim)
        ) AS return_under_way,
        -- That another stays was decided by time alone, and the log does not tell the times apart.
        place > staying
        AND (taken_back, named_by IS NULL, under_way IS NULL, compensated) = (
            first_value(taken_back) OVER in_order,
            first_value(named_by IS NULL) OVER in_order,
            first_value(under_way IS NULL) OVER in_order,
            first_value(compensated) OVER in_order
        )
        AND order_of_stamps(first_value(stamp) OVER in_order, stamp) <> 'before' AS unclear
    FROM standing
    WINDOW in_order AS (PARTITION BY claim ORDER BY place)
),

summed AS (
    SELECT
        *,
        bool_or(unclear) OVER (PARTITION BY claim) AS kept_unclear,
        greatest(sum(outstanding) OVER (PARTITION BY claim, currency) - returned_for_kept, 0) AS owed,
        coalesce(
            sum(outstanding) OVER (
                PARTITION BY claim, currency ORDER BY occurred_at, event_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0
        ) AS owed_before
    FROM counted
)

SELECT
    claim,
    effect_key,
    currency,
    amount,
    CASE WHEN amount IS NOT NULL THEN greatest(least(outstanding, owed - owed_before), 0) END AS still_out,
    CASE WHEN staying = 1 THEN kept END AS kept,
    kept_named_by,
    kept_is_whole,
    kept_unclear,
    return_under_way
FROM summed
WHERE place > staying;

CREATE OR REPLACE TEMP TABLE finding_excess AS
SELECT DISTINCT c.finding_id, e.*
FROM excess_of('finding_claims') AS e
INNER JOIN finding_claims AS c USING (claim, effect_key);

CREATE OR REPLACE TEMP TABLE finding_money AS
SELECT
    finding_id,
    coalesce(currency, '') AS currency,
    sum(amount) AS gross,
    sum(amount - still_out) AS compensated
FROM finding_excess
WHERE amount IS NOT NULL
GROUP BY ALL;

-- Claims of several findings that share an effect are one.
CREATE OR REPLACE TEMP TABLE sharing_claims AS
SELECT claim AS member, effect_key AS thing
FROM finding_claims;
