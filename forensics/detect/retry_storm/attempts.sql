-- Attempts that are, or may be, repeats or repeated: one row each, whoever logged it and in
-- however many rows.
CREATE OR REPLACE TABLE noted_attempts AS
WITH workflows AS (
    SELECT
        sought,
        any_value(verb) AS workflow
    FROM noted_rows
    WHERE names_workflow
    GROUP BY sought
    HAVING min(verb) = max(verb)
),

-- What two logs hand over and are handed under two names, one of them often without the consumer, is one thing: all of
-- it is named as by who worked on it. (What a run comes to in its course may be other messages.)
handed AS (
    SELECT whole, phase, sought, {
        'edge': edge, 'edge_from': edge_from, 'caller': caller, 'callee': callee, 'verb': verb
    } AS told
    FROM noted_rows
    WHERE kind = 'delivery' AND phase IN ('single', 'start')
),

two_names AS (
    SELECT
        own.sought,
        any_value(own.told) AS told,
        min(other.sought) AS other,
        bool_or(own.phase = 'start') AS is_worked_on
    FROM handed AS own
    LEFT JOIN handed AS other ON own.whole = other.whole AND own.sought <> other.sought
    GROUP BY own.sought
    HAVING min(own.told) = max(own.told) AND min(other.sought) = max(other.sought)
),

renamed AS (
    SELECT own.sought, better.sought AS joint, better.told
    FROM two_names AS own
    INNER JOIN two_names AS better ON own.other = better.sought
    WHERE (better.is_worked_on, better.sought) > (own.is_worked_on, own.sought)
),

named AS (
    SELECT r.* REPLACE (
        coalesce(n.joint, r.sought) AS sought,
        coalesce(told.edge, edge) AS edge,
        coalesce(told.edge_from, edge_from) AS edge_from,
        coalesce(told.caller, caller) AS caller,
        coalesce(told.callee, callee) AS callee,
        coalesce(told.verb, verb) AS verb,
        interval_of(occurred_at, coalesce(told.edge_from, edge_from)) AS bucket
    )
    FROM noted_rows AS r
    LEFT JOIN renamed AS n ON r.kind = 'delivery' AND r.sought = n.sought
),

-- Some logs name the task only where the message is received (Celery), and the layer only where it
-- tries again (OpenTelemetry).
completed AS (
    SELECT
        r.* REPLACE (
            coalesce(w.workflow, r.verb) AS verb,
            coalesce(w.workflow, r.callee) AS callee,
            CASE WHEN w.workflow IS NULL THEN r.edge ELSE hash(r.edge, w.workflow) END AS edge,
            CASE
                WHEN min(nullif(r.layer, '')) OVER one_log = max(r.layer) OVER one_log THEN max(r.layer) OVER one_log
                ELSE r.layer
            END AS layer
        )
    FROM named AS r
    LEFT JOIN workflows AS w ON r.sought = w.sought AND r.kind = 'trigger' AND NOT r.names_workflow
    WINDOW one_log AS (PARTITION BY coalesce(r.sought, sure_hash(r.event_id)), r.edge, r.verb, r.kind, r.at_callee)
),

merged AS (
    SELECT
        arg_min(r, (r.occurred_at, r.phase = 'end', r.event_id)) AS opening,
        -- A run that died has no end; who handed it the message may know better. And what was handled well, but not
        -- acknowledged, is handed over again.
        arg_max(r, (
            r.phase IN ('single', 'end') AND r.outcome NOT IN ('pending', 'unknown'),
            r.kind = 'delivery' AND r.outcome NOT IN ('ok', 'replayed', 'skipped'),
            NOT r.at_callee, list_position(['single', 'start', 'progress', 'end'], r.phase), r.occurred_at, r.event_id
        )) AS closing,
        max(r.attempt) AS attempt,
        max(r.retry_after) AS retry_after,
        max(coalesce(r.ended_at, CASE WHEN r.phase = 'end' THEN r.occurred_at END)) AS ended_at,
        list(r.event_id ORDER BY r.event_id) AS parts
    FROM completed AS r
    WHERE r.whole IS NOT NULL
    GROUP BY r.whole
)

SELECT
    *,
    NULL::VARCHAR [] AS parts
FROM completed
WHERE whole IS NULL
UNION ALL BY NAME
-- A run that began and whose end is not in the log: nobody knows what came of it.
SELECT
    unnest(struct_update(
        opening,
        attempt := attempt,
        retry_after := retry_after,
        ended_at := ended_at,
        outcome := CASE WHEN closing.phase IN ('start', 'progress') THEN 'unknown' ELSE closing.outcome END,
        error := coalesce(closing.error, opening.error),
        error_kind := coalesce(closing.error_kind, opening.error_kind)
    )),
    parts
FROM merged;

-- One thing sought may be logged by its caller, its callee and its proxy, as a message and as a
-- call. One witness a layer is heard: the one that saw most. An unnamed layer is only heard when it
-- saw more than every named one. `wraps`: a deeper layer made the real calls on the same edge.
CREATE OR REPLACE TABLE attempt_witnesses AS
WITH counted AS (
    SELECT
        sought,
        edge,
        kind,
        at_callee,
        layer,
        count(*) AS seen,
        count(*) FILTER (outcome NOT IN ('pending', 'unknown')) AS answered
    FROM noted_attempts
    WHERE sought IN (
        SELECT sought
        FROM noted_attempts
        WHERE sought IS NOT NULL
        GROUP BY sought
        HAVING min(hash(kind, at_callee, layer)) <> max(hash(kind, at_callee, layer))
    )
    GROUP BY ALL
),

witnesses AS (
    SELECT
        sought,
        kind,
        at_callee,
        layer,
        sum(seen) AS seen
    FROM counted
    GROUP BY sought, kind, at_callee, layer
    QUALIFY row_number() OVER (
        PARTITION BY sought, layer
        ORDER BY sum(seen) DESC, sum(answered) DESC,
            list_position(['trigger', 'attempt', 'effect', 'delivery'], kind), at_callee
    ) = 1
),

heard AS (
    SELECT *
    FROM witnesses
    QUALIFY layer <> '' OR seen > coalesce(max(seen) FILTER (layer <> '') OVER (PARTITION BY sought), 0)
)

SELECT
    c.sought,
    c.edge,
    c.kind,
    c.at_callee,
    c.layer,
    h.sought IS NOT NULL AS is_heard,
    row_number() OVER (
        PARTITION BY c.sought, c.edge, h.sought IS NULL
        ORDER BY c.seen DESC, list_position(
            ['transport', 'proxy', 'provider', 'broker', 'application', 'task', 'workflow', ''], c.layer
        )
    ) > 1 AS wraps
FROM counted AS c
LEFT JOIN heard AS h USING (sought, kind, at_callee, layer);

CREATE OR REPLACE TABLE attempts AS
SELECT
    a.* EXCLUDE (phase, whole, names_workflow),
    CASE WHEN a.sought IS NOT NULL THEN hash(a.sought, a.edge, a.verb, a.layer) END AS operation,
    coalesce(w.wraps, FALSE) AS wraps
FROM noted_attempts AS a
LEFT JOIN attempt_witnesses AS w USING (sought, edge, kind, at_callee, layer)
WHERE coalesce(w.is_heard, TRUE);

CREATE OR REPLACE TABLE attempt_load AS
SELECT
    edge,
    bucket,
    sum(load) AS load
FROM (
    FROM row_load
    UNION ALL
    SELECT edge, bucket, -count(*) FROM noted_rows GROUP BY edge, bucket
    UNION ALL
    SELECT edge, bucket, count(*) FROM attempts WHERE NOT wraps GROUP BY edge, bucket
)
GROUP BY edge, bucket;

DROP TABLE noted_rows;
DROP TABLE noted_attempts;
DROP TABLE attempt_witnesses;
DROP TABLE row_load;
