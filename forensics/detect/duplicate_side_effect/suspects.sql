-- Runs that began alike: one handler, for one record, with the same content. What begins so all the time is
-- no repeat, and what a clock sets off is due.
CREATE OR REPLACE TABLE like_runs AS
WITH began AS (
    SELECT
        sure_hash(execution_id) AS by_execution,
        hash(
            scope_of(tenant, environment), sure_hash(coalesce(workflow, consumer, "system")), entity_type, sure_hash(entity_id),
            payload_hash, sure_hash(period_key), scheduled_for
        ) AS by_start
    FROM events
    WHERE
        kind IN ('trigger', 'delivery') AND phase IN ('single', 'start') AND entity_id IS NOT NULL
        AND execution_id <> event_id AND coalesce(trigger_kind <> 'schedule', true)
)

SELECT
    by_start,
    unnest(list(by_execution)) AS by_execution
FROM began
WHERE by_start IN (SELECT by_start FROM began GROUP BY by_start HAVING min(by_execution) <> max(by_execution))
GROUP BY by_start
HAVING count(DISTINCT by_execution) <= 20;

-- The effects that share a key with another effect, or that a guard was asked for twice, found by
-- hashes over all mentions. Each pattern confirms its own from the whole rows in `suspect_effects`.
CREATE OR REPLACE TABLE repeated_keys AS
WITH
told AS NOT MATERIALIZED (FROM effect_witnesses WHERE NOT is_state),

alike AS (
    FROM told
    WHERE by_content IN (
        SELECT by_content FROM told WHERE by_content IS NOT NULL
        GROUP BY by_content HAVING min(effect_key) <> max(effect_key)
    )
),

-- Two days that overlap by one cover every pair that is less than a day apart.
days AS (
    SELECT
        effect_key,
        unnest([
            hash(by_content, 0, epoch(occurred_at)::BIGINT // 172800),
            hash(by_content, 1, (epoch(occurred_at)::BIGINT + 86400) // 172800)
        ]) AS by_day
    FROM alike
    WHERE occurred_at IS NOT NULL
),

-- In the same way, what was done for one record less than six days apart.
spells AS (
    SELECT
        effect_key,
        unnest([
            hash(by_about, by_content, 0, epoch(occurred_at)::BIGINT // 1036800),
            hash(by_about, by_content, 1, (epoch(occurred_at)::BIGINT + 518400) // 1036800)
        ]) AS by_spell
    FROM alike
    WHERE by_about IS NOT NULL AND occurred_at IS NOT NULL
),

occasions AS (
    SELECT by_occasion
    FROM (
        SELECT by_unit, any_value(by_occasion) AS by_occasion
        FROM told
        WHERE by_unit IS NOT NULL AND identified
        GROUP BY by_unit
        HAVING min(effect_key) <> max(effect_key)
    )
    GROUP BY by_occasion
),

deliveries AS (
    SELECT hash(scope_of(tenant, environment), sure_hash(delivery_id)) AS by_delivery
    FROM events
    WHERE kind IN ('delivery', 'trigger') AND phase <> 'end'
    GROUP BY by_delivery
    HAVING count(*) FILTER (kind = 'delivery') > 1 OR count(*) FILTER (kind = 'trigger') > 1
),

repeated AS (
    SELECT effect_key, 'key' AS what FROM told
    WHERE by_key IN (
        SELECT by_key FROM told WHERE by_key IS NOT NULL
        GROUP BY by_key
        HAVING min(effect_key) <> max(effect_key) OR bool_or(guarded)
    )
    UNION ALL
    SELECT effect_key, 'delivery' AS what FROM told
    WHERE by_delivered IN (
        SELECT by_delivered FROM told WHERE by_delivered IS NOT NULL
        GROUP BY by_delivered
        HAVING min(effect_key) <> max(effect_key) OR bool_or(guarded)
    )
    UNION ALL
    SELECT effect_key, 'delivery' AS what FROM told WHERE by_delivery IN (FROM deliveries)
    UNION ALL
    SELECT effect_key, 'cause' AS what FROM told
    WHERE by_cause IN (
        SELECT by_cause FROM told
        WHERE by_cause IN (SELECT by_cause FROM told WHERE doubted)
        GROUP BY by_cause
        HAVING min(effect_key) <> max(effect_key)
    )
    UNION ALL
    SELECT effect_key, 'content' AS what FROM days
    WHERE by_day IN (
        SELECT by_day FROM days GROUP BY by_day HAVING min(effect_key) <> max(effect_key)
    )
    UNION ALL
    SELECT effect_key, 'record' AS what FROM spells
    WHERE by_spell IN (
        SELECT by_spell FROM spells GROUP BY by_spell HAVING min(effect_key) <> max(effect_key)
    )
    UNION ALL
    SELECT effect_key, 'run' AS what
    FROM (
        SELECT t.effect_key
        FROM told AS t
        INNER JOIN like_runs AS r USING (by_execution)
        WHERE t.identified
        QUALIFY
            min(t.effect_key) OVER (PARTITION BY r.by_start, t.by_action)
            <> max(t.effect_key) OVER (PARTITION BY r.by_start, t.by_action)
    )
    UNION ALL
    SELECT effect_key, 'obligation' AS what FROM told
    WHERE by_obligation IN (
        SELECT by_obligation FROM told WHERE by_obligation IS NOT NULL
        GROUP BY by_obligation
        HAVING min(callee_hash) <> max(callee_hash)
    )
    UNION ALL
    SELECT effect_key, 'occasion' AS what FROM told WHERE by_occasion IN (FROM occasions)
)

SELECT
    effect_key,
    bool_or(what = 'key') AS repeats_key,
    bool_or(what = 'delivery') AS repeats_delivery,
    bool_or(what = 'cause') AS repeats_cause,
    bool_or(what = 'content') AS repeats_content,
    bool_or(what = 'record') AS repeats_record,
    bool_or(what = 'run') AS repeats_run,
    bool_or(what = 'obligation') AS repeats_obligation,
    bool_or(what = 'occasion') AS repeats_occasion
FROM repeated
GROUP BY effect_key;

CREATE OR REPLACE TABLE suspect_witnesses AS
SELECT effect_key, event_id, occurred_at, "action", trust, happened, is_state, is_hold
FROM effect_witnesses
WHERE effect_key IN (SELECT effect_key FROM repeated_keys);

CREATE OR REPLACE TABLE suspect_effects AS
SELECT
    e.* REPLACE (subscription(e.tenant, e.environment, e.delivery_id, e.consumer) AS consumer),
    r.* EXCLUDE (effect_key),
    scope_of(e.tenant, e.environment) AS scope,
    hash(scope, sure_hash(e.callee), e."action") AS by_action,
    e.happened AND e.effect_id IS NOT NULL AS counted,
    len(e.replays) + len(e.refusals) > 0 AS guarded,
    CASE WHEN e.entity_id IS NOT NULL THEN concat_ws(' ', e.entity_type, e.entity_id) END AS entity,
    -- Where nothing else says that they are one, a business key stands for the record that is not named. Beside a key,
    -- a message or a cause it tells nothing apart: a callee may draw the number of an invoice for each.
    nullif(e.natural_key, e.effect_id) AS business_key,
    CASE WHEN e.entity_id IS NULL AND business_key IS NOT NULL THEN 'natural key' ELSE e.entity_type END AS record_type,
    coalesce(e.entity_id, business_key) AS record_id,
    CASE WHEN record_id IS NOT NULL THEN concat_ws(' ', record_type, record_id) END AS record,
    caller_of(e.cause_id, e.trace_id, e.workflow, e.execution_id, e.event_id) AS cause,
    key_lifetime(e.callee) AS remembered
FROM effects_of('suspect_witnesses') AS e
INNER JOIN repeated_keys AS r USING (effect_key);

-- How the runs began that made them.
CREATE OR REPLACE TABLE suspect_runs AS
WITH told AS (
    SELECT
        e.*,
        (occurred_at IS NULL, coalesce(occurred_at, 'epoch'::TIMESTAMPTZ), "action") AS by_time,
        r.by_start
    FROM events AS e
    LEFT JOIN like_runs AS r ON sure_hash(e.execution_id) = r.by_execution
    WHERE
        kind IN ('trigger', 'delivery')
        AND execution_id IN (SELECT execution_id FROM suspect_effects)
)

SELECT
    execution_id,
    scope_of(min(tenant), min(environment)) AS scope,
    min(by_start) AS by_start,
    arg_min("action", by_time) AS begun_by,
    min(occurred_at) AS begun_at,
    min(occurred_at) FILTER (kind = 'trigger') AS triggered_at,
    min(occurred_at) FILTER (kind = 'delivery') AS delivered_at,
    min(workflow) AS workflow,
    min(subscription(tenant, environment, delivery_id, consumer)) AS consumer,
    coalesce(
        min(concat_ws(' ', entity_type, entity_id)) FILTER (entity_id IS NOT NULL AND entity_type <> 'task'),
        min(concat_ws(' ', entity_type, entity_id)) FILTER (entity_id IS NOT NULL)
    ) AS entity,
    max(attempt) FILTER (kind = 'delivery') AS attempt,
    min(delivery_id) AS delivery_id,
    false AS told_by_number,
    coalesce(bool_or(trigger_kind IN ('manual_retry', 'replay')), false) AS replayed,
    coalesce(bool_or(trigger_kind = 'schedule'), false) AS scheduled,
    coalesce(bool_or(kind = 'delivery' AND attempt_kind = 'provider'), false) AS sent_by_provider,
    string_agg(concat_ws(' ', source, "system"), ' ') FILTER (kind = 'delivery') AS sender,
    coalesce(bool_or(outcome IN ('error', 'rejected')) FILTER (kind = 'delivery'), false) AS refused,
    -- That a worker took a task says nothing of an answer to whoever sent it.
    coalesce(bool_and(outcome <> 'ok') FILTER (kind = 'delivery' AND attempt_kind IS DISTINCT FROM 'task'), false)
        AS not_acknowledged,
    coalesce(
        bool_or(outcome = 'ok' AND ended_at IS NOT NULL)
            FILTER (kind = 'delivery' AND attempt_kind IS DISTINCT FROM 'task'),
        false
    ) AS acknowledged
FROM told
GROUP BY execution_id;

-- A run whose own rows name no message has that of its effects.
UPDATE suspect_runs
SET delivery_id = named.delivery_id
FROM (
    SELECT execution_id, min(delivery_id) AS delivery_id
    FROM suspect_effects
    GROUP BY execution_id
    HAVING min(delivery_id) = max(delivery_id)
) AS named
WHERE suspect_runs.execution_id = named.execution_id AND suspect_runs.delivery_id IS NULL;

-- Deliveries that began alike and are numbered in the order of their times, none twice, are attempts of one message:
-- those that lost its id have that of the others, if these have but one.
UPDATE suspect_runs
SET delivery_id = numbered.delivery_id, told_by_number = true
FROM (
    SELECT by_start, min(least_id) AS delivery_id
    FROM (
        SELECT
            r.by_start,
            e.execution_id,
            min(coalesce(e.delivery_id, s.delivery_id)) AS least_id,
            max(coalesce(e.delivery_id, s.delivery_id)) AS greatest_id,
            max(e.attempt) AS attempt,
            min(e.occurred_at) AS began_at
        FROM events AS e
        INNER JOIN like_runs AS r ON sure_hash(e.execution_id) = r.by_execution
        LEFT JOIN suspect_runs AS s ON e.execution_id = s.execution_id
        WHERE
            e.kind = 'delivery' AND e.phase <> 'end'
            AND r.by_start IN (SELECT by_start FROM suspect_runs WHERE delivery_id IS NULL)
        GROUP BY r.by_start, e.execution_id
    )
    GROUP BY by_start
    HAVING
        min(least_id) = max(greatest_id)
        AND count(DISTINCT attempt) = count(*)
        AND list(attempt ORDER BY began_at, execution_id) = list(attempt ORDER BY attempt)
) AS numbered
WHERE suspect_runs.by_start = numbered.by_start AND suspect_runs.delivery_id IS NULL;

-- A message that only the run's rows name is the message of all that the run did. Whoever has a run replayed
-- may want its mails sent again.
UPDATE suspect_effects
SET
    delivery_id = r.delivery_id,
    consumer = coalesce(suspect_effects.consumer, r.consumer),
    delivered_action = coalesce(delivered_action, "action"),
    delivered_callee = coalesce(delivered_callee, callee),
    repeats_delivery = true
FROM (
    SELECT
        execution_id,
        delivery_id,
        consumer,
        bool_or(replayed) OVER (PARTITION BY scope, delivery_id, consumer) AS replayed
    FROM suspect_runs
    WHERE delivery_id IS NOT NULL AND NOT scheduled
    QUALIFY count(*) OVER (PARTITION BY scope, delivery_id, consumer) > 1
) AS r
WHERE
    suspect_effects.execution_id = r.execution_id AND coalesce(suspect_effects.delivery_id = r.delivery_id, true)
    AND NOT (r.replayed AND coalesce(effect_class = 'messaging', false));

CREATE OR REPLACE TABLE rebalances AS
SELECT
    tenant,
    environment,
    occurred_at,
    "system",
    entity_id
FROM events
WHERE kind = 'change' AND regexp_matches("action", '(?i)rebalanc');
