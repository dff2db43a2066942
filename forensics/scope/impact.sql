-- What each finding touched: effects once each, money a currency, customers, sources.
CREATE OR REPLACE TEMP TABLE finding_events AS
SELECT
    ce.finding_id,
    ce.detector,
    ce.role,
    e.event_id,
    e.source,
    e.execution_id,
    e.trace_id,
    e.entity_type,
    e.entity_id,
    e.item_key,
    e.operation_key,
    e.effect_id,
    e.customer_id,
    e.effect_class,
    e.reversible,
    e.tenant,
    e.environment,
    e.occurred_at
FROM candidate_evidence AS ce
INNER JOIN events AS e USING (event_id)
WHERE ce.suppressor IS NULL;

-- Only the effects that a finding mentions are merged from their witnesses.
CREATE OR REPLACE TEMP TABLE finding_witnesses AS
SELECT *
FROM effect_witnesses
WHERE effect_key IN (
    SELECT effect_key FROM effect_witnesses WHERE event_id IN (SELECT event_id FROM finding_events)
);

CREATE OR REPLACE TEMP TABLE finding_effects AS
WITH x AS (
    SELECT * EXCLUDE (event_id), unnest(witnesses) AS event_id
    FROM effects_of('finding_witnesses')
)

SELECT DISTINCT
    f.finding_id,
    f.detector,
    f.role,
    x.effect_key,
    x.effect_class,
    x.amount,
    x.currency,
    x.customer_id,
    least(coalesce(x.compensated_amount, 0), x.amount) AS compensated_amount
FROM finding_events AS f
INNER JOIN x USING (event_id);

-- Only effects that should not have been are money lost. What was taken back counts whichever of
-- the effects it named, but never for more than the excess.
CREATE OR REPLACE TEMP TABLE finding_money AS
SELECT
    finding_id,
    currency,
    sum(amount) FILTER (WHERE role = 'duplicate') AS gross,
    least(sum(compensated_amount), gross) AS compensated
FROM finding_effects
WHERE
    detector = 'duplicate_side_effect' AND role IN ('original', 'duplicate')
    AND amount IS NOT NULL AND currency IS NOT NULL
GROUP BY finding_id, currency
HAVING gross IS NOT NULL;

CREATE OR REPLACE TEMP TABLE finding_customers AS
SELECT DISTINCT finding_id, customer_id
FROM (
    SELECT finding_id, customer_id FROM finding_events
WHERE role <> 'context'
    UNION ALL
    SELECT finding_id, customer_id FROM finding_effects
WHERE role <> 'context'
)
WHERE customer_id IS NOT NULL;
