-- One row a name and what counts together under it: the effects that bear the name.
--
--     field, value          the name, as `event_names` has it
--     tenant, environment   whose; never mixed
--     lone_callee           where no stage of money is told, what each callee did counts by itself
--     effects               those with an id of their own that happened, the best vouched for first
--     recorded              how many of them the callee's own log holds
--     unnamed               effects without an id that happened: each may be one of the others, or one more
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
    coalesce(
        list(
            {
                'effect_id': effect_id,
                'callee': callee,
                'trust': trust,
                'amount': amount,
                'currency': currency,
                'at': first_at
            }
            ORDER BY trust, first_at, effect_id
        ) FILTER (counts),
        []
    ) AS effects,
    count(*) FILTER (counts) AS times,
    count(*) FILTER (counts AND trust <= 2) AS recorded,
    count(*) FILTER (happened AND effect_id IS NULL) AS unnamed,
    list_distinct(flatten(list(coalesce(customers, [])))) AS customers,
    list_distinct(flatten(list(coalesce(recorders, [])))) AS recorders,
    list_sort(list_distinct(list(callee))) AS callees,
    coalesce(list(DISTINCT callee) FILTER (recorders IS NOT NULL), []) AS recorded_callees,
    bool_and(is_own_work) AS is_own_work,
    flatten(list(witnesses)) AS witnesses
FROM bearing
GROUP BY field, value, tenant, environment, effect_class, money_stage, lone_callee
HAVING bool_or(happened OR is_doubtful);

-- Effects that bear no name of a kind, and may be one more of any name of that kind. Effects alike in all
-- but whose they are stand for one another, so that few are held against the groups.
CREATE OR REPLACE TEMP TABLE nameless_effects AS
WITH borne AS (
    SELECT
        x.effect_class,
        x.money_stage,
        x.callee,
        x.is_own_work,
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
    SELECT * EXCLUDE (example), min(example) AS example, count(*) AS n
    FROM (
        SELECT
            * EXCLUDE (customers),
            unnest(CASE WHEN len(customers) > 0 THEN customers ELSE [NULL] END) AS customer
        FROM borne
    )
    GROUP BY ALL
),

kinds AS (
    SELECT DISTINCT field, effect_class, money_stage, lone_callee FROM named_groups
),

shapes AS (
    SELECT DISTINCT effect_class, money_stage, callee, is_own_work, fields FROM alike
),

lacking AS (
    SELECT k.*, s.effect_class AS its_class, s.money_stage AS its_stage, s.callee, s.is_own_work, s.fields
    FROM kinds AS k
    INNER JOIN shapes AS s
        ON coalesce(NOT list_contains(s.fields, k.field), TRUE)
        AND coalesce(k.effect_class = s.effect_class, TRUE)
        AND coalesce(k.money_stage = s.money_stage, TRUE)
        AND coalesce(k.lone_callee = s.callee, TRUE)
        AND NOT (k.money_stage IS NOT NULL AND s.is_own_work)
)

SELECT l.field, l.effect_class, l.money_stage, l.lone_callee, a.tenant, a.environment, a.customer,
    sum(a.n)::BIGINT AS n, min(a.example) AS example
FROM lacking AS l
INNER JOIN alike AS a
    ON l.its_class IS NOT DISTINCT FROM a.effect_class
    AND l.its_stage IS NOT DISTINCT FROM a.money_stage
    AND l.callee = a.callee
    AND l.is_own_work = a.is_own_work
    AND l.fields = a.fields
GROUP BY ALL;

-- What keeps it from being said of a group that it was only once:
--
--     possible     effects that may bear the name too: those without a name of the kind, and those that
--                  bear it in the books of nobody knows whom
--     doubts       calls and messages that bear the name and were never settled
--     unrecorded   systems that were asked, and of which no log of their own is here
--     torn         logs of the callees that lack records, with the reason
--     outside      logs that do not go on beyond all that is told of the name, at both ends
--     spans        the others, with the time that they speak for
--     untimed      something that bears the name has no time
--     is_once      it was once, and nothing of this stands against it
CREATE OR REPLACE TEMP TABLE name_verdicts AS
WITH possible AS (
    SELECT g.group_id, s.n, s.example
    FROM named_groups AS g
    INNER JOIN nameless_effects AS s
        ON g.field = s.field
        AND g.effect_class IS NOT DISTINCT FROM s.effect_class
        AND g.money_stage IS NOT DISTINCT FROM s.money_stage
        AND g.lone_callee IS NOT DISTINCT FROM s.lone_callee
        AND coalesce(g.tenant = s.tenant, TRUE)
        AND coalesce(g.environment = s.environment, TRUE)
    WHERE s.customer IS NULL OR len(g.customers) = 0 OR list_contains(g.customers, s.customer)
    UNION ALL
    SELECT a.group_id, b.times + b.unnamed, b.effects[1].effect_id
    FROM named_groups AS a
    INNER JOIN named_groups AS b
        ON a.field = b.field
        AND a.value = b.value
        AND a.group_id <> b.group_id
        AND coalesce(a.effect_class = b.effect_class, TRUE)
        AND coalesce(a.money_stage = b.money_stage, TRUE)
        AND coalesce(a.lone_callee = b.lone_callee, TRUE)
        AND coalesce(a.tenant = b.tenant, TRUE)
        AND coalesce(a.environment = b.environment, TRUE)
    WHERE b.times + b.unnamed > 0 AND NOT (a.money_stage IS NOT NULL AND b.is_own_work)
),

doubts AS (
    SELECT
        g.group_id,
        list({'event_id': d.event_id, 'action': d.action, 'outcome': d.outcome, 'at': d.occurred_at, 'source': d.source}
            ORDER BY d.occurred_at, d.event_id) AS doubts
    FROM open_doubts AS d
    INNER JOIN event_names AS n USING (event_id)
    INNER JOIN named_groups AS g
        ON n.field = g.field AND n.value = g.value AND coalesce(d.effect_class = g.effect_class, TRUE)
    GROUP BY g.group_id
),

times AS (
    SELECT
        n.field,
        n.value,
        clock_of(e."clock", e.system, e.source) AS "clock",
        min(least(e.occurred_at, e.enqueued_at)) AS first_at,
        max(greatest(e.occurred_at, e.ended_at, e.scheduled_for, e.retry_after)) AS last_at,
        count(*) > count(e.occurred_at) AS untimed
    FROM event_names AS n
    INNER JOIN events AS e USING (event_id)
    WHERE (n.field, n.value) IN (SELECT (field, value) FROM named_groups)
    GROUP BY ALL
),

clocks_of_logs AS (
    SELECT DISTINCT e.source, k
    FROM (SELECT DISTINCT source, clock_of("clock", system, source) AS "clock" FROM events) AS e
    INNER JOIN clocks AS k USING ("clock")
),

recording AS (
    SELECT group_id, field, value, unnest(recorders) AS source FROM named_groups
),

needed AS (
    SELECT
        r.group_id,
        r.source,
        min(true_time(t.first_at, k) - to_microseconds(order_error_us(k, l.k))) AS from_at,
        max(true_time(t.last_at, k) + to_microseconds(order_error_us(k, l.k))) AS until_at
    FROM recording AS r
    INNER JOIN times AS t USING (field, value)
    INNER JOIN clocks AS k ON t.clock = k.clock
    INNER JOIN clocks_of_logs AS l ON r.source = l.source
    GROUP BY ALL
),

covered AS (
    SELECT
        n.group_id,
        list({'source': n.source, 'reason': t.reason} ORDER BY n.source) FILTER (t.reason IS NOT NULL) AS torn,
        list({'source': n.source, 'from_at': n.from_at, 'until_at': n.until_at} ORDER BY n.source)
            FILTER (s.first_at IS NULL) AS outside,
        list({'source': n.source, 'from_at': s.first_at, 'until_at': s.last_at} ORDER BY n.source)
            FILTER (s.first_at IS NOT NULL) AS spans
    FROM needed AS n
    LEFT JOIN whole_spans AS s ON n.source = s.source AND n.from_at > s.began_at AND n.until_at < s.ended_at
    LEFT JOIN torn_sources AS t ON n.source = t.source
    GROUP BY n.group_id
)

SELECT
    g.*,
    coalesce(p.n, 0) AS possible,
    p.example AS possible_example,
    coalesce(d.doubts, []) AS doubts,
    list_filter(g.callees, lambda c: NOT list_contains(g.recorded_callees, c)) AS unrecorded,
    coalesce(c.torn, []) AS torn,
    coalesce(c.outside, []) AS outside,
    coalesce(c.spans, []) AS spans,
    coalesce(t.untimed, FALSE) AS untimed,
    g.times = 1 AND g.recorded = 1 AND g.unnamed = 0 AND coalesce(p.n, 0) = 0 AND d.doubts IS NULL
    AND unrecorded = [] AND c.torn IS NULL AND c.outside IS NULL AND c.spans IS NOT NULL AND NOT t.untimed AS is_once
FROM named_groups AS g
LEFT JOIN (SELECT group_id, sum(n)::BIGINT AS n, min(example) AS example FROM possible GROUP BY group_id) AS p
    USING (group_id)
LEFT JOIN doubts AS d USING (group_id)
LEFT JOIN covered AS c USING (group_id)
LEFT JOIN (SELECT field, value, bool_or(untimed) AS untimed FROM times GROUP BY ALL) AS t USING (field, value);
