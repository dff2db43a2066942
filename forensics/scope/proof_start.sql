-- Where the proof of each finding begins: the runs of what was done first and of what was done again. A circle is
-- shown by two runs of one workflow. Over a callee's line of a call the run that made the call is reached as well.
CREATE OR REPLACE TEMP TABLE proof_climbs AS
WITH witnesses AS (
    SELECT finding_id, role, event_id
    FROM finding_events
    WHERE role IN ('original', 'duplicate')
    UNION
    SELECT f.finding_id, unnest(list_filter(
        [CASE WHEN f.is_original THEN 'original' END, CASE WHEN f.is_duplicate THEN 'duplicate' END],
        lambda role : role IS NOT NULL
    )), w.event_id
    FROM finding_effects AS f
    INNER JOIN found_witnesses AS w USING (effect_key)
    WHERE NOT w.is_state
)

SELECT DISTINCT
    w.finding_id,
    w.role,
    CASE WHEN c.detector = 'recursive_chain' THEN coalesce(e.workflow, '') ELSE '' END AS alike,
    e.execution_id AS node,
    NULL::VARCHAR AS below,
    0 AS hops
FROM witnesses AS w
INNER JOIN candidates AS c USING (finding_id)
INNER JOIN events AS e USING (event_id);

-- One cause of each run by ids, and in its own finding one by values.
CREATE OR REPLACE TEMP TABLE proof_causes AS
SELECT NULL AS finding_id, execution_id, cause_id
FROM linked_executions
WHERE cause_id IS NOT NULL
UNION ALL
SELECT finding_id, execution_id, cause_id
FROM inferred_causes;
