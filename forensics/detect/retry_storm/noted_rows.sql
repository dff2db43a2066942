-- What was sought more than once and did not go well, or very often. What went well two or three
-- times (a call and its callee's row, say) is no retry.
CREATE OR REPLACE TABLE repeated_pursuits AS
SELECT sought
FROM attempt_counts
WHERE sought IS NOT NULL
GROUP BY sought
HAVING count(*) > 3 OR (count(*) > 1 AND bool_or(in_trouble));

-- The moments of rows worth a closer look: a time is cheap to look for, so few other rows are read whole.
CREATE OR REPLACE TABLE noted_moments AS
SELECT occurred_at
FROM attempt_counts
WHERE stands_out OR sought IN (FROM repeated_pursuits)
UNION
SELECT occurred_at
FROM attempt_parts;

-- Messages that a broker was given once: it hands such a one over again only if nobody acknowledged it.
CREATE OR REPLACE TABLE given_once AS
SELECT source, delivery_id
FROM events
WHERE kind = 'other' AND vantage = 'broker' AND enqueued_at IS NOT NULL AND delivery_id IS NOT NULL
GROUP BY source, delivery_id
HAVING count(*) = 1;

-- Rows worth a closer look: those, what stands out by itself, and what has several rows. `thread` is
-- the larger work that a row was part of; where no other row shares its trace, the record that it counts its attempts on.
CREATE OR REPLACE TABLE noted_rows AS
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
        CASE WHEN coalesce(operation_key, delivery_id) IS NOT NULL THEN sought END AS named_by,
        sure_hash(r.execution_id) AS run,
        CASE
            WHEN trace_id IS NOT NULL THEN hash(scope_of(tenant, environment), sure_hash(trace_id)) ELSE sought
        END AS thread,
        CASE WHEN entity_id IS NOT NULL THEN hash('record', scope_of(tenant, environment), entity_type, sure_hash(entity_id)) END AS record,
        hash(entity_type, sure_hash(entity_id), verb) AS wanted,
        r.occurred_at,
        edge_from,
        interval_of(r.occurred_at, edge_from) AS bucket,
        ended_at,
        -- When a run or a handing-over is to be made again is a plan of its own, not the callee's word.
        CASE WHEN kind NOT IN ('trigger', 'delivery') THEN retry_after END AS retry_after,
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
        by_number OR min(coalesce(whole, sure_hash(event_id))) OVER threads
        = max(coalesce(whole, sure_hash(event_id))) OVER threads AS has_own_thread
    FROM noted
    WINDOW
        named AS (PARTITION BY coalesce(sought, sure_hash(event_id))),
        threads AS (PARTITION BY coalesce(thread, sure_hash(event_id)))
),

told AS (
    SELECT
        * EXCLUDE (run, has_own_key) REPLACE (
            CASE WHEN has_own_key THEN arg_min(numbered, (occurred_at, event_id)) OVER named ELSE sought END AS sought,
            by_number OR has_own_key AS by_number,
            CASE WHEN NOT has_own_key THEN named_by END AS named_by,
            CASE WHEN has_own_key THEN min(attempt) OVER named ELSE attempt END AS attempt
        ),
        CASE WHEN has_own_key THEN sought END AS own_key
    FROM alone
    WINDOW named AS (PARTITION BY coalesce(sought, sure_hash(event_id)))
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
        unnest(list({'event_id': event_id, 'own_key': own_key, 'occurred_at': occurred_at}), recursive := TRUE),
        coalesce(
            min(named_by),
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

-- Rows without a number go with the first numbered row whose key they share (a task's start with its receipt).
carried AS (
    SELECT
        own_key,
        unnest(arg_min({'joint': joint, 'by_number': by_number}, (occurred_at, event_id)))
    FROM renamed
    GROUP BY own_key
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
CREATE OR REPLACE MACRO called_by(caller, told_by) AS
    coalesce(min(caller), string_agg(DISTINCT told_by, ', ' ORDER BY told_by), 'unknown');
