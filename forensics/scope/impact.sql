-- What each finding touched: effects once each, and customers.
CREATE OR REPLACE TEMP TABLE finding_events AS
SELECT
    ce.finding_id,
    ce.detector,
    ce.pattern,
    ce.role,
    e.kind,
    e.event_id,
    e.source,
    e.vantage,
    e.system,
    e.execution_id,
    e.trace_id,
    e.entity_type,
    e.entity_id,
    e.operation_key,
    callee_of(e.target_system, e.system, e.source) AS callee,
    e.customer_id,
    e.tenant,
    e.environment,
    e.occurred_at
FROM candidate_evidence AS ce
INNER JOIN events AS e USING (event_id)
WHERE ce.suppressor IS NULL;

-- A case holds millions of effects; only those that findings witness are put together.
CREATE OR REPLACE TEMP TABLE found_witnesses AS
SELECT effect_key, event_id, occurred_at, "action", trust, happened, is_state, is_hold
FROM effect_witnesses
WHERE effect_key IN (
    SELECT effect_key FROM effect_witnesses
    WHERE event_id IN (SELECT event_id FROM finding_events)
);

CREATE OR REPLACE TEMP TABLE found_effects AS
FROM effects_of('found_witnesses')
WHERE NOT is_state;

CREATE OR REPLACE TEMP TABLE finding_effects AS
SELECT
    f.finding_id,
    f.detector,
    x.effect_key,
    x.customer_id,
    bool_or(f.role = 'duplicate') AS is_duplicate,
    bool_or(f.role = 'original') AS is_original,
    -- What the later rounds of a circle did; of one that wrote a record, the last writing stands.
    bool_or(
        f.role = 'duplicate' AND f.kind = 'effect'
        AND f.pattern IN ('cross_system_loop', 'inferred_loop', 'loop', 'self_trigger')
    ) AS is_superfluous,
    bool_and(f.role = 'context') AS is_context
FROM finding_events AS f
INNER JOIN found_witnesses AS w USING (event_id)
INNER JOIN found_effects AS x USING (effect_key)
GROUP BY f.finding_id, f.detector, x.effect_key, x.customer_id;

-- Excess effects that may be money, and of which no log says how much, or in which currency.
CREATE OR REPLACE TEMP TABLE finding_unpriced AS
SELECT
    f.finding_id,
    count(DISTINCT f.effect_key) AS unpriced
FROM finding_effects AS f
INNER JOIN found_effects AS x USING (effect_key)
WHERE
    f.detector = 'duplicate_side_effect'
    AND f.is_duplicate
    AND (x.amount IS NULL OR (x.amount <> 0 AND x.currency IS NULL AND x.money_stage IS DISTINCT FROM 'authorised'))
    AND NOT coalesce(x.taken_back, FALSE)
    AND coalesce(x.effect_class, 'billing') IN ('billing', 'ledger')
GROUP BY f.finding_id;

-- One id with two tenants is two customers; where a log names no tenant, that of the others is meant if they all
-- name one.
CREATE OR REPLACE TEMP TABLE customer_tenants AS
SELECT customer_id, min(tenant) AS tenant
FROM (
    SELECT customer_id, tenant FROM finding_events
    UNION ALL
    SELECT customer_id, tenant FROM found_effects
)
WHERE customer_id IS NOT NULL
GROUP BY customer_id
HAVING min(tenant) = max(tenant);

CREATE OR REPLACE TEMP TABLE finding_customers AS
SELECT f.finding_id, f.customer_id, coalesce(f.tenant, t.tenant, '') AS tenant
FROM (
    SELECT finding_id, customer_id, tenant FROM finding_events
    WHERE "role" <> 'context'
    UNION
    SELECT f.finding_id, f.customer_id, x.tenant
    FROM finding_effects AS f
    INNER JOIN found_effects AS x USING (effect_key)
    -- That a call was made too often hits nobody whose effect it had once.
    WHERE NOT f.is_context AND f.detector <> 'retry_storm'
) AS f
LEFT JOIN customer_tenants AS t USING (customer_id)
WHERE f.customer_id IS NOT NULL
GROUP BY ALL;
