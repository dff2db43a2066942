-- Where two logs tell of one effect, and only one of them of another that may be its repeat, both are taken in
-- the words of the log that tells of both: each log has its own for systems, actions, customers and records.
CREATE OR REPLACE TABLE common_words AS
WITH
told AS (
    SELECT
        w.effect_key,
        w.event_id,
        w.occurred_at,
        w.trust,
        w.by_action,
        s.sources,
        s.happened,
        s.entity_id IS NOT NULL AS named,
        coalesce(s.customer_id, s.entity_id) IS NOT NULL AS about_someone,
        tied.tie,
        tied.looseness
    FROM effect_witnesses AS w
    INNER JOIN suspect_effects AS s USING (effect_key)
    CROSS JOIN
        unnest([
            {'tie': w.by_key, 'looseness': 0}, {'tie': w.by_cause, 'looseness': 1}, {'tie': w.by_content, 'looseness': 2}
        ]) AS ties(tied)
    WHERE tied.tie IS NOT NULL
),

-- Two effects that have each a log of their own beside the common one may be two systems'.
common AS (
    SELECT
        tie,
        min(sources[1]) FILTER (len(sources) = 1) AS log,
        bool_and(happened) AS certain
    FROM told
    WHERE tie IN (SELECT tie FROM told WHERE len(sources) > 1)
    GROUP BY tie
    HAVING count(DISTINCT hash(sources)) = 2 AND min(len(sources)) = 1
),

-- What a log itself tells apart stays apart. Beside a key or a cause, a business key tells nothing apart.
told_apart AS (
    SELECT one.tie
    FROM common AS one
    INNER JOIN told USING (tie)
    INNER JOIN effect_witnesses AS w ON told.effect_key = w.effect_key
    GROUP BY one.tie, w.by_action
    HAVING
        count(DISTINCT w.by_about) FILTER (looseness = 2 OR named) > 1
        OR count(DISTINCT w.by_content) FILTER (about_someone) > 1
),

-- Of what a log names apart, or ties by a key to what the common log does not tell of, a likeness is no name.
logs AS (
    SELECT DISTINCT log FROM common
),

keyed_elsewhere AS (
    SELECT tie, log
    FROM told
    CROSS JOIN logs
    WHERE looseness = 0 AND NOT list_contains(sources, log)
),

fixed AS (
    SELECT effect_key, log
    FROM told
    CROSS JOIN logs
    WHERE (tie, log) IN (SELECT (tie, log) FROM keyed_elsewhere) OR (looseness <> 1 AND tie IN (FROM told_apart))
)

-- What happened outranks what only may have: beside the callee's own log, a caller's timeout is no second effect.
SELECT
    t.effect_key,
    min({
        'doubtful': NOT c.certain,
        'looseness': looseness,
        'trust': trust,
        'by_action': by_action,
        'occurred_at': occurred_at,
        'event_id': event_id
    }) AS mention
FROM told AS t
INNER JOIN common AS c USING (tie)
WHERE
    tie NOT IN (FROM told_apart)
    AND (t.looseness < 2 OR (t.effect_key, c.log) NOT IN (SELECT (effect_key, log) FROM fixed))
GROUP BY t.effect_key;

UPDATE suspect_effects
SET
    callee = callee_of(w.target_system, w.system, w.source),
    unnamed_log = NULL,
    "action" = w.action,
    keyed_action = CASE WHEN w.operation_key IS NOT NULL THEN w.action ELSE keyed_action END,
    entity_type = w.entity.type,
    entity_id = w.entity.id,
    entity = CASE WHEN w.entity.id IS NOT NULL THEN concat_ws(' ', w.entity.type, w.entity.id) END,
    record_type = w.record.type,
    record_id = w.record.id,
    record = CASE WHEN w.record.id IS NOT NULL THEN concat_ws(' ', w.record.type, w.record.id) END,
    customer_id = w.customer_id,
    amount = w.amount,
    currency = w.currency,
    payload_hash = w.payload_hash,
    by_action = w.mention.by_action
FROM (
    SELECT
        c.*,
        e.* EXCLUDE (entity_type, entity_id),
        -- What is only alike, and of which the common log names no record, need not be for that of another log.
        CASE
            WHEN nullif(e.entity_id, e.effect_id) IS NOT NULL THEN {'type': e.entity_type, 'id': e.entity_id}
            WHEN c.mention.looseness < 2 THEN {'type': s.entity_type, 'id': s.entity_id}
        END AS entity,
        CASE
            WHEN nullif(e.entity_id, e.effect_id) IS NOT NULL THEN {'type': e.entity_type, 'id': e.entity_id}
            WHEN nullif(e.natural_key, e.effect_id) IS NOT NULL THEN {'type': 'natural key', 'id': e.natural_key}
            WHEN c.mention.looseness < 2 THEN {'type': s.record_type, 'id': s.record_id}
        END AS record
    FROM common_words AS c
    INNER JOIN suspect_effects AS s USING (effect_key)
    INNER JOIN events AS e
        ON c.mention.event_id = e.event_id AND c.mention.occurred_at IS NOT DISTINCT FROM e.occurred_at
) AS w
WHERE suspect_effects.effect_key = w.effect_key;

DROP TABLE common_words;
