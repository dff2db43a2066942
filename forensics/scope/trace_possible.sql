-- Effects that may be of a group's name too, one row a group with any:
--
--     possible         how many
--     lacking          of these, those that do not say the name in their own way
--     possible_kinds   how many by `why`, and one of them: without a name of the kind (nameless), with the name
--                      spelled a little otherwise (spelling) or with something after it (longer), in the books of
--                      nobody knows whom (owner), under the name, of another class or stage of money (kind), or
--                      with the name in their text or attributes alone (mention)
CREATE OR REPLACE TEMP TABLE possible_effects AS
WITH
-- `ORD-17/2` and `ORD-17b` may be `ORD-17` once more.
longer AS (
    SELECT DISTINCT effect_key, field, begins AS value, 'longer' AS why
    FROM (
        SELECT *, regexp_extract(value, '^(.*\d)([^\pL\pN]+[\pL\pN]{1,8}|\pL{1,8})$', 1) AS begins
        FROM effect_names
    )
    WHERE length(begins) >= 2
),

mentioned AS (
    SELECT DISTINCT t.effect_key, g.field, g.value, 'mention' AS why
    FROM found_ids AS f
    INNER JOIN effect_tellings AS t USING (event_id)
    INNER JOIN named_groups AS g ON f.id = g.value
    ANTI JOIN longer AS l ON t.effect_key = l.effect_key AND g.field = l.field AND g.value = l.value
    WHERE f.field IN ('attributes', 'text')
),

hinting AS (
    SELECT h.field, h.value, h.why, x.*
    FROM (
        FROM longer
        UNION ALL
        FROM mentioned
    ) AS h
    INNER JOIN told_effects AS x USING (effect_key)
    ANTI JOIN effect_names AS n ON h.effect_key = n.effect_key AND h.value = n.value
    WHERE (x.happened OR x.is_doubtful) AND NOT x.is_payout
),

possible AS (
    SELECT group_id, 'nameless' AS why, n, example FROM nameless_of_groups
    UNION ALL
    SELECT
        a.group_id,
        CASE
            WHEN a.value <> b.value THEN 'spelling'
            WHEN (a.tenant, a.environment) IS DISTINCT FROM (b.tenant, b.environment) THEN 'owner'
            ELSE 'kind'
        END,
        b.times + b.unnamed,
        coalesce(b.effects[1].effect_id, b.witnesses[1])
    FROM named_groups AS a
    INNER JOIN named_groups AS b
        ON a.field = b.field
        AND spelled_alike(a.value) = spelled_alike(b.value)
        AND a.group_id <> b.group_id
        AND may_be_one_kind(a.effect_class, a.money_stage, b.effect_class, b.money_stage)
        AND coalesce(a.lone_callee = b.lone_callee, TRUE)
        AND may_be_one_owner(a.tenant, a.environment, b.tenant, b.environment)
    WHERE b.times + b.unnamed > 0 AND NOT (a.money_stage IS NOT NULL AND b.is_own_work)
    UNION ALL
    SELECT g.group_id, h.why, 1, coalesce(h.effect_id, h.witnesses[1])
    FROM named_groups AS g
    INNER JOIN hinting AS h
        ON g.field = h.field
        AND g.value = h.value
        AND may_be_one_kind(g.effect_class, g.money_stage, h.effect_class, h.money_stage)
        AND coalesce(g.lone_callee = h.callee, TRUE)
        AND may_be_one_owner(g.tenant, g.environment, h.tenant, h.environment)
    WHERE NOT (g.money_stage IS NOT NULL AND h.is_own_work)
),

counted AS (
    SELECT group_id, why, sum(n)::BIGINT AS n, min(example) AS example
    FROM possible
    GROUP BY group_id, why
)

SELECT
    group_id,
    sum(n)::BIGINT AS possible,
    coalesce(sum(n) FILTER (why NOT IN ('longer', 'mention')), 0)::BIGINT AS lacking,
    list({'why': why, 'n': n, 'example': example} ORDER BY why) AS possible_kinds
FROM counted
GROUP BY group_id;
