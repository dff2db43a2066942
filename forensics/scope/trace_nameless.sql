-- Effects that bear no name of a kind, and may be one more of any name of that kind. Effects alike in all
-- but whose they are stand for one another, so that few are held against the groups.
CREATE OR REPLACE TEMP TABLE nameless_effects AS
WITH borne AS (
    SELECT
        x.effect_class,
        x.money_stage,
        x.callee,
        x.is_own_work,
        x.is_payout,
        x.tenant,
        x.environment,
        x.customers,
        coalesce(x.effect_id, x.witnesses[1]) AS example,
        coalesce(n.fields, []) AS fields
    FROM told_effects AS x
    LEFT JOIN (
        SELECT effect_key, list(DISTINCT field ORDER BY field) AS fields FROM effect_names GROUP BY effect_key
    ) AS n USING (effect_key)
    WHERE x.happened OR x.is_doubtful
),

alike AS (
    SELECT
        * EXCLUDE (example),
        row(effect_class, money_stage, callee, is_own_work, is_payout, fields) AS shape,
        min(example) AS example,
        count(*) AS n
    FROM borne
    GROUP BY ALL
),

kinds AS (
    SELECT DISTINCT name_kind, field, effect_class, money_stage, lone_callee FROM named_groups
),

shapes AS (
    SELECT DISTINCT shape, effect_class, money_stage, callee, is_own_work, is_payout, fields FROM alike
),

lacking AS (
    SELECT k.name_kind, s.shape
    FROM kinds AS k
    INNER JOIN shapes AS s
        ON NOT list_contains(s.fields, k.field)
        AND (
            (coalesce(k.effect_class = s.effect_class, TRUE) AND coalesce(k.money_stage = s.money_stage, TRUE))
            OR (takes_money(k.money_stage) AND takes_money(s.money_stage) AND NOT s.is_payout)
        )
        AND coalesce(k.lone_callee = s.callee, TRUE)
        AND NOT (k.money_stage IS NOT NULL AND s.is_own_work)
)

SELECT
    row_number() OVER () AS nameless_id,
    name_kind,
    tenant,
    environment,
    customers,
    list_sort(list_distinct(list_transform(customers, lambda c: c.space))) AS spaces,
    sum(n)::BIGINT AS n,
    min(example) AS example
FROM lacking
INNER JOIN alike USING (shape)
GROUP BY name_kind, tenant, environment, customers;

-- Which of them may be of a group. Two customers are known to be two only in one namespace; elsewhere one may
-- be the other.
CREATE OR REPLACE TEMP TABLE nameless_of_groups AS
WITH elsewhere AS (
    SELECT name_kind, tenant, environment, spaces, sum(n) AS n, min(example) AS example
    FROM nameless_effects
    GROUP BY ALL
)

SELECT g.group_id, s.n, s.example
FROM named_groups AS g
INNER JOIN elsewhere AS s
    ON g.name_kind = s.name_kind
    AND may_be_one_owner(g.tenant, g.environment, s.tenant, s.environment)
WHERE NOT list_has_any(list_transform(g.customers, lambda c: c.space), s.spaces)
UNION ALL
SELECT DISTINCT ON (g.group_id, s.nameless_id) g.group_id, s.n, s.example
FROM (SELECT *, unnest(customers) AS customer FROM named_groups) AS g
INNER JOIN (SELECT *, unnest(customers) AS customer FROM nameless_effects) AS s
    ON g.customer = s.customer
    AND g.name_kind = s.name_kind
    AND may_be_one_owner(g.tenant, g.environment, s.tenant, s.environment);
