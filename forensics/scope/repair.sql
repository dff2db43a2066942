-- One row an excess effect, or a record that a race damaged; worst findings first.
WITH x AS (SELECT * EXCLUDE (event_id), unnest(witnesses) AS event_id FROM effects_of('finding_witnesses')),

effect_rows AS (
    SELECT
        f.finding_id,
        f.event_id,
        f.entity_type AS original_type,
        f.entity_id AS original_id,
        f.item_key AS original_item,
        x.*
    FROM finding_events AS f
    INNER JOIN x
        USING (event_id)
    WHERE f.detector = 'duplicate_side_effect' AND f.role = 'duplicate'
    QUALIFY row_number() OVER (PARTITION BY f.finding_id, x.effect_key ORDER BY f.event_id) = 1
),

kept AS (
    SELECT
        finding_id,
        entity_type,
        entity_id,
        item_key,
        min(effect_id) AS effect_id
    FROM finding_events
    WHERE detector = 'duplicate_side_effect' AND role = 'original' AND effect_id IS NOT NULL
    GROUP BY ALL
    HAVING count(DISTINCT effect_id) = 1
),

prep_1 AS (SELECT event_id, system FROM events),

record_rows AS (
    SELECT
        finding_id,
        system,
        entity_type,
        entity_id,
        max(customer_id) AS customer_id,
        max(occurred_at) AS occurred_at,
        arg_max(event_id, (coalesce(occurred_at, '-infinity'::TIMESTAMPTZ), event_id)) AS event_id
    FROM finding_events
    INNER JOIN prep_1 USING (event_id)
    WHERE detector = 'race_window' AND role IN ('original', 'duplicate') AND entity_id IS NOT NULL
    GROUP BY finding_id, system, entity_type, entity_id
)

SELECT
    e.finding_id,
    CASE
        WHEN e.compensated_amount >= e.amount OR money.compensated >= money.gross THEN 'none'
        WHEN e.effect_class = 'billing' AND e.money_stage = 'authorised' THEN 'void'
        WHEN e.effect_class = 'billing' THEN 'refund'
        WHEN e.effect_class = 'messaging' THEN 'retract'
        ELSE 'check'
    END AS act,
    coalesce(e.callee, '') AS system,
    coalesce(e.effect_id, concat_ws(' ', e.entity_type, e.entity_id)) AS subject,
    coalesce(kept.effect_id, '') AS keep,
    coalesce(
        CASE
            WHEN e.amount = round(e.amount, 2) THEN e.amount::DECIMAL(18, 2)::VARCHAR
            ELSE e.amount::VARCHAR
        END,
        ''
    ) AS amount,
    coalesce(e.currency, '') AS currency,
    coalesce(e.customer_id, '') AS customer,
    e.occurred_at,
    coalesce(e.money_stage, e.outcome, '') AS state,
    e.event_id AS evidence
FROM effect_rows AS e
LEFT JOIN kept
    ON
        e.finding_id = kept.finding_id
        AND e.original_type IS NOT DISTINCT FROM kept.entity_type
        AND e.original_id IS NOT DISTINCT FROM kept.entity_id
        AND e.original_item IS NOT DISTINCT FROM kept.item_key
LEFT JOIN finding_money AS money
    ON e.finding_id = money.finding_id AND e.currency = money.currency
UNION ALL
SELECT
    finding_id,
    'correct' AS act,
    coalesce(system, '') AS system,
    concat_ws(' ', entity_type, entity_id) AS subject,
    '' AS keep,
    '' AS amount,
    '' AS currency,
    coalesce(customer_id, '') AS customer,
    occurred_at,
    'possibly overwritten' AS state,
    event_id AS evidence
FROM record_rows
