-- What a count of lines would take for repeats: effects that several lines tell of. One row an
-- action, with a few of its effects, since in a healthy case every effect may have two witnesses.
CREATE OR REPLACE TABLE told_again AS
WITH
repeated AS (
    SELECT
        effect_key,
        CASE
            WHEN count(by_occurrence) = count(*) AND min(by_occurrence) = max(by_occurrence) THEN 'read_twice'
            ELSE 'several_witnesses'
        END AS reading
    FROM effect_witnesses
    WHERE effect_key IN (
        SELECT effect_key FROM effect_witnesses WHERE trust < 5 GROUP BY effect_key HAVING count(*) > 1
    )
        AND trust < 5
    GROUP BY effect_key
    HAVING NOT bool_or(is_state OR guarded OR doubted)
),

effects_told AS (
    SELECT
        reading,
        effect_key,
        min(by_action) AS by_action,
        min(event_id) AS event_id,
        max(event_id) AS other_event_id,
        count(*) AS lines
    FROM effect_witnesses
    INNER JOIN repeated USING (effect_key)
    WHERE trust < 5
    GROUP BY reading, effect_key
),

actions_told AS (
    SELECT
        reading,
        min({'event_id': event_id, 'other_event_id': other_event_id}, 50) AS told,
        count(*) AS effects,
        sum(lines) AS lines
    FROM effects_told
    GROUP BY reading, by_action
)

SELECT
    a.* EXCLUDE (told),
    [t.event_id FOR t IN a.told] AS event_ids,
    [t.other_event_id FOR t IN a.told] AS other_event_ids,
    callee_of(e.target_system, e.system, e.source) AS callee,
    e."action"
FROM actions_told AS a
INNER JOIN events AS e ON a.told[1].event_id = e.event_id;
