-- How each finding came about, where the log shows it: `mechanism` joins its facts.
CREATE OR REPLACE TABLE found_acts AS
SELECT
    c.finding_id,
    c.pattern,
    s.tenant,
    s.environment,
    s.event_id,
    s.occurred_at,
    s.execution_id,
    s.delivery_id,
    s.handoff_id,
    s.consumer,
    s.system,
    s.operation_key,
    s.scope,
    s.entity,
    s.customer_id,
    s.amount,
    s.currency,
    s.workflow,
    s.actor_kind,
    s.attempt,
    s.handing,
    s.witnesses,
    len(s.doubts) > 0 AS doubted
FROM candidates AS c
INNER JOIN candidate_evidence AS e USING (finding_id)
INNER JOIN suspect_effects AS s USING (event_id)
WHERE
    c.detector = 'duplicate_side_effect' AND c.suppressor IS NULL
    AND e.role IN ('original', 'duplicate');

-- An act is unfinished if one of the logs that tell of it knows of no end.
CREATE OR REPLACE TABLE act_lines AS
SELECT
    event_id,
    max(ended_at) AS ended_at,
    bool_or(unfinished) AS unfinished,
    min(person) AS person
FROM (
    SELECT
        told.event_id,
        max(e.ended_at) AS ended_at,
        bool_and(e.outcome IN ('pending', 'unknown')) AS unfinished,
        min(e.person) AS person
    FROM evidence_lines AS e
    INNER JOIN (SELECT event_id, unnest(witnesses) AS line FROM found_acts) AS told
        ON e.event_id = told.line
    GROUP BY told.event_id, e.source
)
GROUP BY event_id;

CREATE OR REPLACE TABLE run_lines AS
SELECT
    execution_id,
    kind,
    occurred_at,
    entity_type,
    entity_id
FROM events
WHERE
    kind IN ('read', 'write')
    AND execution_id IN (SELECT execution_id FROM found_acts);

-- Two runs that both looked at a record before either had acted, and wrote it afterwards.
CREATE OR REPLACE TABLE raced_guards AS
WITH looked AS (
    SELECT
        a.finding_id,
        a.acted_at,
        l.execution_id,
        l.entity_type,
        l.entity_id,
        min(l.occurred_at) AS looked_at,
        min(l.occurred_at) FILTER (l.kind = 'write') AS written_at
    FROM (
        SELECT finding_id, execution_id, min(min(occurred_at)) OVER (PARTITION BY finding_id) AS acted_at
        FROM found_acts
        GROUP BY finding_id, execution_id
    ) AS a
    INNER JOIN run_lines AS l USING (execution_id)
    WHERE l.entity_id IS NOT NULL
    GROUP BY ALL
)

SELECT finding_id
FROM looked
GROUP BY finding_id, acted_at, entity_type, entity_id
HAVING count(looked_at) > 1 AND count(written_at) > 0 AND max(looked_at) < least(min(written_at), acted_at);

-- Keys under which a call was in doubt, be it in a log that calls the callee by another name.
CREATE OR REPLACE TABLE doubted_keys AS
SELECT
    tenant,
    environment,
    operation_key
FROM events
WHERE
    outcome IN ('timeout', 'unknown', 'error')
    AND operation_key IN (SELECT operation_key FROM found_acts WHERE pattern IN ('rekeyed_retry', 'same_content'));

-- Messages that were handed over at one pace: at least three pauses that, laid around a circle as long as the
-- middle one, come to lie at one place (their mean resultant length), none much shorter. A pause of two or three
-- periods lacks a line. Where no log tells of the handings-over, what was done stands for them.
CREATE OR REPLACE TABLE paced_messages AS
WITH
handed AS (
    SELECT
        tenant,
        environment,
        delivery_id,
        subscription(tenant, environment, delivery_id, consumer) AS consumer,
        source AS log,
        occurred_at,
        event_id
    FROM events
    WHERE
        kind = 'delivery' AND phase IN ('single', 'start') AND occurred_at IS NOT NULL
        AND delivery_id IN (SELECT delivery_id FROM found_acts)
),

told AS (
    FROM handed
    UNION ALL
    SELECT a.tenant, a.environment, a.delivery_id, a.consumer, a.finding_id AS log, a.occurred_at, a.event_id
    FROM found_acts AS a
    WHERE
        NOT EXISTS (
            FROM handed AS h
            WHERE
                h.delivery_id = a.delivery_id AND may_concern(h.tenant, h.environment, a.tenant, a.environment)
        )
),

paused AS (
    SELECT
        *,
        (epoch_us(occurred_at) - epoch_us(lag(occurred_at) OVER in_turn)) / 1e6 AS pause_s
    FROM told
    WINDOW in_turn AS (
        PARTITION BY tenant, beside_live(environment), delivery_id, consumer, log ORDER BY occurred_at, event_id
    )
),

measured AS (
    SELECT
        *,
        median(pause_s) OVER (PARTITION BY tenant, beside_live(environment), delivery_id, consumer, log) AS period_s
    FROM paused
    WHERE pause_s > 0
)

SELECT tenant, min(environment) AS environment, delivery_id, consumer, period_s
FROM measured
GROUP BY tenant, beside_live(environment), delivery_id, consumer, log, period_s
HAVING
    count(*) >= 3 AND min(pause_s) >= 0.8 * period_s
    AND power(avg(cos(2 * pi() * pause_s / period_s)), 2) + power(avg(sin(2 * pi() * pause_s / period_s)), 2) > 0.81;

-- What may be a found act as its caller knew it: a call about the same, or a run that began alike, of which
-- the log knows no good end and no effect.
CREATE OR REPLACE TABLE open_calls AS
WITH
begun AS (
    SELECT a.event_id, r.by_start, r.execution_id
    FROM found_acts AS a
    INNER JOIN suspect_runs AS r USING (execution_id)
),

runs AS (
    SELECT
        l.by_start,
        e.execution_id,
        min(e.occurred_at) AS occurred_at
    FROM events AS e
    INNER JOIN like_runs AS l ON sure_hash(e.execution_id) = l.by_execution
    WHERE e.kind IN ('trigger', 'delivery') AND l.by_start IN (SELECT by_start FROM begun)
    GROUP BY l.by_start, e.execution_id
    HAVING bool_and(e.outcome = 'pending')
)

SELECT a.event_id, s.occurred_at, s.outcome = 'pending' AS unfinished, s.delivery_id
FROM found_acts AS a
INNER JOIN suspect_effects AS s
    ON a.scope = s.scope AND a.entity = s.entity AND a.customer_id IS NOT DISTINCT FROM s.customer_id
    AND a.amount IS NOT DISTINCT FROM s.amount AND a.currency IS NOT DISTINCT FROM s.currency
    AND a.execution_id IS DISTINCT FROM s.execution_id
WHERE s.outcome IN ('pending', 'timeout', 'unknown', 'error')
UNION
SELECT b.event_id, r.occurred_at, true AS unfinished, NULL AS delivery_id
FROM begun AS b
INNER JOIN runs AS r ON b.by_start = r.by_start AND b.execution_id <> r.execution_id;

-- One row a finding: what tells most of its effects from the one before.
CREATE OR REPLACE TABLE mechanisms AS
WITH acts AS (
    SELECT
        a.finding_id,
        a.pattern,
        a.tenant,
        a.environment,
        a.event_id,
        a.occurred_at AS acted_at,
        a.execution_id,
        coalesce(a.delivery_id, r.delivery_id) AS delivery_id,
        a.handoff_id,
        a.consumer,
        a.system,
        a.operation_key,
        a.workflow,
        a.actor_kind,
        a.attempt,
        a.doubted
        OR EXISTS (
            FROM doubted_keys AS k
            WHERE
                k.operation_key = a.operation_key
                AND may_concern(k.tenant, k.environment, a.tenant, a.environment)
        ) AS doubted,
        l.ended_at,
        l.unfinished,
        l.person,
        r.by_start,
        r.begun_by,
        r.triggered_at,
        r.replayed OR a.handing.replayed AS replayed,
        coalesce(r.scheduled, false) AS scheduled,
        coalesce(a.handing.by_provider, r.sent_by_provider, false) AS sent_by_provider,
        coalesce(NOT a.handing.acknowledged, r.not_acknowledged) AS not_acknowledged,
        coalesce(a.handing.acknowledged, r.acknowledged, false) AS acknowledged,
        coalesce(a.handing.refused, r.refused, false) AS refused,
        lower(coalesce(a.handing.source, r.sender)) AS sender,
        coalesce(r.delivered_at, a.handing.at) AS delivered_at,
        a.handing
    FROM found_acts AS a
    INNER JOIN act_lines AS l USING (event_id)
    LEFT JOIN suspect_runs AS r USING (execution_id)
),

paired AS (
    SELECT
        acts AS later,
        lag(acts) OVER (PARTITION BY finding_id ORDER BY acted_at, event_id) AS earlier
    FROM acts
),

measured AS (
    SELECT
        *,
        (epoch_us(later.acted_at) - epoch_us(earlier.acted_at)) / 1e6 AS pause_s,
        (epoch_us(later.delivered_at) - epoch_us(earlier.delivered_at)) / 1e6 AS delivery_pause_s,
        (epoch_us(later.triggered_at) - epoch_us(earlier.triggered_at)) / 1e6 AS trigger_pause_s,
        later.execution_id <> earlier.execution_id OR later.handoff_id <> earlier.handoff_id AS other_run,
        -- One message, handed over twice, or what looks like it where messages have no names: nothing less is
        -- called a queue's doing.
        other_run
        AND coalesce(
            later.handing.event_id <> earlier.handing.event_id,
            later.delivery_id = earlier.delivery_id,
            later.by_start = earlier.by_start AND later.begun_by = earlier.begun_by,
            later.workflow = earlier.workflow AND later.actor_kind = 'worker' AND earlier.actor_kind = 'worker'
        ) AS again,
        earlier.doubted OR left_open.in_doubt AS doubted,
        left_open.unfinished AS left_unfinished,
        (
            SELECT min(p.period_s)
            FROM paced_messages AS p
            WHERE
                p.delivery_id = later.delivery_id
                AND coalesce(p.consumer = later.consumer, true)
                AND may_concern(p.tenant, p.environment, later.tenant, later.environment)
        ) AS period_s,
        -- Its worker took nothing any more, though the log goes on.
        later.handing.actor <> earlier.handing.actor
        AND seen.last_at < later.handing.at AND later.handing.at < seen.log_goes_on_to AS gone
    FROM paired
    LEFT JOIN workers_seen AS seen
        ON earlier.handing.source = seen.source AND earlier.handing.scope = seen.scope
        AND earlier.handing.actor = seen.actor
    CROSS JOIN LATERAL (
        SELECT
            bool_or(NOT c.unfinished) AS in_doubt,
            bool_or(c.unfinished AND coalesce(c.delivery_id = later.delivery_id, true)) AS unfinished
        FROM open_calls AS c
        WHERE
            c.event_id = later.event_id
            AND c.occurred_at BETWEEN earlier.acted_at - INTERVAL 1 MINUTE AND later.acted_at
    ) AS left_open
),

judged AS (
    SELECT
        m.later.finding_id AS finding_id,
        CASE
            WHEN m.later.pattern = 'batch_rerun' THEN 'batch_rerun'
            WHEN m.later.pattern = 'key_expired' THEN 'expired_key'
            WHEN m.other_run AND (m.later.replayed OR i.after_given_up) THEN 'manual_replay'
            WHEN
                m.doubted AND coalesce(m.later.operation_key <> m.earlier.operation_key, m.later.attempt > 1)
                THEN 'key_per_attempt'
            WHEN m.other_run AND m.later.finding_id IN (FROM raced_guards) THEN 'guard_race'
            WHEN m.again AND (abs(m.trigger_pause_s) < 0.2 OR i.at_one_moment) THEN 'double_trigger'
            WHEN m.again AND m.later.sent_by_provider AND m.earlier.not_acknowledged THEN 'webhook_retry'
            WHEN
                m.again AND m.earlier.not_acknowledged
                AND EXISTS (
                    FROM (SELECT "name", unnest(waits_s) AS wait_s FROM retry_schedules)
                    WHERE
                        -- What many senders keep to grows from one wait to the next.
                        coalesce(regexp_matches(m.later.sender, '(^|[^a-z])' || "name" || '([^a-z]|$)'), m.period_s IS NULL)
                        AND abs(m.delivery_pause_s - wait_s) < 0.2 * wait_s
                )
                THEN 'webhook_retry'
            WHEN
                m.again AND EXISTS (
                    FROM rebalances AS r
                    WHERE
                        r.occurred_at BETWEEN m.earlier.acted_at - INTERVAL 1 MINUTE AND m.later.acted_at
                        AND (r.entity_id = m.later.consumer OR r.system = m.later.system)
                        AND may_concern(r.tenant, r.environment, m.later.tenant, m.later.environment)
                )
                THEN 'rebalance'
            WHEN m.again AND m.pause_s >= 30 AND m.earlier.ended_at > m.later.acted_at THEN 'visibility_timeout'
            WHEN (m.again AND m.earlier.unfinished) OR m.left_unfinished THEN 'crash_before_acknowledgement'
            -- A log may be off by a second, and RabbitMQ looks once a minute for what has timed out. What a clock
            -- set off comes every hour of itself.
            WHEN
                m.again AND NOT m.later.scheduled AND EXISTS (
                    FROM queue_timeouts
                    WHERE coalesce(m.delivery_pause_s, m.pause_s) BETWEEN timeout_s - 1 AND timeout_s + 60
                )
                THEN 'visibility_timeout'
            -- What was given back as failed waits as long as its worker or its queue has it wait.
            WHEN
                m.again AND m.period_s >= 30
                AND NOT (m.later.scheduled OR m.later.sent_by_provider OR m.earlier.refused)
                AND NOT m.earlier.acknowledged
                THEN 'visibility_timeout'
            WHEN m.gone THEN 'crash_before_acknowledgement'
            WHEN m.pause_s <= 3 AND m.later.person = m.earlier.person THEN 'double_submit'
        END AS mechanism,
        m.period_s
    FROM measured AS m
    LEFT JOIN messages_put_in AS i ON m.later.delivery_id = i.delivery_id AND m.later.handing.scope = i.scope
)

SELECT
    finding_id,
    mechanism,
    CASE WHEN mechanism IN ('visibility_timeout', 'webhook_retry') THEN min(period_s) END AS period_s
FROM judged
WHERE mechanism IS NOT NULL
GROUP BY finding_id, mechanism
QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY count(*) DESC, mechanism) = 1;

UPDATE candidates
SET facts = json_merge_patch(facts, to_json({'mechanism': mechanism, 'period_s': period_s}))::VARCHAR
FROM mechanisms
WHERE candidates.finding_id = mechanisms.finding_id;

-- Stamps that tell a day or a second and nothing below it do not tell times apart that lie within it.
UPDATE candidates
SET facts = json_merge_patch(facts, to_json({'resolution_s': resolution_s}))::VARCHAR
FROM (
    SELECT f.finding_id, max(e.clock_resolution_us) / 1e6 AS resolution_s
    FROM found_acts AS f
    INNER JOIN evidence_lines AS e USING (event_id)
    GROUP BY f.finding_id
) AS stamped
WHERE
    candidates.finding_id = stamped.finding_id
    AND stamped.resolution_s >= 1 AND (candidates.facts ->> '$.seconds')::DOUBLE < stamped.resolution_s;
