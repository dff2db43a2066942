-- One row an excess effect, or a record that a race damaged; worst findings first.
WITH effect_rows AS (
    SELECT
        f.finding_id,
        f.event_id,
        x.*
    FROM finding_events AS f
    INNER JOIN (SELECT * EXCLUDE (event_id), unnest(witnesses) AS event_id FROM effects) AS x
        USING (event_id)
    WHERE f.detector = 'duplicate_side_effect' AND f.role = 'duplicate'
    QUALIFY row_number() OVER (PARTITION BY f.finding_id, x.effect_key ORDER BY f.event_id) = 1
),

kept AS (
    SELECT
        finding_id,
        min(effect_id) AS effect_id
    FROM finding_events
    WHERE detector = 'duplicate_side_effect' AND role = 'original'
    GROUP BY finding_id
),

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
    INNER JOIN (SELECT event_id, system FROM events) USING (event_id)
    WHERE detector = 'race_window' AND role IN ('original', 'duplicate') AND entity_id IS NOT NULL
    GROUP BY finding_id, system, entity_type, entity_id
)

SELECT
    e.finding_id,
    CASE
        WHEN e.compensated_by IS NOT NULL THEN 'none'
        WHEN e.effect_class = 'billing' AND e.money_stage = 'authorised' THEN 'void'
        WHEN e.effect_class = 'billing' THEN 'refund'
        WHEN e.effect_class = 'messaging' THEN 'retract'
        ELSE 'check'
    END AS act,
    coalesce(e.callee, '') AS system,
    coalesce(e.effect_id, concat_ws(' ', e.entity_type, e.entity_id)) AS subject,
    coalesce(kept.effect_id, '') AS keep,
    coalesce(e.amount::VARCHAR, '') AS amount,
    coalesce(e.currency, '') AS currency,
    coalesce(e.customer_id, '') AS customer,
    e.occurred_at,
    coalesce(e.money_stage, e.outcome, '') AS state,
    e.event_id AS evidence
FROM effect_rows AS e
LEFT JOIN kept USING (finding_id)
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
