-- The rows that say that something was attempted.
-- `edge` is caller -> callee within one tenant and environment. `sought` is what was to be done
-- once, NULL where the row does not say: what is unknown is never compared. `by_number`: only the
-- record and the number of the attempt say it. `stands_out`: the log numbers it as a repeat, or it was
-- throttled without a name.
CREATE OR REPLACE TEMP VIEW called_rows AS
WITH named AS (
    SELECT
        *,
        CASE WHEN kind IN ('trigger', 'delivery') THEN coalesce(workflow, action) ELSE action END AS verb,
        CASE kind WHEN 'delivery' THEN coalesce(consumer, workflow) WHEN 'trigger' THEN workflow END AS handler,
        coalesce(vantage IN ('server', 'provider', 'database'), FALSE) AS at_callee
    FROM events
    WHERE kind IN ('attempt', 'delivery', 'effect', 'trigger')
),

called AS (
    SELECT
        *,
        CASE WHEN target_system IS NULL AND handler IS NULL AND at_callee THEN actor ELSE system END AS caller,
        coalesce(target_system, handler, CASE WHEN at_callee THEN system END, verb) AS callee,
        CASE
            WHEN operation_key IS NOT NULL THEN hash('key', operation_key, item_key)
            WHEN delivery_id IS NOT NULL THEN hash('delivery', delivery_id, consumer)
            WHEN coalesce(trace_id, cause_id) IS NOT NULL
                AND (entity_id IS NOT NULL OR payload_hash IS NOT NULL)
                THEN hash('call', coalesce(trace_id, cause_id), entity_type, entity_id, payload_hash)
        END AS purpose,
        attempt IS NOT NULL AND entity_id IS NOT NULL
        AND coalesce(entity_type, '') NOT IN ('destination', 'url', 'model', 'tool') AS is_numbered
    FROM named
)

SELECT
    *,
    hash(tenant, environment, caller, callee) AS edge,
    -- Who logged it is part of the name: two witnesses of one attempt are not known to be that.
    CASE
        WHEN is_numbered
            THEN hash('numbered', edge, verb, kind, vantage, attempt_kind, entity_type, entity_id)
    END AS numbered,
    purpose IS NULL AND is_numbered AS by_number,
    CASE WHEN purpose IS NOT NULL THEN hash(tenant, environment, purpose) ELSE numbered END AS sought,
    coalesce(attempt > 1 OR (sought IS NULL AND error_kind = 'throttle'), FALSE) AS stands_out,
    CASE WHEN phase = 'single' THEN source ELSE source || '/' || execution_id END AS place
FROM called;

-- What of every row is counted. A case holds millions of attempts, few of which were ever repeated:
-- the rest of a row is read again, only where it is worth a closer look.
CREATE OR REPLACE TEMP TABLE attempt_counts AS
SELECT
    edge,
    sought,
    occurred_at,
    CASE
        WHEN attempt > 1 OR outcome NOT IN ('ok', 'pending', 'replayed', 'skipped') THEN 1
    END AS trouble,
    stands_out
FROM called_rows;

-- Intervals are counted from the first that is heard of an edge: only differences of times decide. (DuckDB takes
-- four times as long to take times from each other as to take microseconds.)
CREATE OR REPLACE TEMP TABLE edge_starts AS
SELECT edge, min(occurred_at) AS edge_from
FROM attempt_counts
GROUP BY edge;

-- The load of every edge in intervals of 10 s: all rows, which are put right below where several of
-- them are one attempt.
CREATE OR REPLACE TEMP TABLE row_load AS
SELECT
    edge,
    (epoch_us(occurred_at) - epoch_us(edge_from)) // 10_000_000 AS bucket,
    count(*) AS load
FROM attempt_counts
INNER JOIN edge_starts USING (edge)
GROUP BY ALL;

-- What two tenants or environments call alike is two things; who names none tells of the one there is.
CREATE OR REPLACE TEMP MACRO differing_in(name, part) AS
CASE WHEN min(part) OVER (PARTITION BY name) <> max(part) OVER (PARTITION BY name) THEN part END;

CREATE OR REPLACE TEMP MACRO name_apart(name, tenant, environment) AS
hash(name, differing_in(name, tenant), differing_in(name, environment));

-- Rows of one attempt: what one run opened and closed, one handing-over seen from two sides, one
-- fact read twice.
CREATE OR REPLACE TEMP TABLE attempt_parts AS
WITH opened AS (
    SELECT
        event_id,
        source,
        place,
        kind,
        phase,
        occurred_at,
        source_seq,
        tenant,
        environment,
        delivery_id,
        operation_key,
        consumer,
        handoff_id,
        row_number() OVER run AS step,
        phase = 'start' OR coalesce(lag(phase) OVER run, 'end') = 'end' AS opens
    FROM called_rows
    WHERE phase <> 'single'
    WINDOW run AS (
        PARTITION BY place, kind ORDER BY occurred_at, source_seq, phase = 'end', phase = 'progress', event_id
    )
),

witnessed AS (
    SELECT
        * EXCLUDE (step, opens),
        hash('run', place, kind, sum(opens::INTEGER) OVER (PARTITION BY place, kind ORDER BY step)) AS whole
    FROM opened
    UNION ALL BY NAME
    SELECT
        event_id,
        source,
        kind,
        phase,
        occurred_at,
        tenant,
        environment,
        delivery_id,
        operation_key,
        consumer,
        handoff_id,
        hash(event_id) AS whole
    FROM called_rows
    WHERE phase = 'single' AND handoff_id IS NOT NULL
),

handoffs AS (
    SELECT
        whole,
        source,
        min(occurred_at) AS began_at,
        min(tenant) AS tenant,
        min(environment) AS environment,
        min(delivery_id) AS message,
        CASE WHEN message IS NULL THEN min(operation_key) END AS "key",
        CASE WHEN message IS NULL AND "key" IS NULL THEN min(consumer) END AS consumer,
        hash(kind, min(handoff_id)) AS handoff
    FROM witnessed
    WHERE (kind, handoff_id) IN (
        SELECT (kind, handoff_id)
        FROM witnessed
        WHERE handoff_id IS NOT NULL
        GROUP BY kind, handoff_id
        HAVING min(source) <> max(source)
    )
    GROUP BY whole, source, kind
),

parted_handoffs AS (
    SELECT
        * REPLACE (hash(name_apart(handoff, tenant, environment), differing_in(handoff, message)) AS handoff)
    FROM handoffs
),

-- Some brokers count what they hand over, anew for each consumer.
counted_apart AS (
    SELECT
        * REPLACE (hash(handoff, differing_in(handoff, "key"), differing_in(handoff, consumer)) AS handoff)
    FROM parted_handoffs
),

handed AS (
    SELECT
        whole,
        hash('handoff', handoff, row_number() OVER (PARTITION BY source, handoff ORDER BY began_at, whole)) AS handed
    FROM counted_apart
),

facts AS (
    SELECT
        event_id,
        occurred_at,
        tenant,
        environment,
        hash(kind, action, occurrence_id) AS fact
    FROM called_rows
    WHERE phase = 'single' AND occurrence_id IS NOT NULL AND handoff_id IS NULL AND kind IN ('attempt', 'effect')
)

SELECT
    event_id,
    occurred_at,
    coalesce(handed, whole) AS whole
FROM witnessed
LEFT JOIN handed USING (whole)
WHERE phase <> 'single' OR handed IS NOT NULL
UNION ALL
SELECT
    event_id,
    occurred_at,
    hash('fact', name_apart(fact, tenant, environment))
FROM facts
WHERE fact IN (SELECT fact FROM facts GROUP BY fact HAVING count(*) > 1);

-- What was sought more than once and did not go well, or very often. What went well two or three
-- times (a call and its callee's row, say) is no retry.
CREATE OR REPLACE TEMP TABLE repeated_pursuits AS
SELECT sought
FROM attempt_counts
WHERE sought IN (SELECT sought FROM attempt_counts WHERE trouble = 1)
GROUP BY sought
HAVING count(*) > 1
UNION
SELECT sought
FROM attempt_counts
WHERE sought IS NOT NULL
GROUP BY sought
HAVING count(*) > 3;

-- The moments of rows worth a closer look: a time is cheap to look for, so few other rows are read whole.
CREATE OR REPLACE TEMP TABLE noted_moments AS
SELECT occurred_at
FROM attempt_counts
WHERE stands_out OR sought IN (FROM repeated_pursuits)
UNION
SELECT occurred_at
FROM attempt_parts;

-- Messages that a broker was given once: it hands such a one over again only if nobody acknowledged it.
CREATE OR REPLACE TEMP TABLE given_once AS
SELECT source, delivery_id
FROM events
WHERE kind = 'other' AND vantage = 'broker' AND enqueued_at IS NOT NULL AND delivery_id IS NOT NULL
GROUP BY source, delivery_id
HAVING count(*) = 1;

-- Rows worth a closer look: those, what stands out by itself, and what has several rows. `thread` is
-- the larger work that a row was part of; where no other row shares its trace, the record that it counts its attempts on.
CREATE OR REPLACE TEMP TABLE noted_rows AS
WITH noted AS (
    SELECT
        r.event_id,
        source,
        kind,
        phase,
        caller,
        callee,
        verb,
        at_callee,
        kind = 'delivery' AND (source, delivery_id) IN (SELECT (source, delivery_id) FROM given_once) AS given_once,
        kind IN ('trigger', 'delivery') AND workflow IS NOT NULL AS names_workflow,
        coalesce(
            attempt_kind,
            CASE WHEN vantage IN ('proxy', 'broker') THEN vantage WHEN kind = 'delivery' THEN 'broker' END,
            ''
        ) AS layer,
        edge,
        -- Whoever keeps the log calls, where it is not the callee's log.
        CASE WHEN NOT at_callee THEN source END AS told_by,
        sought,
        by_number,
        numbered,
        coalesce(operation_key, delivery_id) AS named_by,
        hash(r.execution_id) AS run,
        CASE WHEN trace_id IS NOT NULL THEN hash(tenant, environment, trace_id) ELSE sought END AS thread,
        CASE WHEN entity_id IS NOT NULL THEN hash('record', tenant, environment, entity_type, entity_id) END AS record,
        hash(entity_type, entity_id, verb) AS wanted,
        r.occurred_at,
        edge_from,
        (epoch_us(r.occurred_at) - epoch_us(edge_from)) // 10_000_000 AS bucket,
        ended_at,
        retry_after,
        enqueued_at,
        scheduled_for,
        outcome,
        error,
        error_kind,
        attempt,
        trigger_kind,
        clock_resolution_us,
        progress,
        entity_id,
        payload_hash,
        source_seq,
        p.whole
    FROM called_rows AS r
    SEMI JOIN noted_moments AS m ON r.occurred_at = m.occurred_at
    INNER JOIN edge_starts USING (edge)
    LEFT JOIN attempt_parts AS p ON r.event_id = p.event_id
    WHERE
        p.whole IS NOT NULL
        OR stands_out
        OR sought IN (FROM repeated_pursuits)
),

-- A later attempt that shares its key with no other has a key of its own, which names no operation.
alone AS (
    SELECT
        *,
        NOT by_number AND count(numbered) OVER named > 0
        AND min(attempt) OVER named > 1 AND min(attempt) OVER named = max(attempt) OVER named
        AND min(run) OVER named = max(run) OVER named AS has_own_key,
        by_number OR min(coalesce(whole, hash(event_id))) OVER threads
        = max(coalesce(whole, hash(event_id))) OVER threads AS has_own_thread
    FROM noted
    WINDOW
        named AS (PARTITION BY coalesce(sought, hash(event_id))),
        threads AS (PARTITION BY coalesce(thread, hash(event_id)))
),

told AS (
    SELECT
        * EXCLUDE (run, has_own_key) REPLACE (
            CASE WHEN has_own_key THEN min(numbered) OVER named ELSE sought END AS sought,
            by_number OR has_own_key AS by_number,
            CASE WHEN NOT has_own_key THEN named_by END AS named_by,
            CASE WHEN has_own_key THEN min(attempt) OVER named ELSE attempt END AS attempt
        ),
        CASE WHEN has_own_key THEN sought END AS own_key
    FROM alone
    WINDOW named AS (PARTITION BY coalesce(sought, hash(event_id)))
),

-- A log that tells the key or the trace of some attempts only gives one operation several names. Where
-- the numbers of one record count up through all of them, they are names of one.
counted AS (
    SELECT
        *,
        sum(coalesce(attempt <= previous AND coalesce(whole <> previous_whole, TRUE), FALSE)::INTEGER) OVER (
            PARTITION BY numbered ORDER BY occurred_at, attempt, source_seq, event_id ROWS UNBOUNDED PRECEDING
        ) AS count_no
    FROM (
        SELECT
            event_id, numbered, sought, by_number, named_by, own_key, occurred_at, attempt, source_seq, whole,
            lag(attempt) OVER tries AS previous,
            lag(whole) OVER tries AS previous_whole
        FROM told
        WHERE numbered IN (SELECT numbered FROM told GROUP BY numbered HAVING min(sought) <> max(sought))
        WINDOW tries AS (PARTITION BY numbered ORDER BY occurred_at, attempt, source_seq, event_id)
    )
),

scattered AS (
    SELECT numbered, sought
    FROM counted
    WHERE NOT by_number
    GROUP BY numbered, sought
    HAVING min(count_no) <> max(count_no)
),

renamed AS (
    SELECT
        unnest(list({'event_id': event_id, 'own_key': own_key}), recursive := TRUE),
        coalesce(
            min(sought) FILTER (named_by IS NOT NULL),
            CASE WHEN min(sought) FILTER (NOT by_number) = max(sought) FILTER (NOT by_number)
                THEN min(sought) FILTER (NOT by_number) END,
            numbered
        ) AS joint,
        joint = numbered AS by_number
    FROM counted
    GROUP BY numbered, count_no
    HAVING min(sought) <> max(sought)
        AND min(named_by) IS NOT DISTINCT FROM max(named_by)
        AND NOT bool_or((numbered, sought) IN (FROM scattered))
),

-- Rows without a number go with the numbered row whose key they share (a task's start with its receipt).
carried AS (
    SELECT
        own_key,
        min(joint) AS joint,
        bool_and(by_number) AS by_number
    FROM renamed
    GROUP BY own_key
    HAVING min(joint) = max(joint)
)

SELECT
    t.* EXCLUDE (thread, numbered, named_by, own_key, record, has_own_thread) REPLACE (
        coalesce(r.joint, c.joint, t.sought) AS sought,
        coalesce(r.by_number, c.by_number, t.by_number) AS by_number
    ),
    t.by_number OR coalesce(r.joint, c.joint) IS NOT NULL AS counts_up,
    counts_up AND t.has_own_thread AS thread_is_record,
    CASE WHEN thread_is_record THEN t.record ELSE t.thread END AS thread
FROM told AS t
LEFT JOIN renamed AS r USING (event_id)
LEFT JOIN carried AS c ON t.own_key = c.own_key;

DROP TABLE given_once;
DROP TABLE attempt_counts;
DROP TABLE edge_starts;
DROP TABLE attempt_parts;
DROP TABLE repeated_pursuits;
DROP TABLE noted_moments;

-- Who called, of rows of one edge: where no system is named, the logs that tell of it.
CREATE OR REPLACE TEMP MACRO called_by(caller, told_by) AS
    coalesce(min(caller), string_agg(DISTINCT told_by, ', ' ORDER BY told_by), 'unknown');
