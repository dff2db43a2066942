-- Returns that were asked for, and of which no line says how they ended.
CREATE OR REPLACE TABLE returns_under_way AS
SELECT
    t.effect_key,
    CASE
        WHEN bool_or(c.disputed) THEN 'disputed'
        WHEN bool_or(c.outcome = 'pending') THEN 'refund pending'
        ELSE 'refund outcome unknown'
    END AS state
FROM told_compensations AS c
INNER JOIN compensation_targets AS t USING (returned_by, named, scope)
ANTI JOIN compensation_outcomes AS o ON c.returned_by = o.returned_by
WHERE c.outcome IN ('pending', 'timeout', 'unknown')
GROUP BY t.effect_key;

-- One row an effect that was taken back, in one or several parts, and stayed so. `returns` holds what
-- came back a part, when and by which return, in its own currency; a reversal without an amount takes all of it back
-- (`whole`).
-- What was reinstated (a dispute that was won, a refund that bounced) is taken from such a return in turn.
CREATE OR REPLACE TABLE compensations AS
WITH RECURSIVE
told AS (
    SELECT * EXCLUDE (stands)
    FROM told_compensations
    INNER JOIN compensation_outcomes USING (returned_by)
    WHERE outcome IN ('ok', 'partial')
    -- A line without the refund's own id may tell of one that has it.
    QUALIFY
        stands AND (identified OR NOT bool_or(identified) OVER (PARTITION BY scope, named))
),

returned AS (
    SELECT
        t.effect_key,
        r.returned_by,
        min(r.event_id) AS event_id,
        min(r.occurred_at) AS occurred_at,
        max(r.amount) IS NULL AS whole,
        -- The largest amount a column can hold.
        coalesce(max(r.amount), 99999999999999::DECIMAL(18, 4)) AS amount,
        arg_max(r.currency, (r.amount, r.currency)) FILTER (r.amount IS NOT NULL) AS currency
    FROM told AS r
    INNER JOIN compensation_targets AS t USING (returned_by, named, scope)
    GROUP BY t.effect_key, r.returned_by
),

-- What a return gave, less what was taken from it in turn, and so on.
followed AS (
    SELECT
        effect_key,
        returned_by,
        returned_by AS last_return,
        whole,
        amount,
        currency,
        1 AS sign,
        [effect_key, returned_by] AS passed
    FROM returned
    UNION ALL
    SELECT
        f.effect_key,
        f.returned_by,
        r.returned_by AS last_return,
        f.whole,
        CASE WHEN f.whole THEN f.amount ELSE least(f.amount, r.amount) END AS amount,
        f.currency,
        -f.sign AS sign,
        list_append(f.passed, r.returned_by) AS passed
    FROM followed AS f
    INNER JOIN returned AS r ON f.last_return = r.effect_key
    WHERE
        NOT list_contains(f.passed, r.returned_by)
        AND (f.whole OR r.whole OR f.currency IS NOT DISTINCT FROM r.currency)
),

standing AS (
    SELECT effect_key, returned_by, sum(sign * amount) AS amount
    FROM followed
    GROUP BY effect_key, returned_by
    HAVING sum(sign * amount) > 0
)

SELECT
    effect_key,
    arg_min(returned_by, r.event_id) AS compensated_by,
    list(r.event_id ORDER BY r.event_id) AS compensations,
    list({
        'returned_by': r.returned_by,
        'occurred_at': r.occurred_at,
        'whole': r.whole,
        'currency': r.currency,
        'amount': s.amount::DECIMAL(18, 4)
    } ORDER BY r.event_id) AS "returns",
    max(r.occurred_at) AS compensated_at
FROM standing AS s
INNER JOIN returned AS r USING (effect_key, returned_by)
GROUP BY effect_key;

DROP TABLE fitting_returns;
DROP TABLE told_compensations;
DROP TABLE compensation_outcomes;
DROP TABLE compensation_targets;
DROP TABLE reinstated_returns;
