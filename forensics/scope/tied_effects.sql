-- Two logs of the same effects against each other: a row for each class of effect, system that was
-- asked, pair of logs that have at least one effect in common, and effect that either tells of.
CREATE OR REPLACE TEMP TABLE tied_effects AS
WITH
told AS (
    SELECT
        w.effect_key,
        e.source,
        coalesce(e.effect_class, 'other') AS effect_class,
        w.callee_hash,
        max(callee_of(e.target_system, e.system, e.source)) AS callee,
        min(w.trust) AS trust,
        min(e.effect_id) AS effect_id,
        min(e.occurred_at) AS first_at,
        max(e.occurred_at) AS last_at,
        list(DISTINCT {'stage': e.money_stage, 'currency': e.currency, 'amount': e.amount})
            FILTER (e.amount IS NOT NULL AND e.currency IS NOT NULL) AS sums
    FROM effect_witnesses AS w
    INNER JOIN events AS e USING (event_id)
    WHERE (w.happened OR w.is_state) AND w.trust < 5 AND e.occurred_at IS NOT NULL AND e.effect_id IS NOT NULL
    GROUP BY w.effect_key, e.source, effect_class, w.callee_hash
),

-- Books that bear the id of the effect as their own: a row of payments.
booked AS (
    SELECT
        t.effect_key,
        e.source,
        t.effect_class,
        t.callee_hash,
        max(t.callee) AS callee,
        9 AS trust,
        t.effect_id,
        min(e.occurred_at) AS first_at,
        max(e.occurred_at) AS last_at,
        list(DISTINCT {'stage': e.money_stage, 'currency': e.currency, 'amount': e.amount})
            FILTER (e.amount IS NOT NULL AND e.currency IS NOT NULL) AS sums
    FROM told AS t
    INNER JOIN events AS e ON t.effect_id = e.entity_id AND t.source <> e.source
    WHERE
        e.kind IN ('write', 'state')
        -- An inserted row is an effect of its own to the store, under its table and key.
        AND (e.effect_id IS NULL OR e.effect_id = e.entity_type || '/' || e.entity_id)
        AND e.occurred_at IS NOT NULL
        AND NOT regexp_full_match(t.effect_id, '\d{1,9}')
    GROUP BY t.effect_key, e.source, t.effect_class, t.callee_hash, t.effect_id
),

every_telling AS (
    FROM told
    UNION ALL BY NAME
    FROM booked
),

-- The time in which each log holds everything, of those that are whole.
wholes AS (
    SELECT
        s.source,
        min(e.occurred_at) AS first_at,
        max(e.occurred_at) AS last_at
    FROM (
        SELECT source
        FROM (
            SELECT source, state FROM coverage
            -- What was gone before it was read stays missing.
            QUALIFY row_number() OVER (PARTITION BY source, part ORDER BY page DESC) = 1 OR state = 'expired'
        )
        GROUP BY source
        HAVING bool_and(state IN ('complete', 'forgotten'))
    ) AS s
    INNER JOIN events AS e USING (source)
    WHERE e.occurred_at IS NOT NULL
    GROUP BY s.source
),

-- Of a log that is not whole, only the time from its first such effect to its last can be judged.
sides AS (
    SELECT
        t.effect_class,
        t.callee_hash,
        t.source,
        max(t.callee) AS callee,
        min(t.trust) AS trust,
        coalesce(any_value(w.first_at), min(t.first_at)) AS first_at,
        coalesce(any_value(w.last_at), max(t.last_at)) AS last_at
    FROM every_telling AS t
    LEFT JOIN wholes AS w USING (source)
    GROUP BY t.effect_class, t.callee_hash, t.source
),

-- How far apart in time two logs tell of one effect, where they tell of the same at all.
sharing AS (
    SELECT
        l.effect_class,
        l.callee_hash,
        l.source AS one,
        r.source AS other,
        max(abs(epoch(l.first_at) - epoch(r.first_at))) AS apart_s
    FROM every_telling AS l
    INNER JOIN every_telling AS r USING (effect_key, effect_class, callee_hash)
    WHERE l.source < r.source
    GROUP BY ALL
),

-- The callee's own books stand left. What one log tells of near the ends of the time that both cover may
-- stand beyond them in the other.
pairs AS (
    SELECT
        l.effect_class,
        l.callee_hash,
        l.callee,
        l.source AS left_source,
        r.source AS right_source,
        greatest(l.first_at, r.first_at) AS first_at,
        least(l.last_at, r.last_at) AS last_at,
        to_seconds(greatest(300, 2 * s.apart_s)) AS margin
    FROM sharing AS s
    INNER JOIN sides AS l ON s.effect_class = l.effect_class AND s.callee_hash = l.callee_hash
    INNER JOIN sides AS r ON s.effect_class = r.effect_class AND s.callee_hash = r.callee_hash
    WHERE
        s.one = least(l.source, r.source)
        AND s.other = greatest(l.source, r.source)
        AND (l.trust, l.source) < (r.trust, r.source)
        AND greatest(l.first_at, r.first_at) < least(l.last_at, r.last_at)
),

compared AS (
    SELECT
        p.effect_class,
        p.callee,
        p.left_source,
        p.right_source,
        p.first_at,
        p.last_at,
        t.effect_key,
        max(t.effect_id) AS effect_id,
        bool_or(t.source = p.left_source) AS in_left,
        bool_or(t.source = p.right_source) AS in_right,
        bool_and(t.first_at >= p.first_at + p.margin AND t.last_at <= p.last_at - p.margin) AS inside,
        max(t.sums) FILTER (t.source = p.left_source) AS left_sums,
        max(t.sums) FILTER (t.source = p.right_source) AS right_sums
    FROM pairs AS p
    INNER JOIN every_telling AS t
        ON
            p.effect_class = t.effect_class
            AND p.callee_hash = t.callee_hash
            AND t.source IN (p.left_source, p.right_source)
    GROUP BY ALL
),

-- Sums of one stage in one currency can be compared; what was held and what was taken cannot.
judged AS (
    SELECT
        *,
        CASE
            WHEN
                in_left AND in_right
                AND list_has_any(
                    [{'stage': m.stage, 'currency': m.currency} FOR m IN left_sums],
                    [{'stage': m.stage, 'currency': m.currency} FOR m IN right_sums]
                )
                AND NOT list_has_any(left_sums, right_sums)
                THEN 'differing'
            WHEN in_left AND in_right THEN 'matched'
            WHEN NOT inside THEN 'beyond'
            WHEN in_left THEN 'left'
            ELSE 'right'
        END AS verdict
    FROM compared
)

SELECT
    j.*,
    CASE WHEN l.source IS NOT NULL THEN {'first_at': l.first_at, 'last_at': l.last_at} END AS left_whole,
    CASE WHEN r.source IS NOT NULL THEN {'first_at': r.first_at, 'last_at': r.last_at} END AS right_whole
FROM judged AS j
LEFT JOIN wholes AS l ON j.left_source = l.source
LEFT JOIN wholes AS r ON j.right_source = r.source;
