-- The rows that say that something was attempted.
-- `edge` is caller -> callee within one tenant and environment. `sought` is what was to be done
-- once, NULL where the row does not say: what is unknown is never compared. `by_number`: only the
-- record and the number of the attempt say it. `stands_out`: the log numbers it as a repeat, or it was
-- throttled without a name.
CREATE OR REPLACE VIEW called_rows AS
WITH named AS (
    SELECT
        *,
        CASE WHEN kind IN ('trigger', 'delivery') THEN coalesce(workflow, action) ELSE action END AS verb,
        CASE kind WHEN 'delivery' THEN coalesce(consumer, workflow) WHEN 'trigger' THEN workflow END AS handler,
        coalesce(vantage IN ('server', 'provider', 'database'), FALSE) AS at_callee,
        -- A tool or a destination is where something was asked for, not what.
        entity_id IS NOT NULL AND coalesce(entity_type, '') NOT IN ('destination', 'url', 'model', 'tool') AS names_record
    FROM events
    WHERE kind IN ('attempt', 'delivery', 'effect', 'trigger')
),

called AS (
    SELECT
        *,
        CASE WHEN target_system IS NULL AND handler IS NULL AND at_callee THEN actor ELSE system END AS caller,
        coalesce(target_system, handler, CASE WHEN at_callee THEN system END, verb) AS callee,
        CASE
            WHEN operation_key IS NOT NULL THEN hash('key', sure_hash(operation_key), sure_hash(item_key))
            WHEN delivery_id IS NOT NULL THEN hash('delivery', sure_hash(delivery_id), sure_hash(consumer))
            WHEN coalesce(trace_id, cause_id) IS NOT NULL
                AND (names_record OR payload_hash IS NOT NULL)
                THEN hash('call', sure_hash(coalesce(trace_id, cause_id)), entity_type, sure_hash(entity_id), payload_hash)
        END AS purpose,
        attempt IS NOT NULL AND names_record AS is_numbered
    FROM named
)

SELECT
    *,
    hash(scope_of(tenant, environment), sure_hash(caller), sure_hash(callee)) AS edge,
    -- Who logged it is part of the name: two witnesses of one attempt are not known to be that.
    CASE
        WHEN is_numbered
            THEN hash('numbered', edge, verb, kind, vantage, attempt_kind, entity_type, sure_hash(entity_id))
    END AS numbered,
    purpose IS NULL AND is_numbered AS by_number,
    CASE WHEN purpose IS NOT NULL THEN hash(scope_of(tenant, environment), purpose) ELSE numbered END AS sought,
    coalesce(attempt > 1 OR (sought IS NULL AND error_kind = 'throttle'), FALSE) AS stands_out,
    source || '/' || execution_id AS place
FROM called;

-- What of every row is counted. A case holds millions of attempts, few of which were ever repeated:
-- the rest of a row is read again, only where it is worth a closer look.
CREATE OR REPLACE TABLE attempt_counts AS
SELECT
    edge,
    sought,
    occurred_at,
    attempt > 1 OR outcome NOT IN ('ok', 'pending', 'replayed', 'skipped') AS in_trouble,
    stands_out
FROM called_rows;

-- Intervals of 10 s are counted from the first that is heard of an edge: only differences of times decide. (DuckDB
-- takes four times as long to take times from each other as to take microseconds.)
CREATE OR REPLACE MACRO interval_of(occurred_at, edge_from) AS
(epoch_us(occurred_at) - epoch_us(edge_from)) // 10_000_000;

CREATE OR REPLACE TABLE edge_starts AS
SELECT edge, min(occurred_at) AS edge_from
FROM attempt_counts
GROUP BY edge;

-- The load of every edge in those intervals: all rows, which are put right below where several of
-- them are one attempt.
CREATE OR REPLACE TABLE row_load AS
SELECT
    edge,
    interval_of(occurred_at, edge_from) AS bucket,
    count(*) AS load
FROM attempt_counts
INNER JOIN edge_starts USING (edge)
GROUP BY ALL;
