-- Where two logs tell of one effect, and only one of them of another that may be its repeat, both are taken in
-- the words of the log that tells of both: each log has its own for systems, actions, customers and records.
CREATE OR REPLACE TEMP TABLE common_words AS
WITH
told AS (
    SELECT
        w.effect_key,
        w.event_id,
        w.occurred_at,
        w.trust,
        w.by_action,
        s.sources,
        unnest([w.by_content, w.by_key, w.by_cause]) AS tie
    FROM effect_witnesses AS w
    INNER JOIN suspect_effects AS s USING (effect_key)
),

-- Two effects that have each a log of their own beside the common one may be two systems'.
common AS (
    SELECT tie
    FROM told
    WHERE tie IN (SELECT tie FROM told WHERE len(sources) > 1)
    GROUP BY tie
    HAVING count(DISTINCT hash(sources)) = 2 AND min(len(sources)) = 1
),

-- What a log itself tells apart stays apart.
told_apart AS (
    SELECT one.tie
    FROM common AS one
    INNER JOIN told USING (tie)
    INNER JOIN effect_witnesses AS w ON told.effect_key = w.effect_key
    GROUP BY one.tie, w.by_action
    HAVING min(w.by_about) <> max(w.by_about) OR min(w.by_content) <> max(w.by_content)
)

SELECT
    effect_key,
    min({'trust': trust, 'by_action': by_action, 'occurred_at': occurred_at, 'event_id': event_id}) AS mention
FROM told
WHERE tie IN (FROM common) AND tie NOT IN (FROM told_apart)
GROUP BY effect_key;

UPDATE suspect_effects
SET
    callee = callee_of(e.target_system, e.system, e.source),
    unnamed_log = NULL,
    "action" = e.action,
    keyed_action = CASE WHEN e.operation_key IS NOT NULL THEN e.action ELSE keyed_action END,
    entity_type = CASE WHEN e.entity_id <> e.effect_id THEN e.entity_type ELSE suspect_effects.entity_type END,
    entity_id = CASE WHEN e.entity_id <> e.effect_id THEN e.entity_id ELSE suspect_effects.entity_id END,
    entity = CASE
        WHEN e.entity_id <> e.effect_id THEN concat_ws(' ', e.entity_type, e.entity_id) ELSE suspect_effects.entity
    END,
    customer_id = e.customer_id,
    amount = e.amount,
    currency = e.currency,
    payload_hash = e.payload_hash,
    by_action = w.mention.by_action
FROM common_words AS w
INNER JOIN events AS e
    ON w.mention.event_id = e.event_id AND w.mention.occurred_at IS NOT DISTINCT FROM e.occurred_at
WHERE suspect_effects.effect_key = w.effect_key;

DROP TABLE common_words;
