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
    AND may_be_one_owner(w.tenant, w.environment, l.tenant, l.environment)
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

-- What the books say of each group, one row a group of which anything is told:
--
--     untimed   something that bears the name has no time
--     torn      logs of the callees that lack records, with the reason
--     outside   logs that do not go on beyond all that is told of the name, at both ends
--     spans     the others, with the time that they speak for
CREATE OR REPLACE TEMP TABLE books_of_groups AS
WITH telling AS (
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
    WHERE may_be_one_owner(g.tenant, g.environment, e.tenant, e.environment)
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
    t.group_id,
    bool_or(t.untimed) AS untimed,
    any_value(w.torn) AS torn,
    any_value(c.outside) AS outside,
    any_value(c.spans) AS spans
FROM times AS t
LEFT JOIN torn AS w USING (group_id)
LEFT JOIN covered AS c USING (group_id)
GROUP BY t.group_id;
