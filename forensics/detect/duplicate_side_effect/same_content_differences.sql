-- In what else the lines of effects that look alike differ: a payee, a seat or a parcel for which there is no column
-- may be what makes them two. What is told by numbers for machines only is left out.
CREATE OR REPLACE TEMP TABLE lines_alike AS
SELECT c.finding_id, w.by_action, w.effect_key, e.source, e.attributes, e.related
FROM candidates AS c
INNER JOIN candidate_evidence AS v USING (finding_id)
INNER JOIN effect_witnesses AS w USING (event_id)
INNER JOIN events AS e USING (event_id)
WHERE c.suppressor IS NULL AND c.pattern = 'same_content' AND v.role IN ('original', 'duplicate');

-- Records of a type that effects of the action share are parties to it; one that each effect has for itself, such as
-- its payment intent, is but another name of it.
CREATE OR REPLACE TEMP TABLE parties_to AS
SELECT by_action, party.type AS name
FROM (
    SELECT w.by_action, w.effect_key, unnest(e.related) AS party
    FROM effect_witnesses AS w
    INNER JOIN events AS e USING (event_id)
    WHERE w.by_action IN (SELECT by_action FROM lines_alike) AND w.effect_key NOT IN (SELECT effect_key FROM lines_alike)
)
GROUP BY by_action, party.type, party.id
HAVING count(DISTINCT effect_key) > 1;

CREATE OR REPLACE TEMP TABLE told_differently AS
WITH members AS (
    SELECT finding_id, by_action, effect_key, source, party.type AS name, party.id AS told
    FROM (SELECT * EXCLUDE (related), unnest(related) AS party FROM lines_alike)
    UNION ALL
    SELECT finding_id, NULL, effect_key, source, member.key AS name, member.value AS told
    FROM (
        SELECT *, unnest(map_entries(try(from_json(attributes, '"MAP(VARCHAR, VARCHAR)"')))) AS member
        FROM lines_alike
    )
    WHERE NOT regexp_full_match(told, '[0-9a-fA-F-]{16,}|[0-9]{9,}([.][0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].*')
),

said AS (
    SELECT finding_id, by_action, effect_key, source, name, list(DISTINCT told ORDER BY told) AS told
    FROM members
    GROUP BY finding_id, by_action, effect_key, source, name
),

differing AS (
    SELECT finding_id, by_action, name
    FROM said
    GROUP BY finding_id, by_action, source, name
    HAVING count(DISTINCT told) > 1
)

SELECT
    finding_id,
    list(DISTINCT name ORDER BY name) AS names,
    bool_or((by_action, name) IN (FROM parties_to)) AS has_other_parties
FROM differing
GROUP BY finding_id;

UPDATE candidates
SET
    grade = CASE
        WHEN has_other_parties AND facts ->> '$.doubt' IS NULL AND facts ->> '$.sign' IS NULL THEN 'suspicion' ELSE grade
    END,
    facts = json_merge_patch(facts, to_json({'differing': names}))::VARCHAR
FROM told_differently
WHERE candidates.finding_id = told_differently.finding_id;
