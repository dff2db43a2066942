-- One row a name that is wanted, and what counts together under it: the effects that bear the name.
--
--     field, value          the name, as `event_names` has it
--     tenant, environment   whose; never mixed
--     lone_callee           where no stage of money is told, what each callee did counts by itself
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
    SELECT * EXCLUDE (example), min(example) AS example, count(*) AS n
    FROM borne
    GROUP BY ALL
),

kinds AS (
    SELECT DISTINCT field, effect_class, money_stage, lone_callee FROM named_groups
),

shapes AS (
    SELECT DISTINCT effect_class, money_stage, callee, is_own_work, is_payout, fields FROM alike
),

lacking AS (
    SELECT k.*, s.effect_class AS its_class, s.money_stage AS its_stage, s.callee, s.is_own_work, s.is_payout, s.fields
    FROM kinds AS k
    INNER JOIN shapes AS s
        ON coalesce(NOT list_contains(s.fields, k.field), TRUE)
        AND (
            (coalesce(k.effect_class = s.effect_class, TRUE) AND coalesce(k.money_stage = s.money_stage, TRUE))
            OR (takes_money(k.money_stage) AND takes_money(s.money_stage) AND NOT s.is_payout)
        )
        AND coalesce(k.lone_callee = s.callee, TRUE)
        AND NOT (k.money_stage IS NOT NULL AND s.is_own_work)
)

SELECT l.field, l.effect_class, l.money_stage, l.lone_callee, a.tenant, a.environment, a.customers,
    sum(a.n)::BIGINT AS n, min(a.example) AS example
FROM lacking AS l
INNER JOIN alike AS a
    ON l.its_class IS NOT DISTINCT FROM a.effect_class
    AND l.its_stage IS NOT DISTINCT FROM a.money_stage
    AND l.callee = a.callee
    AND l.is_own_work = a.is_own_work
    AND l.is_payout = a.is_payout
    AND l.fields = a.fields
GROUP BY ALL;

-- The books in which a second effect would stand: those of one callee, on one class of effects, for one
-- owner. They may be several logs.
CREATE OR REPLACE TEMP TABLE books AS
WITH wanted AS (
    SELECT DISTINCT unnest(recorded_callees) AS callee, effect_class, tenant, environment FROM named_groups
)

SELECT w.*, list(DISTINCT l.source ORDER BY l.source) AS logs
FROM wanted AS w
INNER JOIN callee_logs AS l
    ON w.callee = l.callee
    AND coalesce(w.effect_class = l.effect_class, TRUE)
    AND coalesce(w.tenant = l.tenant, TRUE)
    AND coalesce(w.environment = l.environment, TRUE)
GROUP BY w.callee, w.effect_class, w.tenant, w.environment;

-- When books are whole. A part of a log (a file, a partition) speaks for the time between its first and its
-- last record. Parts that overlap are kept side by side: what one lacks may stand in no other, so that
-- together they speak for the time that all of them cover. Between parts that do not touch, nobody knows.
--
--     first_at, last_at    by the clock of the log
--     began_at, ended_at   by the reference clock
CREATE OR REPLACE TEMP TABLE whole_spans AS
WITH sets AS (
    SELECT DISTINCT logs FROM books
),

parts AS (
    SELECT
        s.logs,
        p.source,
        p.part,
        p.first_at,
        p.last_at,
        p.first_at - to_microseconds(c.least_us) AS began_at,
        p.last_at - to_microseconds(c.most_us) AS ended_at
    FROM (SELECT logs, unnest(logs) AS source FROM sets) AS s
    INNER JOIN log_parts AS p USING (source)
    INNER JOIN (
        SELECT source, min(k.offset_us) AS least_us, max(k.offset_us) AS most_us FROM clocks_of_logs GROUP BY source
    ) AS c USING (source)
),

common AS (
    SELECT
        a.logs,
        list(DISTINCT b.source ORDER BY b.source) AS sources,
        max(b.first_at) AS first_at,
        min(b.last_at) AS last_at,
        max(b.began_at) AS began_at,
        min(b.ended_at) AS ended_at
    FROM parts AS a
    INNER JOIN parts AS b ON a.logs = b.logs AND a.began_at <= b.ended_at AND a.ended_at >= b.began_at
    GROUP BY a.logs, a.source, a.part
)

SELECT DISTINCT * FROM common WHERE began_at < ended_at;

-- What keeps it from being said of a group that it was only once:
--
--     possible     effects that may be of this name too, by `why`: without a name of the kind (nameless), with
--                  the name spelled a little otherwise (spelling) or with something after it (longer), in the
--                  books of nobody knows whom (owner), under the name, of another class or stage of money (kind),
--                  or with the name in their text or attributes alone (mention)
--     lacking      of these, those that do not say the name in their own way
--     doubts       calls and messages that bear the name and were never settled
--     unrecorded   systems that were asked, and of which no log of their own is here
--     torn         logs of the callees that lack records, with the reason
--     outside      logs that do not go on beyond all that is told of the name, at both ends
--     spans        the others, with the time that they speak for
--     untimed      something that bears the name has no time
--     is_once      it was once, and nothing of this stands against it
CREATE OR REPLACE TEMP TABLE name_verdicts AS
WITH nameless AS (
    SELECT
        row_number() OVER () AS shape,
        *,
        list_sort(list_distinct(list_transform(customers, lambda c: c.space))) AS spaces
    FROM nameless_effects
),

-- Two customers are known to be two only in one namespace; elsewhere one may be the other.
nameless_elsewhere AS (
    SELECT * EXCLUDE (shape, customers, n, example), sum(n)::BIGINT AS n, min(example) AS example
    FROM nameless
    GROUP BY ALL
),

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
    SELECT g.group_id, 'nameless' AS why, s.n, s.example
    FROM named_groups AS g
    INNER JOIN nameless_elsewhere AS s
        ON g.field = s.field
        AND g.effect_class IS NOT DISTINCT FROM s.effect_class
        AND g.money_stage IS NOT DISTINCT FROM s.money_stage
        AND g.lone_callee IS NOT DISTINCT FROM s.lone_callee
        AND coalesce(g.tenant = s.tenant, TRUE)
        AND coalesce(g.environment = s.environment, TRUE)
    WHERE NOT list_has_any(list_transform(g.customers, lambda c: c.space), s.spaces)
    UNION ALL
    SELECT group_id, 'nameless', n, example
    FROM (
        SELECT DISTINCT g.group_id, s.shape, s.n, s.example
        FROM (SELECT *, unnest(customers) AS customer FROM named_groups) AS g
        INNER JOIN (SELECT *, unnest(customers) AS customer FROM nameless) AS s
            ON g.customer = s.customer
            AND g.field = s.field
            AND g.effect_class IS NOT DISTINCT FROM s.effect_class
            AND g.money_stage IS NOT DISTINCT FROM s.money_stage
            AND g.lone_callee IS NOT DISTINCT FROM s.lone_callee
            AND coalesce(g.tenant = s.tenant, TRUE)
            AND coalesce(g.environment = s.environment, TRUE)
    )
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
        AND (
            (takes_money(a.money_stage) AND takes_money(b.money_stage))
            OR (coalesce(a.effect_class = b.effect_class, TRUE) AND coalesce(a.money_stage = b.money_stage, TRUE))
        )
        AND coalesce(a.lone_callee = b.lone_callee, TRUE)
        AND coalesce(a.tenant = b.tenant, TRUE)
        AND coalesce(a.environment = b.environment, TRUE)
    WHERE b.times + b.unnamed > 0 AND NOT (a.money_stage IS NOT NULL AND b.is_own_work)
    UNION ALL
    SELECT g.group_id, h.why, 1, coalesce(h.effect_id, h.witnesses[1])
    FROM named_groups AS g
    INNER JOIN hinting AS h
        ON g.field = h.field
        AND g.value = h.value
        AND (
            (takes_money(g.money_stage) AND takes_money(h.money_stage))
            OR (coalesce(g.effect_class = h.effect_class, TRUE) AND coalesce(g.money_stage = h.money_stage, TRUE))
        )
        AND coalesce(g.lone_callee = h.callee, TRUE)
        AND coalesce(g.tenant = h.tenant, TRUE)
        AND coalesce(g.environment = h.environment, TRUE)
    WHERE NOT (g.money_stage IS NOT NULL AND h.is_own_work)
),

possibly AS (
    SELECT
        group_id,
        sum(n)::BIGINT AS n,
        coalesce(sum(n) FILTER (why NOT IN ('longer', 'mention')), 0)::BIGINT AS lacking,
        list({'why': why, 'n': n, 'example': example} ORDER BY why) AS kinds
    FROM (
        SELECT group_id, why, sum(n)::BIGINT AS n, min(example) AS example FROM possible GROUP BY group_id, why
    )
    GROUP BY group_id
),

doubts AS (
    SELECT
        g.group_id,
        list(
            {
                'event_id': d.event_id,
                'action': d.action,
                'outcome': d.outcome,
                'at': d.occurred_at,
                'source': d.source,
                'is_answered': coalesce(list_contains(g.keys, d.operation_key), FALSE)
            }
            ORDER BY d.occurred_at, d.event_id
        ) AS doubts
    FROM open_doubts AS d
    INNER JOIN (SELECT DISTINCT * FROM names_of('open_doubts')) AS n USING (event_id)
    INNER JOIN named_groups AS g
        ON n.field = g.field
        AND n.value = g.value
        AND (
            coalesce(d.effect_class = g.effect_class, TRUE)
            OR (takes_money(d.money_stage) AND takes_money(g.money_stage))
        )
        AND coalesce(d.tenant = g.tenant, TRUE)
        AND coalesce(d.environment = g.environment, TRUE)
    GROUP BY g.group_id
),

telling AS (
    SELECT g.group_id, n.event_id
    FROM named_groups AS g
    INNER JOIN naming('named_groups') AS n USING (field, value)
    UNION
    SELECT group_id, unnest(witnesses) FROM named_groups
),

times AS (
    SELECT
        t.group_id,
        clock_of(e."clock", e.system, e.source) AS "clock",
        min(least(e.occurred_at, e.enqueued_at)) AS first_at,
        max(greatest(e.occurred_at, e.ended_at, e.scheduled_for, e.retry_after)) AS last_at,
        count(*) > count(e.occurred_at) AS untimed
    FROM telling AS t
    INNER JOIN named_groups AS g USING (group_id)
    INNER JOIN events AS e USING (event_id)
    WHERE coalesce(g.tenant = e.tenant, TRUE) AND coalesce(g.environment = e.environment, TRUE)
    GROUP BY ALL
),

keeping AS (
    SELECT g.group_id, b.callee, b.logs, unnest(b.logs) AS source
    FROM named_groups AS g
    INNER JOIN books AS b
        ON list_contains(g.recorded_callees, b.callee)
        AND g.effect_class IS NOT DISTINCT FROM b.effect_class
        AND g.tenant IS NOT DISTINCT FROM b.tenant
        AND g.environment IS NOT DISTINCT FROM b.environment
),

needed AS (
    SELECT
        b.group_id,
        b.callee,
        b.logs,
        min(true_time(t.first_at, k) - to_microseconds(order_error_us(k, l.k))) AS from_at,
        max(true_time(t.last_at, k) + to_microseconds(order_error_us(k, l.k))) AS until_at
    FROM keeping AS b
    INNER JOIN times AS t USING (group_id)
    INNER JOIN clocks AS k ON t.clock = k.clock
    INNER JOIN clocks_of_logs AS l ON b.source = l.source
    GROUP BY b.group_id, b.callee, b.logs
),

torn AS (
    SELECT n.group_id, list(DISTINCT {'source': t.source, 'reason': t.reason}) AS torn
    FROM (SELECT DISTINCT group_id, unnest(logs) AS source FROM needed) AS n
    INNER JOIN torn_sources AS t USING (source)
    GROUP BY n.group_id
),

covered AS (
    SELECT
        n.group_id,
        list({'logs': n.logs, 'from_at': n.from_at, 'until_at': n.until_at} ORDER BY n.logs)
            FILTER (s.first_at IS NULL) AS outside,
        list({'logs': s.sources, 'from_at': s.first_at, 'until_at': s.last_at} ORDER BY s.sources)
            FILTER (s.first_at IS NOT NULL) AS spans
    FROM needed AS n
    LEFT JOIN whole_spans AS s ON n.logs = s.logs AND n.from_at > s.began_at AND n.until_at < s.ended_at
    GROUP BY n.group_id
)

SELECT
    g.*,
    coalesce(p.n, 0) AS possible,
    coalesce(p.lacking, 0) AS lacking,
    coalesce(p.kinds, []) AS possible_kinds,
    takes_money(g.money_stage) AS takes_money,
    coalesce(d.doubts, []) AS doubts,
    list_filter(g.callees, lambda c: NOT list_contains(g.recorded_callees, c)) AS unrecorded,
    coalesce(w.torn, []) AS torn,
    coalesce(c.outside, []) AS outside,
    coalesce(c.spans, []) AS spans,
    coalesce(t.untimed, FALSE) AS untimed,
    g.times = 1 AND g.recorded = 1 AND g.unnamed = 0 AND coalesce(p.n, 0) = 0 AND d.doubts IS NULL
    AND unrecorded = [] AND w.torn IS NULL AND c.outside IS NULL AND c.spans IS NOT NULL AND NOT t.untimed AS is_once
FROM named_groups AS g
LEFT JOIN possibly AS p USING (group_id)
LEFT JOIN doubts AS d USING (group_id)
LEFT JOIN torn AS w USING (group_id)
LEFT JOIN covered AS c USING (group_id)
LEFT JOIN (SELECT group_id, bool_or(untimed) AS untimed FROM times GROUP BY group_id) AS t USING (group_id);
