-- Which mention tells of which effect: by its id; a mention without one joins the only effect that
-- carries its occurrence, its operation key or its execution's later phase.
CREATE OR REPLACE TEMP TABLE effect_witnesses AS
WITH
-- One id in the books of two tenants or environments names two effects.
shared_ids AS (
    SELECT effect_key
    FROM effect_mentions
    WHERE identified AND owner IS NOT NULL
    GROUP BY effect_key
    HAVING min(owner) <> max(owner)
),

named AS (
    SELECT
        m.* REPLACE (
            CASE WHEN s.effect_key IS NULL THEN m.effect_key ELSE hash(m.effect_key, m.owner) END
                AS effect_key
        )
    FROM effect_mentions AS m
    LEFT JOIN shared_ids AS s ON m.effect_key = s.effect_key AND m.identified
),

ties AS (
    SELECT effect_key, identified, unnest([by_occurrence, by_key, by_phase]) AS tie
    FROM named
    WHERE NOT is_state
),

adopting AS (
    SELECT tie, min(effect_key) AS effect_key
    FROM ties
    WHERE identified AND tie IN (SELECT tie FROM ties WHERE NOT identified AND tie IS NOT NULL)
    GROUP BY tie
    HAVING min(effect_key) = max(effect_key)
)

SELECT
    n.* EXCLUDE (by_phase, owner, effect_key, identified),
    n.identified
    OR o.effect_key IS NOT NULL
    OR k.effect_key IS NOT NULL
    OR p.effect_key IS NOT NULL AS identified,
    CASE
        WHEN n.identified THEN n.effect_key
        ELSE coalesce(o.effect_key, k.effect_key, p.effect_key, n.effect_key)
    END AS effect_key
FROM named AS n
LEFT JOIN adopting AS o ON n.by_occurrence = o.tie AND NOT n.identified
LEFT JOIN adopting AS k ON n.by_key = k.tie AND NOT n.identified
LEFT JOIN adopting AS p ON n.by_phase = p.tie AND NOT n.identified;

DROP TABLE effect_mentions;
