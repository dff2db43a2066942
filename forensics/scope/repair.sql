-- One row an excess effect, or a record that a race damaged.

-- Money as text in major units; empty where there is none.
CREATE OR REPLACE TEMP MACRO in_digits(amount) AS
    CASE
        WHEN amount IS NULL THEN ''
        WHEN amount = round(amount, 2) THEN amount::DECIMAL(18, 2)::VARCHAR
        ELSE amount::DECIMAL(18, 4)::VARCHAR
    END;

-- What such acts set off before: workflows of the runs that a refund, or a write of such a record,
-- caused.
CREATE OR REPLACE TEMP TABLE acts_set_off AS
WITH acts AS (
    SELECT DISTINCT callee_of(target_system, system, source) AS place, execution_id
    FROM events
    WHERE compensates_effect_id IS NOT NULL
    UNION
    SELECT DISTINCT 'write ' || entity_type, execution_id
    FROM events
    WHERE
        kind = 'write'
        AND entity_type IN (SELECT entity_type FROM finding_events WHERE detector = 'race_window')
),

counted AS (
    SELECT a.place, x.workflow AS automation, count(*) AS times
    FROM acts AS a
    INNER JOIN linked_executions AS x ON a.execution_id = x.cause_id
    WHERE x.workflow IS NOT NULL
    GROUP BY ALL
)

SELECT place, list(automation ORDER BY times DESC, automation)[:3] AS automations
FROM counted
GROUP BY place;

CREATE OR REPLACE TEMP TABLE repair_rows AS
WITH
-- A charge that is disputed is answered there, not refunded: it would be paid back twice.
disputes AS (
    SELECT x.effect_key
    FROM (
        SELECT effect_key, unnest(compensations) AS event_id
        FROM found_effects
        WHERE effect_key IN (SELECT effect_key FROM excess_effects)
    ) AS x
    INNER JOIN events AS e USING (event_id)
    WHERE e.money_stage = 'disputed'
    UNION
    SELECT effect_key FROM returns_under_way WHERE state = 'disputed'
),

effect_rows AS (
    SELECT
        e.finding_id,
        e.grade,
        CASE
            WHEN r.effect_key IS NOT NULL THEN 'answer'
            WHEN x.taken_back OR (e.amount > 0 AND e.still_out = 0) THEN 'none'
            -- No log says that a round of a circle was not wanted.
            WHEN e.grade = 'suspicion' OR e.is_superfluous OR e.return_under_way IS NOT NULL THEN 'check'
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
        CASE
            WHEN e.kept IS NULL THEN ''
            WHEN e.kept_named_by IS NOT NULL THEN e.kept_named_by || ' names it'
            WHEN e.kept_unclear THEN 'no record names one, and the clocks do not tell which came first'
            WHEN e.kept_is_whole THEN 'the other was taken back, in part or wholly'
            WHEN e.return_under_way = 'perhaps refunded' THEN 'a refund that names none may be of either'
            WHEN e.return_under_way IS NOT NULL THEN 'the other may be on its way back'
            ELSE 'it came first; no record names one of them alone'
        END AS keep_because,
        e.still_out AS amount,
        coalesce(x.currency, '') AS currency,
        coalesce(x.customer_id, '') AS customer,
        x.occurred_at,
        CASE
            WHEN r.effect_key IS NOT NULL THEN 'disputed'
            WHEN x.taken_back THEN 'taken back'
            WHEN e.return_under_way IS NOT NULL AND (e.still_out IS NULL OR e.still_out > 0) THEN e.return_under_way
            WHEN x.compensated_amount > 0 THEN 'partly taken back'
            ELSE coalesce(x.money_stage, x.outcome, '')
        END AS state,
        x.compensated_amount AS compensated,
        x.event_id AS evidence,
        array_to_string(s.automations, ', ') AS sets_off,
        -- Numbers are unique within one table of one system only; the refund of a charge may bear
        -- the charge's id.
        concat_ws(
            '|', 'effect', to_json([
                x.tenant, beside_live(x.environment), coalesce(x.effect_id, x.event_id), taken_back(x.money_stage),
                CASE WHEN regexp_full_match(x.effect_id, '\d+') THEN x.callee || ' ' || x.action END
            ])
        ) AS identity
    FROM excess_effects AS e
    INNER JOIN found_effects AS x USING (effect_key)
    LEFT JOIN disputes AS r USING (effect_key)
    LEFT JOIN acts_set_off AS s ON x.callee = s.place
),

damaged AS (
    SELECT
        f.*,
        c.grade,
        row_number() OVER (
            PARTITION BY scope_of(f.tenant, f.environment), f.entity_type, f.entity_id
            ORDER BY
                list_position(['proven', 'strong', 'probable'], c.grade),
                f.finding_id,
                f.occurred_at DESC NULLS LAST,
                f.event_id DESC
        ) AS place,
        max(f.customer_id) OVER (PARTITION BY scope_of(f.tenant, f.environment), f.entity_type, f.entity_id) AS customer
    FROM finding_events AS f
    INNER JOIN candidates AS c USING (finding_id)
    WHERE
        f.detector = 'race_window' AND f.role IN ('original', 'duplicate')
        AND f.entity_id IS NOT NULL AND c.grade <> 'suspicion'
        -- A lock is no record; what was done under it is told by itself.
        AND c.pattern <> 'lease_overlap'
),

record_rows AS (
    SELECT
        d.finding_id,
        d.grade,
        'correct' AS act,
        coalesce(d.system, '') AS system,
        concat_ws(' ', d.entity_type, d.entity_id) AS subject,
        '' AS keep,
        '' AS keep_because,
        NULL::DECIMAL(18, 4) AS amount,
        '' AS currency,
        coalesce(d.customer, '') AS customer,
        d.occurred_at,
        'possibly overwritten' AS state,
        NULL::DECIMAL(18, 4) AS compensated,
        d.event_id AS evidence,
        array_to_string(s.automations, ', ') AS sets_off,
        concat_ws('|', 'record', to_json([d.tenant, beside_live(d.environment), d.entity_type, d.entity_id])) AS identity
    FROM damaged AS d
    LEFT JOIN acts_set_off AS s ON 'write ' || d.entity_type = s.place
    WHERE d.place = 1
)

SELECT
    * EXCLUDE (identity) REPLACE (
        in_digits(amount) AS amount,
        in_digits(nullif(compensated, 0)) AS compensated,
        coalesce(sets_off, '') AS sets_off
    ),
    'repair-' || left(md5(concat_ws('|', identity, act)), 32) AS idempotency_key
FROM (
    FROM effect_rows
    UNION ALL BY NAME
    FROM record_rows
);
