-- One row a line that tells of something taken back, or of a return that was reinstated. Few do: which is asked
-- first, of few columns.
CREATE OR REPLACE TABLE told_compensations AS
WITH telling AS (
    SELECT event_id, occurred_at
    FROM events
    WHERE compensates_effect_id IS NOT NULL OR money_stage = 'reinstated'
    UNION
    SELECT event_id, occurred_at
    FROM effect_witnesses
    WHERE effect_key IN (SELECT returned_by FROM fitting_returns)
)

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
    e.event_id IN (SELECT event_id FROM telling)
    AND coalesce(e.occurred_at, 'epoch') IN (SELECT coalesce(occurred_at, 'epoch') FROM telling)
    AND (e.compensates_effect_id IS NOT NULL OR e.money_stage IS NOT NULL)
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
