-- One row an effect that was taken back, in one or several parts. A reversal without an amount
-- takes all of it back.
CREATE OR REPLACE TEMP TABLE compensations AS
WITH
told AS (
    SELECT
        effect_identity(
            e.compensates_effect_id, NULL, hash(e.tenant, e.environment),
            coalesce(e.target_system, e.system), coalesce(e.entity_type, e.action)
        ) AS effect_key,
        w.effect_key AS returned_by,
        w.identified,
        e.event_id,
        e.occurred_at,
        coalesce(e.amount, 99999999999999::DECIMAL(18, 4)) AS amount
    FROM events AS e
    INNER JOIN effect_witnesses AS w USING (event_id)
    WHERE e.compensates_effect_id IS NOT NULL AND e.outcome IN ('ok', 'partial')
    -- A line without the refund's own id may tell of one that has it.
    QUALIFY w.identified OR NOT bool_or(w.identified) OVER (PARTITION BY e.compensates_effect_id)
),

returned AS (
    SELECT
        effect_key,
        returned_by,
        min(event_id) AS event_id,
        min(occurred_at) AS occurred_at,
        max(amount) AS amount
    FROM told
    GROUP BY effect_key, returned_by
)

SELECT
    effect_key,
    arg_min(returned_by, event_id) AS compensated_by,
    list(event_id ORDER BY event_id) AS compensations,
    sum(amount) AS compensated_amount,
    max(occurred_at) AS compensated_at
FROM returned
GROUP BY effect_key;
