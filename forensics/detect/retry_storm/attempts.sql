-- Every attempt once, whoever logged it and in however many rows.
-- `edge` is caller -> callee within one tenant and environment, `operation` what was to be done
-- once; NULL where the log does not say, and never compared then.
CREATE OR REPLACE TEMP TABLE attempt_rows AS
WITH named AS (
    SELECT
        *,
        CASE WHEN kind IN ('trigger', 'delivery') THEN coalesce(workflow, action) ELSE action END AS verb,
        CASE kind WHEN 'delivery' THEN coalesce(consumer, workflow) WHEN 'trigger' THEN workflow END
            AS handler,
        vantage IN ('server', 'provider', 'database') AS at_callee
    FROM events
    WHERE kind IN ('attempt', 'delivery', 'effect', 'trigger') AND occurred_at IS NOT NULL
),

called AS (
    SELECT
        *,
        CASE WHEN target_system IS NULL AND handler IS NULL AND at_callee THEN actor ELSE system END
            AS caller,
        coalesce(target_system, handler, CASE WHEN at_callee THEN system END, verb) AS callee,
        CASE
            WHEN operation_key IS NOT NULL THEN hash('key', operation_key, item_key)
            WHEN delivery_id IS NOT NULL THEN hash('delivery', delivery_id, consumer)
            WHEN coalesce(trace_id, cause_id) IS NOT NULL
                AND (entity_id IS NOT NULL OR payload_hash IS NOT NULL)
                THEN hash('call', coalesce(trace_id, cause_id), entity_type, entity_id, payload_hash)
        END AS sought
    FROM named
)

SELECT
    event_id, source, source_seq, kind, phase, execution_id, handoff_id, occurrence_id,
    occurred_at, ended_at, retry_after, outcome, error, error_kind, attempt, trigger_kind,
    caller, callee, verb, clock_resolution_us, progress, entity_id, payload_hash, scheduled_for,
    coalesce(
        attempt_kind,
        CASE WHEN vantage IN ('proxy', 'broker') THEN vantage WHEN kind = 'delivery' THEN 'broker' END,
        ''
    ) AS layer,
    CASE WHEN at_callee THEN 'callee' ELSE 'caller' END AS side,
    hash(tenant, environment, caller, callee) AS edge,
    CASE WHEN sought IS NOT NULL THEN hash(tenant, environment, sought) END AS sought,
    CASE
        WHEN trace_id IS NOT NULL THEN hash(tenant, environment, trace_id)
        WHEN sought IS NOT NULL THEN hash(tenant, environment, sought)
    END AS thread,
    hash(entity_type, entity_id, callee, verb) AS wanted
FROM called;

-- Rows of one attempt: what one run opened and closed, one handing-over seen from two sides,
-- one fact read twice.
CREATE OR REPLACE TEMP TABLE attempt_parts AS
WITH opened AS (
    SELECT
        event_id, source, kind, execution_id, occurred_at, source_seq, phase,
        phase = 'start' OR coalesce(lag(phase) OVER run, 'end') = 'end' AS opens
    FROM attempt_rows
    WHERE phase <> 'single'
    WINDOW run AS (
        PARTITION BY source, kind, execution_id
        ORDER BY occurred_at, source_seq, phase = 'end', phase = 'progress', event_id
    )
),

handed AS (
    SELECT
        event_id, kind, handoff_id,
        row_number() OVER (PARTITION BY source, kind, handoff_id ORDER BY occurred_at, event_id) AS nth
    FROM attempt_rows
    WHERE phase = 'single' AND hash(kind, handoff_id) IN (
        SELECT hash(kind, handoff_id)
        FROM attempt_rows
        WHERE phase = 'single' AND handoff_id IS NOT NULL
        GROUP BY ALL HAVING min(source) <> max(source)
    )
),

known AS (
    SELECT event_id, hash('fact', kind, verb, occurrence_id) AS whole
    FROM attempt_rows
    WHERE phase = 'single' AND handoff_id IS NULL AND occurrence_id IS NOT NULL
        AND kind IN ('attempt', 'effect')
    QUALIFY count(*) OVER (PARTITION BY whole) > 1
)

SELECT
    event_id,
    hash('run', source, kind, execution_id, sum(opens::INTEGER) OVER run) AS whole
FROM opened
WINDOW run AS (
    PARTITION BY source, kind, execution_id
    ORDER BY occurred_at, source_seq, phase = 'end', phase = 'progress', event_id
)
UNION ALL
SELECT event_id, hash('handoff', kind, handoff_id, nth) FROM handed
UNION ALL
SELECT event_id, whole FROM known;

CREATE OR REPLACE TEMP TABLE attempt_events AS
WITH merged AS (
    SELECT
        arg_min(r, (r.occurred_at, r.phase = 'end', r.event_id)) AS opening,
        arg_max(r, (r.phase = 'end', r.side = 'caller', r.occurred_at, r.event_id)) AS closing,
        max(r.attempt) AS attempt,
        max(r.retry_after) AS retry_after,
        max(coalesce(r.ended_at, CASE WHEN r.phase = 'end' THEN r.occurred_at END)) AS ended_at
    FROM attempt_rows AS r
    INNER JOIN attempt_parts AS p USING (event_id)
    GROUP BY p.whole
)

SELECT * FROM attempt_rows WHERE event_id NOT IN (SELECT event_id FROM attempt_parts)
UNION ALL BY NAME
SELECT unnest(struct_update(
    opening,
    attempt := attempt, retry_after := retry_after, ended_at := ended_at,
    outcome := CASE WHEN closing.phase IN ('start', 'progress') THEN 'unknown' ELSE closing.outcome END,
    error := coalesce(closing.error, opening.error),
    error_kind := coalesce(closing.error_kind, opening.error_kind)
))
FROM merged;

-- One thing sought may be logged by its caller, its callee, its proxy, as message and as call.
-- One witness a layer is heard: the one that saw most. An unnamed layer is only heard when it saw
-- more than every named one. `wraps`: a deeper layer made the real calls on the same edge.
CREATE OR REPLACE TEMP TABLE attempt_witnesses AS
WITH counted AS (
    SELECT
        sought, edge, kind, side, layer,
        count(*) AS seen,
        count(*) FILTER (WHERE outcome NOT IN ('pending', 'unknown')) AS answered
    FROM attempt_events
    WHERE sought IN (
        SELECT sought FROM attempt_events
        WHERE sought IS NOT NULL
        GROUP BY sought HAVING min(hash(kind, side, layer)) <> max(hash(kind, side, layer))
    )
    GROUP BY ALL
),

witnesses AS (
    SELECT
        sought, kind, side, layer, sum(seen) AS seen,
        row_number() OVER (
            PARTITION BY sought, layer
            ORDER BY sum(seen) DESC, sum(answered) DESC,
                list_position(['trigger', 'attempt', 'effect', 'delivery'], kind), side DESC
        ) AS place
    FROM counted
    GROUP BY sought, kind, side, layer
),

heard AS (
    SELECT *
    FROM witnesses
    WHERE place = 1
    QUALIFY layer <> '' OR seen > coalesce(max(seen) FILTER (WHERE layer <> '') OVER (PARTITION BY sought), 0)
)

SELECT
    c.sought, c.edge, c.kind, c.side, c.layer,
    h.sought IS NOT NULL AS heard,
    row_number() OVER (
        PARTITION BY c.sought, c.edge, h.sought IS NOT NULL
        ORDER BY c.seen DESC, list_position(
            ['transport', 'proxy', 'provider', 'broker', 'application', 'task', 'workflow', ''], c.layer
        )
    ) > 1 AS wraps
FROM counted AS c
LEFT JOIN heard AS h USING (sought, kind, side, layer);

CREATE OR REPLACE TEMP TABLE attempts AS
SELECT
    a.* EXCLUDE (phase, execution_id, handoff_id, occurrence_id),
    CASE WHEN a.sought IS NOT NULL THEN hash(a.sought, a.edge, a.verb, a.layer) END AS operation,
    coalesce(w.wraps, false) AS wraps,
    epoch_us(a.occurred_at) // 10_000_000 AS bucket
FROM attempt_events AS a
LEFT JOIN attempt_witnesses AS w USING (sought, edge, kind, side, layer)
WHERE coalesce(w.heard, true);
