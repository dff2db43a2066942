-- How far each incident reached. `reached_runs` holds the runs that its excess runs led to.

-- What was done too much: each effect once, in the incident of the finding that says it best.
CREATE OR REPLACE TEMP TABLE radius_effects AS
SELECT
    e.incident_id,
    e.finding_id,
    e.effect_key,
    x.customer_id,
    coalesce(x.tenant, t.tenant, '') AS tenant,
    x.effect_class,
    x.currency,
    coalesce(x.money_stage, '') AS stage,
    CASE
        WHEN e.return_under_way = 'perhaps refunded' THEN 'possible'
        WHEN e.grade IN ('proven', 'strong') AND x.witness_grade IN ('settled', 'recorded', 'answered') THEN 'confirmed'
        ELSE 'possible'
    END AS certain,
    e.amount,
    e.still_out,
    x.taken_back,
    x.witness_grade,
    x.occurred_at,
    x.compensated_at
FROM excess_effects AS e
INNER JOIN found_effects AS x USING (effect_key)
LEFT JOIN customer_tenants AS t ON x.customer_id = t.customer_id;

CREATE OR REPLACE TEMP TABLE radius_money AS
WITH by_witness AS (
    SELECT
        incident_id,
        coalesce(currency, '') AS currency,
        stage,
        certain,
        witness_grade,
        count(*) AS effects,
        sum(amount) AS gross,
        sum(still_out) AS still_out
    FROM radius_effects
    WHERE amount IS NOT NULL
    GROUP BY ALL
)

SELECT
    incident_id,
    currency,
    stage,
    certain,
    sum(effects)::BIGINT AS effects,
    sum(gross) AS gross,
    sum(gross - still_out) AS compensated,
    list({'witness': witness_grade, 'net': still_out} ORDER BY witness_grade) AS by_witness
FROM by_witness
GROUP BY ALL;

-- Calls of which no log says what came of them, and which no known effect answers.
CREATE OR REPLACE TEMP TABLE radius_unresolved AS
WITH calls AS (
    SELECT DISTINCT ON (coalesce(e.operation_key, e.event_id))
        i.incident_id,
        coalesce(e.currency, '') AS currency,
        e.amount
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    INNER JOIN events AS e USING (event_id)
    ANTI JOIN (
        SELECT w.event_id
        FROM found_witnesses AS w
        INNER JOIN found_effects AS x USING (effect_key)
        WHERE x.happened
    ) AS known USING (event_id)
    WHERE e.outcome IN ('timeout', 'unknown') AND e.amount IS NOT NULL
    ORDER BY ALL
)

SELECT incident_id, currency, sum(amount) AS gross
FROM calls
GROUP BY ALL;

-- What the excess runs led to further on, each effect in one incident, and as surely as it was reached at best.
CREATE OR REPLACE TEMP TABLE radius_reached AS
WITH reached AS (
    SELECT
        w.effect_key,
        -- Of two incidents that reached it, the one that did so more surely.
        arg_min(r.incident_id, (-coalesce(r.chance, 0), r.incident_id)) AS incident_id,
        max(r.chance) AS chance,
        max(e.effect_class) AS effect_class,
        arg_min(
            {'amount': e.amount, 'currency': e.currency, 'stage': e.money_stage}, (w.trust, e.event_id)
        ) FILTER (e.amount IS NOT NULL) AS sum_told
    FROM reached_runs AS r
    INNER JOIN events AS e USING (execution_id)
    INNER JOIN effect_witnesses AS w USING (event_id)
    WHERE w.happened AND NOT w.is_state
    GROUP BY w.effect_key
)

SELECT
    incident_id,
    coalesce(effect_class, 'other') AS effect_class,
    coalesce(sum_told.stage, '') AS stage,
    coalesce(sum_told.currency, '') AS currency,
    CASE WHEN chance = 1 THEN 'confirmed' ELSE 'possible' END AS certain,
    count(*) AS effects,
    sum(sum_told.amount) AS amount,
    CASE
        WHEN bool_and(chance IS NOT NULL) FILTER (sum_told.amount IS NOT NULL)
            THEN round(sum(chance * sum_told.amount), 2)
    END AS expected
FROM reached
ANTI JOIN finding_effects USING (effect_key)
GROUP BY ALL;

-- Customers by what was done to them. Where the effect names none, those of its finding are meant if
-- there is only one.
CREATE OR REPLACE TEMP TABLE radius_harms AS
WITH only_customers AS (
    SELECT finding_id, min(customer_id) AS customer_id, min(tenant) AS tenant
    FROM finding_customers
    GROUP BY finding_id
    HAVING count(*) = 1
),

by_effect AS (
    SELECT
        x.incident_id,
        coalesce(x.customer_id, o.customer_id) AS customer_id,
        CASE WHEN x.customer_id IS NULL THEN o.tenant ELSE x.tenant END AS tenant,
        CASE
            WHEN x.effect_class = 'messaging' THEN 'messaged twice'
            WHEN x.amount IS NULL THEN 'touched'
            WHEN x.stage IN ('refunded', 'reversed', 'credited') THEN 'credited'
            WHEN x.still_out > 0 THEN 'charged'
            ELSE 'repaid'
        END AS harm,
        x.certain
    FROM radius_effects AS x
    LEFT JOIN only_customers AS o USING (finding_id)
),

by_finding AS (
    SELECT
        i.incident_id,
        f.customer_id,
        f.tenant,
        CASE c.detector WHEN 'race_window' THEN 'data wrong' WHEN 'retry_storm' THEN 'delayed' ELSE 'touched' END
            AS harm,
        CASE WHEN c.grade IN ('proven', 'strong') THEN 'confirmed' ELSE 'possible' END AS certain
    FROM finding_customers AS f
    INNER JOIN candidates AS c USING (finding_id)
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE c.suppressor IS NULL
),

-- Two logs say different sums: which of them is right, neither tells.
by_sum AS (
    SELECT DISTINCT
        i.incident_id,
        x.customer_id,
        coalesce(x.tenant, t.tenant, '') AS tenant,
        'charged wrongly' AS harm,
        'possible' AS certain
    FROM finding_effects AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    INNER JOIN found_effects AS x USING (effect_key)
    SEMI JOIN (FROM tied_effects WHERE verdict = 'differing') AS d ON f.effect_key = d.effect_key
    LEFT JOIN customer_tenants AS t ON x.customer_id = t.customer_id
    WHERE NOT f.is_context AND x.money_stage IN ('captured', 'debited', 'settled', 'authorised')
),

every_harm AS (
    FROM by_effect
    UNION ALL BY NAME
    FROM by_finding
    UNION ALL BY NAME
    FROM by_sum
),

-- Of one customer and harm the surest word stands; that one was touched is said where nothing else is.
told AS (
    SELECT incident_id, customer_id, tenant, harm, min(certain) AS certain
    FROM every_harm
    WHERE customer_id IS NOT NULL
    GROUP BY incident_id, customer_id, tenant, harm
    QUALIFY harm <> 'touched' OR count(*) OVER (PARTITION BY incident_id, customer_id, tenant) = 1
)

SELECT
    incident_id,
    harm,
    certain,
    list(customer_id ORDER BY customer_id, tenant) AS customers,
    list(tenant ORDER BY customer_id, tenant) AS tenants
FROM told
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE radius_counts AS
WITH effects_summed AS (
    SELECT
        incident_id,
        count(*) FILTER (NOT taken_back) AS outstanding,
        median(epoch(compensated_at - occurred_at)) FILTER (taken_back AND compensated_at >= occurred_at) AS corrected_s
    FROM radius_effects
    GROUP BY incident_id
),

repeats AS (
    SELECT incident_id, count(*) AS repeated
    FROM (
        SELECT incident_id, customer_id, tenant
        FROM radius_effects
        WHERE customer_id IS NOT NULL
        GROUP BY ALL
        HAVING count(*) > 1
    )
    GROUP BY incident_id
),

-- A run's calls may stand in the log of who called, of a proxy between and of who was called: the one that tells most
-- of them is counted, and all logs of one side together.
wasted AS (
    SELECT incident_id, sum(calls)::BIGINT AS calls
    FROM (
        SELECT incident_id, execution_id, max(calls) AS calls
        FROM (
            SELECT i.incident_id, f.execution_id, count(DISTINCT f.event_id) AS calls
            FROM finding_events AS f
            INNER JOIN finding_incidents AS i USING (finding_id)
            WHERE f.detector = 'retry_storm' AND f.role = 'duplicate'
            GROUP BY i.incident_id, f.execution_id, CASE
                WHEN f.vantage IN ('server', 'provider', 'database') THEN 'callee'
                WHEN f.vantage IN ('proxy', 'broker') THEN 'between'
            END
        )
        GROUP BY incident_id, execution_id
    )
    GROUP BY incident_id
),

lines AS (
    SELECT
        i.incident_id,
        count(DISTINCT f.source) AS sources_joined,
        -- A lock is no record to correct.
        count(DISTINCT hash(scope_of(f.tenant, f.environment), f.entity_type, sure_hash(f.entity_id))) FILTER (
            f.detector = 'race_window' AND c.pattern <> 'lease_overlap' AND f.role IN ('original', 'duplicate')
            AND f.entity_id IS NOT NULL AND c.grade <> 'suspicion'
        ) AS records_wrong
    FROM finding_events AS f
    INNER JOIN candidates AS c USING (finding_id)
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE f.role <> 'context'
    GROUP BY i.incident_id
)

SELECT
    l.incident_id,
    coalesce(w.calls, 0) AS calls_wasted,
    l.sources_joined,
    l.records_wrong,
    e.corrected_s,
    coalesce(e.outstanding, 0) AS outstanding,
    coalesce(r.repeated, 0) AS repeated,
    d.hops,
    d.systems AS proof_systems,
    d.joins,
    coalesce(t.refused, 0) AS refused,
    coalesce(t.refused_customers, 0) AS refused_customers,
    coalesce(t.starved, 0) AS starved,
    coalesce(t.starved_customers, 0) AS starved_customers
FROM lines AS l
LEFT JOIN wasted AS w USING (incident_id)
LEFT JOIN effects_summed AS e USING (incident_id)
LEFT JOIN repeats AS r USING (incident_id)
INNER JOIN incident_complexity AS d USING (incident_id)
LEFT JOIN incident_collateral AS t USING (incident_id);
