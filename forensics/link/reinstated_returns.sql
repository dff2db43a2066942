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
