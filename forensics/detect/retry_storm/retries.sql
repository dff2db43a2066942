-- Repeats of operations, each with the reason why it is, or is not, a retry.
CREATE OR REPLACE TABLE retries AS
WITH counted AS (
    SELECT
        *,
        attempt <= coalesce(lag(attempt) OVER tries, attempt) AS begins
    FROM attempts
    WHERE by_number
    WINDOW tries AS (PARTITION BY operation ORDER BY occurred_at, attempt, source_seq, event_id)
),

-- Where nothing else names an operation, its numbers count up; where they do not, another one begins.
numbered AS (
    SELECT
        * EXCLUDE (begins) REPLACE (hash(operation, sum(begins::INTEGER) OVER (
            PARTITION BY operation ORDER BY occurred_at, attempt, source_seq, event_id ROWS UNBOUNDED PRECEDING
        )) AS operation)
    FROM counted
),

named AS (
    SELECT
        * REPLACE (coalesce(operation, hash('line', sure_hash(event_id))) AS operation),
        operation IS NULL AS unnamed
    FROM (
        FROM attempts WHERE NOT by_number
        UNION ALL
        FROM numbered
    )
),

compared AS (
    SELECT
        *,
        lag(event_id) OVER tries AS previous_id,
        lag(parts) OVER tries AS previous_parts,
        lag({
            'occurred_at': occurred_at, 'ended_at': ended_at, 'retry_after': retry_after,
            'outcome': outcome, 'error': coalesce(error, error_kind::VARCHAR), 'attempt': attempt,
            'trigger_kind': trigger_kind,
            'scheduled_for': scheduled_for, 'progress': progress, 'entity_id': entity_id,
            'payload_hash': payload_hash
        }) OVER tries AS previous,
        last_value(outcome) OVER (
            tries ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS last_outcome
    FROM named
    WINDOW tries AS (PARTITION BY operation ORDER BY occurred_at, attempt, source_seq, event_id)
),

judged AS (
    SELECT
        * EXCLUDE (previous),
        previous.occurred_at AS previous_at,
        epoch(occurred_at - previous_at) AS gap_s,
        -- Attempts that the log lacks took their share of the time.
        gap_s / greatest(1, coalesce(attempt::BIGINT - previous.attempt, 1)) AS pace_s,
        greatest(previous_at, previous.ended_at) AS previous_over_at,
        -- Where numbers are missing between them, it is not one pause.
        CASE WHEN coalesce(attempt = previous.attempt::BIGINT + 1, attempt IS NULL)
            THEN epoch(occurred_at - previous_over_at) END AS pause_s,
        previous.error AS error_before,
        previous.retry_after IS NOT NULL AS was_told_when,
        CASE
            WHEN regexp_matches(
                lower(concat_ws(' ', verb, callee)),
                '(^|[^a-z0-9])(health|healthz|heartbeat|ping|liveness|readiness|livez|readyz|telemetry|metrics)([^a-z0-9]|$)'
            ) THEN 'health_check'
            WHEN progress <> previous.progress
                -- Numbers are counted for each record; a key made anew is often part of the payload.
                OR (NOT counts_up AND (entity_id <> previous.entity_id OR payload_hash <> previous.payload_hash))
                THEN 'pagination'
            WHEN occurred_at < previous.ended_at
                AND 'cancelled' IN (outcome, previous.outcome) THEN 'hedged'
            WHEN previous.outcome IN ('ok', 'pending', 'replayed', 'skipped') THEN 'polling'
            WHEN scheduled_for <> previous.scheduled_for
                AND coalesce(attempt <= previous.attempt, TRUE) THEN 'scheduled_run'
            WHEN trigger_kind IN ('backfill', 'replay', 'manual_retry')
                AND trigger_kind IS DISTINCT FROM previous.trigger_kind THEN 'backfill'
            WHEN epoch_us(previous.retry_after) - epoch_us(occurred_at) <= coalesce(clock_resolution_us, 0)
                THEN 'obeyed_retry_after'
            WHEN previous.outcome IN ('error', 'timeout', 'rejected', 'cancelled', 'partial') OR attempt > 1 OR given_once
                THEN NULL
            ELSE 'unknown_outcome'
        END AS excuse
    FROM compared
    WHERE previous IS NOT NULL OR attempt > 1
)

SELECT
    * EXCLUDE (progress, payload_hash, enqueued_at, scheduled_for, retry_after, trigger_kind),
    hash(
        operation, coalesce(excuse, ''),
        sum(coalesce(gap_s > 300, FALSE)::INTEGER) OVER (PARTITION BY operation ORDER BY occurred_at, event_id)
    ) AS streak
FROM judged;
