-- Which mention tells of which effect: by its id; a mention without one joins the only effect that
-- carries its occurrence, its operation key or its execution's later phase. Most mentions name their
-- effect, so the few others are changed in place. Calls join by their key or not at all.

-- One id in the books of two tenants or environments names two effects.
UPDATE effect_witnesses
SET effect_key = hash(effect_key, "owner")
WHERE
    identified
    AND effect_key IN (
        SELECT effect_key
        FROM effect_witnesses
        WHERE identified AND "owner" IS NOT NULL
        GROUP BY effect_key
        HAVING min("owner") <> max("owner")
    );

CREATE OR REPLACE TABLE adoptions AS
WITH ties AS (
    SELECT effect_key, identified, happened, unnest([by_occurrence, by_key, by_phase]) AS tie
    FROM effect_witnesses
    WHERE NOT is_state
),

adopting AS (
    SELECT
        tie,
        min(effect_key) AS effect_key,
        bool_or(happened) AS happened
    FROM ties
    WHERE identified AND tie IN (SELECT tie FROM ties WHERE NOT identified AND tie IS NOT NULL)
    GROUP BY tie
    HAVING min(effect_key) = max(effect_key)
)

SELECT
    w.event_id,
    coalesce(o.effect_key, k.effect_key, p.effect_key) AS effect_key,
    coalesce(o.happened, k.happened, p.happened) AS happened
FROM effect_witnesses AS w
LEFT JOIN adopting AS o ON w.by_occurrence = o.tie
LEFT JOIN adopting AS k ON w.by_key = k.tie
LEFT JOIN adopting AS p ON w.by_phase = p.tie
WHERE NOT w.identified AND coalesce(o.effect_key, k.effect_key, p.effect_key) IS NOT NULL;

-- Who was told no of what was done does not know that it was.
UPDATE effect_witnesses
SET
    effect_key = adoptions.effect_key,
    identified = TRUE,
    doubted = doubted OR (denied AND adoptions.happened)
FROM adoptions
WHERE effect_witnesses.event_id = adoptions.event_id;

DROP TABLE adoptions;

INSERT INTO effect_witnesses
WITH carried AS (
    SELECT
        by_key,
        min(effect_key) AS effect_key,
        bool_or(happened) AS happened
    FROM effect_witnesses
    WHERE identified AND NOT is_state AND by_key IN (SELECT by_key FROM keyed_calls)
    GROUP BY by_key
    HAVING min(effect_key) = max(effect_key)
)

SELECT called.* REPLACE (
        carried.effect_key AS effect_key,
        TRUE AS identified,
        called.doubted OR (called.denied AND carried.happened) AS doubted
    )
FROM keyed_calls AS called
INNER JOIN carried USING (by_key)
WHERE NOT called.identified OR called.effect_key = carried.effect_key;

DROP TABLE keyed_calls;
