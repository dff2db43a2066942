-- Every effect that should not have been, once, however many findings say so, with the finding that
-- says it best.
CREATE OR REPLACE TEMP TABLE joined_claims AS
SELECT
    m.component AS claim,
    c.effect_key,
    bool_or(c.is_duplicate) AS is_duplicate,
    bool_or(c.is_original) AND NOT bool_or(c.is_superfluous) AS is_original
FROM finding_claims AS c
INNER JOIN claim_members AS m ON c.claim = m.member
GROUP BY m.component, c.effect_key;

CREATE OR REPLACE TEMP TABLE excess_effects AS
WITH told AS (
    SELECT
        c.effect_key,
        c.finding_id,
        c.is_superfluous,
        f.grade,
        i.incident_id,
        row_number() OVER (
            PARTITION BY c.effect_key
            ORDER BY
                e.effect_key IS NULL,
                -- A repetition names what stays; that a round was one too many does not.
                c.is_superfluous,
                list_position(['proven', 'strong', 'probable', 'suspicion'], f.grade),
                c.finding_id
        ) AS place
    FROM finding_claims AS c
    INNER JOIN candidates AS f USING (finding_id)
    INNER JOIN finding_incidents AS i USING (finding_id)
    LEFT JOIN finding_excess AS e USING (finding_id, effect_key)
)

SELECT
    e.*,
    t.finding_id,
    t.is_superfluous,
    t.grade,
    t.incident_id
FROM excess_of('joined_claims') AS e
INNER JOIN told AS t USING (effect_key)
WHERE t.place = 1;
