-- Every line, and whether it ends what it is of.
CREATE OR REPLACE TEMP VIEW stamped_events AS
SELECT
    *,
    coalesce(occurred_at, '-infinity') AS stamp,
    coalesce(target_system, system, source) AS callee,
    entity_type || ' ' || entity_id AS record,
    outcome IN ('ok', 'partial', 'skipped', 'rejected', 'replayed', 'cancelled') AND phase <> 'start' AS is_end
FROM events;

-- Calls that nobody answered, or whose answer was never learnt, one row an operation.
CREATE OR REPLACE TEMP TABLE unanswered_calls AS
WITH
stamped AS (
    FROM stamped_events
    WHERE kind IN ('attempt', 'effect', 'write') AND occurred_at IS NOT NULL
),

-- A call's beginning and its end may be lines of their own, of which the end names no more than the call.
begun_calls AS (
    SELECT
        scope_of(tenant, environment) AS scope,
        execution_id,
        max(stamp) AS stamp,
        any_value(callee) AS callee,
        any_value("action") AS "action",
        any_value(record) AS record,
        any_value(payload_hash) AS payload_hash,
        any_value(operation_key) AS operation_key,
        any_value(effect_class) AS effect_class,
        any_value(amount) AS amount
    FROM stamped
    WHERE phase = 'start'
    GROUP BY ALL
    HAVING count(DISTINCT hash(sure_hash(callee), "action", sure_hash(record), payload_hash, sure_hash(operation_key))) = 1
),

ended_calls AS (
    SELECT
        b.* EXCLUDE (stamp),
        e.event_id
    FROM stamped AS e
    INNER JOIN begun_calls AS b
        ON
            e.execution_id = b.execution_id
            AND scope_of(e.tenant, e.environment) = b.scope
            AND e.stamp >= b.stamp
    WHERE e.phase = 'end'
),

called AS (
    SELECT
        s.* REPLACE (
            coalesce(e.callee, s.callee) AS callee,
            coalesce(e.action, s.action) AS "action",
            coalesce(e.record, s.record) AS record,
            coalesce(e.payload_hash, s.payload_hash) AS payload_hash,
            coalesce(e.operation_key, s.operation_key) AS operation_key,
            coalesce(s.effect_class, e.effect_class) AS effect_class,
            coalesce(e.amount, s.amount) AS amount
        )
    FROM stamped AS s
    LEFT JOIN ended_calls AS e USING (event_id)
    WHERE
        -- A database that writes a statement down as it begins, or does not say how it ended, tells of its
        -- failure alone: who asked for it was answered.
        NOT (
            coalesce(s.vantage = 'database', FALSE) AND s.outcome IN ('pending', 'unknown') AND s.retry_after IS NULL
        )
        -- What its end tells of a call stands for its beginning.
        AND NOT (
            s.phase = 'start' AND s.retry_after IS NULL
            AND (scope_of(s.tenant, s.environment), s.execution_id) IN (SELECT (scope, execution_id) FROM ended_calls)
        )
),

-- Calls, by their key, else by what they were about, else each alone. Many calls of a tool are told apart by what was
-- sent. Without a key, that a call was answered tells nothing of an earlier one that timed out.
calls AS (
    SELECT
        *,
        is_end AS is_answered,
        outcome IN ('timeout', 'unknown')
        AND effect_class IS NOT NULL AND NOT (effect_class = 'data' AND kind = 'write') AS is_unlearnt,
        CASE WHEN entity_type = 'tool' THEN concat_ws(' ', record, payload_hash) ELSE record END AS about,
        coalesce(
            'k ' || operation_key,
            CASE WHEN is_unlearnt AND outcome = 'timeout' THEN 't ' ELSE 'e ' END
            || about || ' ' || concat_ws(' ', "action", amount),
            'x ' || event_id
        ) AS work
    FROM called
),

operations AS (
    SELECT
        tenant,
        beside_live(environment) AS environment,
        callee,
        work,
        min("action") AS "action",
        min(record) AS record,
        min(about) AS about,
        max(amount) AS amount,
        max(stamp) FILTER (is_answered) AS answered_at,
        max(stamp) FILTER (NOT is_answered) AS doubted_at,
        arg_max(event_id, (stamp, phase = 'end', source_position)) FILTER (NOT is_answered) AS event_id,
        arg_max(outcome, (stamp, phase = 'end', source_position)) FILTER (NOT is_answered) AS outcome,
        arg_max(is_unlearnt, (stamp, phase = 'end', source_position)) FILTER (NOT is_answered) AS is_unlearnt,
        max(retry_after) FILTER (NOT is_answered) AS retry_after
    FROM calls
    GROUP BY tenant, beside_live(environment), callee, work
),

answers AS (
    SELECT tenant, environment, callee, "action", about, amount, max(answered_at) AS answered_at
    FROM operations
    WHERE answered_at IS NOT NULL AND about IS NOT NULL
    GROUP BY ALL
),

-- Whose outcome a log never tells, such as that of `contact.updated`, is not known to be open.
answering AS (
    SELECT DISTINCT callee, "action"
    FROM calls
    WHERE outcome <> 'unknown'
),

-- What another log tells of a call: under its key or the id of its effect, or as its callee, of what it was about.
tellers AS (
    SELECT source, min(occurred_at) AS from_at, max(occurred_at) AS to_at
    FROM events
    WHERE vantage IN ('provider', 'server')
    GROUP BY source
),

accounts AS (
    SELECT DISTINCT
        c.tenant,
        beside_live(c.environment) AS environment,
        c.source,
        c.callee,
        c.vantage,
        c.effect_class,
        c.amount,
        t.from_at,
        t.to_at,
        unnest(['k ' || c.operation_key, 'i ' || c.effect_id, CASE WHEN t.source IS NOT NULL THEN 'r ' || c.about END])
            AS named
    FROM calls AS c
    LEFT JOIN tellers AS t ON c.source = t.source AND c.vantage IN ('provider', 'server')
    WHERE c.is_answered OR (c.outcome = 'error' AND t.source IS NOT NULL)
),

unlearnt AS (
    SELECT c.*, unnest(['k ' || c.operation_key, 'i ' || c.effect_id, 'r ' || c.about]) AS named
    FROM operations AS o
    INNER JOIN calls AS c USING (event_id)
    WHERE o.is_unlearnt
),

learnt AS (
    SELECT DISTINCT u.event_id
    FROM unlearnt AS u
    INNER JOIN accounts AS a
        ON
            u.named = a.named
            AND u.tenant IS NOT DISTINCT FROM a.tenant
            AND beside_live(u.environment) IS NOT DISTINCT FROM a.environment
            AND coalesce(u.effect_class = a.effect_class, TRUE)
    WHERE
        (starts_with(u.named, 'i ') AND u.callee = a.callee)
        OR (
            u.source <> a.source
            AND (
                NOT starts_with(u.named, 'r ')
                OR (
                    u.stamp BETWEEN a.from_at AND a.to_at
                    AND (u.callee = a.callee OR (a.vantage = 'provider' AND u.effect_class = a.effect_class))
                    AND coalesce(u.amount = a.amount, TRUE)
                )
            )
        )
)

-- Who tried again under another key and was answered has no reason to try once more; but what came of a call that
-- acts, and whose answer was never learnt, that answer does not tell.
SELECT o.*
FROM operations AS o
LEFT JOIN answers AS a
    ON
        o.callee = a.callee
        AND o.action = a.action
        AND o.about = a.about
        AND NOT o.is_unlearnt
        AND coalesce(o.amount = a.amount, TRUE)
        AND o.tenant IS NOT DISTINCT FROM a.tenant
        AND o.environment IS NOT DISTINCT FROM a.environment
        AND o.doubted_at <= a.answered_at
WHERE
    coalesce(o.answered_at < o.doubted_at, o.doubted_at IS NOT NULL)
    AND a.callee IS NULL
    AND o.event_id NOT IN (SELECT event_id FROM learnt)
    AND (
        o.outcome IN ('timeout', 'pending')
        OR o.retry_after > o.doubted_at
        OR (o.outcome = 'unknown' AND (o.callee, o.action) IN (SELECT (callee, "action") FROM answering))
    );
