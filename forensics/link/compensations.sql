-- One row an effect that was taken back, in one or several parts, and stayed so. `returns` holds what
-- came back a part, in its own currency; a reversal without an amount takes all of it back (`whole`).
-- What was reinstated (a dispute that was won, a refund that bounced) is taken from such a return in turn.
CREATE OR REPLACE TABLE told_compensations AS
SELECT
    w.effect_key AS returned_by,
    w.identified,
    e.effect_id IS NOT NULL AS names_itself,
    e.event_id,
    e.occurred_at,
    e.outcome,
    e.money_stage = 'disputed' AS disputed,
    coalesce(e.money_stage = 'reinstated', false) AS reinstates,
    -- A capture may name the authorisation that it ends.
    NOT reinstates AND NOT takes_money(e.money_stage) AS gives_back,
    e.amount,
    e.currency,
    -- Without a word of what it took back, it may bear the id of that.
    CASE
        WHEN reinstates THEN coalesce(e.compensates_effect_id, e.effect_id, e.event_id)
        ELSE coalesce(e.compensates_effect_id, f.effect_key::VARCHAR)
    END AS named,
    coalesce(named_record(e.entity_type, e.entity_id, e.effect_id), ['', '', e.customer_id]) AS record,
    scope_of(e.tenant, e.environment) AS scope,
    e.tenant IS NOT NULL OR e.environment IS NOT NULL AS owned,
    callee_of(e.target_system, e.system, e.source) AS callee,
    coalesce(e.entity_type, e.action) AS thing
FROM events AS e
INNER JOIN effect_witnesses AS w USING (event_id)
LEFT JOIN fitting_returns AS f ON w.effect_key = f.returned_by
WHERE
    (e.compensates_effect_id IS NOT NULL OR reinstates OR (f.effect_key IS NOT NULL AND e.money_stage IS NOT NULL))
    AND w.trust < 5;

-- Later lines of a refund need not name the charge again.
CREATE OR REPLACE TABLE compensation_outcomes AS
WITH others AS (
    SELECT effect_key AS returned_by, event_id, identified
    FROM effect_witnesses
    WHERE
        effect_key IN (SELECT returned_by FROM told_compensations)
        AND trust < 5
        AND event_id NOT IN (SELECT event_id FROM told_compensations)
),

outcomes AS (
    SELECT returned_by, occurred_at, outcome, names_itself OR NOT identified AS speaks
    FROM told_compensations
    UNION ALL
    SELECT o.returned_by, e.occurred_at, e.outcome, e.effect_id IS NOT NULL OR NOT o.identified AS speaks
    FROM others AS o
    INNER JOIN events AS e USING (event_id)
)

-- An attempt that failed says nothing of a refund made by another attempt: only a line that carries
-- the refund's id can take it back. Of one instant, the failure is the later word: it is final.
SELECT
    returned_by,
    arg_max(
        outcome IN ('ok', 'partial'),
        (coalesce(occurred_at, '-infinity'::TIMESTAMPTZ), outcome NOT IN ('ok', 'partial'))
    ) AS stands
FROM outcomes
WHERE outcome IN ('ok', 'partial') OR (speaks AND outcome IN ('error', 'cancelled'))
GROUP BY returned_by;

-- What was taken back is a charge, or another return (a dispute that was won); its key says which,
-- and whose it is where one id stands in the books of two.
CREATE OR REPLACE TABLE compensation_targets AS
WITH possible AS (
    SELECT
        returned_by,
        named,
        scope,
        effect_identity(named, stage, scope, sure_hash(callee), thing) AS plain_key,
        unnest(CASE WHEN owned THEN [hash(plain_key, scope), plain_key] ELSE [plain_key] END) AS effect_key,
        stage IS NOT NULL AS is_return
    FROM
        (
            SELECT DISTINCT
                returned_by,
                named,
                scope,
                owned,
                callee,
                thing,
                unnest([NULL, 'disputed', 'refunded', 'reversed', 'reinstated', 'fee']) AS stage
            FROM told_compensations
        )
)

SELECT returned_by, named, scope, arg_min(effect_key, (is_return, effect_key = plain_key, effect_key)) AS effect_key
FROM possible
WHERE
    effect_key <> returned_by
    AND effect_key IN (SELECT effect_key FROM effect_witnesses)
GROUP BY returned_by, named, scope
UNION ALL
SELECT returned_by, effect_key::VARCHAR AS named, scope, effect_key
FROM (SELECT DISTINCT returned_by, scope FROM told_compensations)
INNER JOIN fitting_returns USING (returned_by);

-- What was reinstated may name the charge whose money went back, or nothing: then it is of one record. As brackets
-- close, each takes the last return of its sum before it that none took. Without a return in the log it takes
-- nothing from anybody.
CREATE OR REPLACE TABLE reinstated_returns AS
WITH moved AS (
    SELECT
        c.returned_by,
        c.named,
        c.scope,
        bool_or(c.reinstates) AS reinstates,
        bool_or(c.gives_back) AS gives_back,
        min(t.effect_key) AS effect_key,
        min(c.occurred_at) AS occurred_at,
        -- A named record is greater than a customer alone.
        max(c.record) AS record,
        max(c.amount) AS amount,
        arg_max(c.currency, (c.amount, c.currency)) FILTER (c.amount IS NOT NULL) AS currency
    FROM told_compensations AS c
    LEFT JOIN compensation_targets AS t USING (returned_by, named, scope)
    GROUP BY c.returned_by, c.named, c.scope
),

-- A return is found by what it gave back and by its record.
found_by AS (
    SELECT
        * EXCLUDE (gives_back),
        false AS is_named,
        CASE WHEN effect_key IS NULL THEN record ELSE [effect_key::VARCHAR] END AS place
    FROM moved
    WHERE reinstates
    UNION ALL
    SELECT
        * EXCLUDE (gives_back),
        -- A reinstatement that names the return itself took it.
        returned_by IN (SELECT effect_key FROM moved WHERE reinstates AND effect_key IS NOT NULL) AS is_named,
        unnest([record, [effect_key::VARCHAR]]) AS place
    FROM moved
    WHERE gives_back AND NOT reinstates AND effect_key IS NOT NULL
),

-- One that takes is as deep as what it takes.
nested AS (
    SELECT
        *,
        sum(CASE WHEN reinstates THEN -1 ELSE 1 END) OVER of_sum + reinstates::INTEGER AS depth,
        sum(CASE WHEN reinstates THEN -1 ELSE 1 END) OVER of_any + reinstates::INTEGER AS depth_of_any
    FROM found_by
    WINDOW
        of_sum AS (
            PARTITION BY scope, place, is_named, amount, currency
            ORDER BY occurred_at, reinstates, returned_by, named
            ROWS UNBOUNDED PRECEDING
        ),
        of_any AS (
            PARTITION BY scope, place, is_named
            ORDER BY occurred_at, reinstates, returned_by, named
            ROWS UNBOUNDED PRECEDING
        )
),

closed AS (
    SELECT
        again.returned_by,
        again.named,
        again.scope,
        arg_max(back.returned_by, (back.occurred_at, back.returned_by)) AS effect_key
    FROM nested AS again
    INNER JOIN nested AS back
        ON
            again.scope = back.scope
            AND again.place = back.place
            AND again.amount IS NOT DISTINCT FROM back.amount
            AND again.currency IS NOT DISTINCT FROM back.currency
            AND again.depth = back.depth
            AND again.occurred_at >= back.occurred_at
    WHERE
        again.reinstates
        AND NOT back.reinstates
        AND NOT back.is_named
        AND (again.effect_key IS NOT NULL OR again.amount IS NOT NULL)
    GROUP BY again.returned_by, again.named, again.scope
)

FROM closed
UNION ALL
-- A part, or another sum than any that the charge gave back: of one that is large enough, if there is one.
SELECT
    again.returned_by,
    again.named,
    again.scope,
    arg_max(
        back.returned_by,
        (
            NOT back.is_named AND back.returned_by NOT IN (SELECT effect_key FROM closed),
            coalesce(back.amount >= again.amount, again.depth_of_any = back.depth_of_any),
            back.occurred_at,
            back.returned_by
        )
    ) AS effect_key
FROM nested AS again
ANTI JOIN closed USING (returned_by, named, scope)
INNER JOIN nested AS back
    ON
        again.scope = back.scope
        AND again.effect_key = back.effect_key
        AND again.place = back.place
        AND again.occurred_at >= back.occurred_at
        -- One without an amount takes all, and from one without an amount all is taken.
        AND (again.amount IS NULL OR back.amount IS NULL OR again.currency IS NOT DISTINCT FROM back.currency)
WHERE again.reinstates AND NOT back.reinstates
GROUP BY again.returned_by, again.named, again.scope;

DELETE FROM compensation_targets
WHERE
    returned_by IN (SELECT returned_by FROM told_compensations WHERE reinstates)
    AND effect_key NOT IN (SELECT returned_by FROM told_compensations WHERE gives_back);

INSERT INTO compensation_targets
FROM reinstated_returns
ANTI JOIN compensation_targets USING (returned_by, named, scope);

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
    list({'whole': r.whole, 'currency': r.currency, 'amount': s.amount::DECIMAL(18, 4)} ORDER BY r.event_id)
        AS "returns",
    max(r.occurred_at) AS compensated_at
FROM standing AS s
INNER JOIN returned AS r USING (effect_key, returned_by)
GROUP BY effect_key;

DROP TABLE fitting_returns;
DROP TABLE told_compensations;
DROP TABLE compensation_outcomes;
DROP TABLE compensation_targets;
DROP TABLE reinstated_returns;
