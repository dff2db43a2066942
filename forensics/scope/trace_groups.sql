-- Whether two may be of one kind, or of one owner: where a log does not say, they may. All that takes money is
-- of one kind.
CREATE OR REPLACE TEMP MACRO may_be_one_kind(effect_class, money_stage, other_class, other_stage) AS
    (takes_money(money_stage) AND takes_money(other_stage))
    OR (coalesce(effect_class = other_class, TRUE) AND coalesce(money_stage = other_stage, TRUE));

CREATE OR REPLACE TEMP MACRO may_be_one_owner(tenant, environment, other_tenant, other_environment) AS
    coalesce(tenant = other_tenant, TRUE) AND coalesce(environment = other_environment, TRUE);

-- One row a name that is wanted, and what counts together under it: the effects that bear the name.
--
--     field, value          the name, as `effect_names` has it
--     tenant, environment   whose; never mixed
--     lone_callee           where no stage of money is told, what each callee did counts by itself
--     name_kind             one for all groups that differ in no more than the name's value and whose it is
--     effects               those with an id of their own that happened, the best vouched for first
--     recorded              how many of them the callee's own log holds
--     unnamed               told of without an id: each may be one of the others, or one more
--     keys                  under which those with an id were asked for
CREATE OR REPLACE TEMP TABLE named_groups AS
WITH bearing AS (
    SELECT
        n.field,
        n.value,
        x.*,
        CASE WHEN x.money_stage IS NULL THEN x.callee END AS lone_callee,
        x.happened AND x.effect_id IS NOT NULL AS counts
    FROM effect_names AS n
    INNER JOIN told_effects AS x USING (effect_key)
    WHERE spelled_alike(n.value) IN (SELECT spelling FROM wanted_spellings)
)

SELECT
    row_number() OVER () AS group_id,
    field,
    value,
    tenant,
    environment,
    effect_class,
    money_stage,
    lone_callee,
    row(field, effect_class, money_stage, lone_callee) AS name_kind,
    coalesce(
        list(
            {
                'effect_id': effect_id,
                'callee': callee,
                'trust': trust,
                'amount': amount,
                'currency': currency,
                'given_back': given_back,
                'at': first_at
            }
            ORDER BY trust, first_at, effect_id
        ) FILTER (counts),
        []
    ) AS effects,
    count(*) FILTER (counts) AS times,
    count(*) FILTER (counts AND is_recorded) AS recorded,
    count(*) FILTER (happened AND effect_id IS NULL) + coalesce(sum(unnamed_records) FILTER (counts), 0)::BIGINT
        AS unnamed,
    list_sort(list_distinct(flatten(list(customers)))) AS customers,
    list_sort(list_distinct(list(callee))) AS callees,
    coalesce(list(DISTINCT callee) FILTER (is_recorded), []) AS recorded_callees,
    list_sort(coalesce(list(DISTINCT callee) FILTER (has_book), [])) AS booked_callees,
    bool_and(is_own_work) AS is_own_work,
    coalesce(list_sort(list_distinct(flatten(list(keys) FILTER (counts)))), []) AS keys,
    flatten(list(witnesses ORDER BY witnesses)) AS witnesses
FROM bearing
GROUP BY field, value, tenant, environment, effect_class, money_stage, lone_callee
HAVING bool_or(happened OR is_doubtful);
