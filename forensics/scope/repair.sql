-- One row an excess effect, or a record that a race damaged.
WITH
effect_rows AS (
    SELECT
        e.finding_id,
        e.grade,
        CASE
            WHEN x.taken_back OR (e.amount > 0 AND e.still_out = 0) THEN 'none'
            WHEN e.grade = 'suspicion' THEN 'check'
            WHEN x.money_stage = 'authorised' THEN 'void'
            WHEN x.money_stage = 'captured' THEN 'refund'
            -- A log may mean the customer's account or the merchant's.
            WHEN x.money_stage IN ('debited', 'settled') THEN 'reverse'
            WHEN x.money_stage IN ('refunded', 'reversed', 'credited') THEN 'collect'
            WHEN x.effect_class = 'messaging' THEN 'retract'
            ELSE 'check'
        END AS act,
        coalesce(x.callee, '') AS system,
        coalesce(x.effect_id, concat_ws(' ', x.entity_type, x.entity_id)) AS subject,
        CASE WHEN e.kept IS NULL THEN '' WHEN e.kept_unclear THEN 'choose' ELSE e.kept END AS keep,
        e.still_out AS amount,
        coalesce(x.currency, '') AS currency,
        coalesce(x.customer_id, '') AS customer,
        x.occurred_at,
        coalesce(x.money_stage, x.outcome, '') AS state,
        x.event_id AS evidence,
        -- Numbers are unique within one table of one system only; the refund of a charge may bear
        -- the charge's id.
        concat_ws(
            '|', 'effect', to_json([
                x.tenant, x.environment, coalesce(x.effect_id, x.event_id), taken_back(x.money_stage),
                CASE WHEN regexp_full_match(x.effect_id, '\d+') THEN x.callee || ' ' || x.action END
            ])
        ) AS identity
    FROM excess_effects AS e
    INNER JOIN found_effects AS x USING (effect_key)
),

damaged AS (
    SELECT
        f.*,
        c.grade,
        row_number() OVER (
            PARTITION BY f.tenant, f.environment, f.entity_type, f.entity_id
            ORDER BY
                list_position(['proven', 'strong', 'probable'], c.grade),
                f.finding_id,
                f.occurred_at DESC NULLS LAST,
                f.event_id DESC
        ) AS place,
        max(f.customer_id) OVER (PARTITION BY f.tenant, f.environment, f.entity_type, f.entity_id) AS customer
    FROM finding_events AS f
    INNER JOIN candidates AS c USING (finding_id)
    WHERE
        f.detector = 'race_window' AND f.role IN ('original', 'duplicate')
        AND f.entity_id IS NOT NULL AND c.grade <> 'suspicion'
),

record_rows AS (
    SELECT
        finding_id,
        grade,
        'correct' AS act,
        coalesce(system, '') AS system,
        concat_ws(' ', entity_type, entity_id) AS subject,
        '' AS keep,
        NULL::DECIMAL(18, 4) AS amount,
        '' AS currency,
        coalesce(customer, '') AS customer,
        occurred_at,
        'possibly overwritten' AS state,
        event_id AS evidence,
        concat_ws('|', 'record', to_json([tenant, environment, entity_type, entity_id])) AS identity
    FROM damaged
    WHERE place = 1
)

SELECT
    * EXCLUDE (identity) REPLACE (
        CASE
            WHEN amount IS NULL THEN ''
            WHEN amount = round(amount, 2) THEN amount::DECIMAL(18, 2)::VARCHAR
            ELSE amount::DECIMAL(18, 4)::VARCHAR
        END AS amount
    ),
    'repair-' || left(md5(concat_ws('|', identity, act)), 32) AS idempotency_key
FROM (
    FROM effect_rows
    UNION ALL BY NAME
    FROM record_rows
)
