-- Two logs of the same effects against each other, a row for each class of effect, system that was
-- asked, and pair of logs that have at least one effect in common.
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
        max(e.amount) AS amount,
        max(e.currency) AS currency
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
        max(e.amount) AS amount,
        max(e.currency) AS currency
    FROM told AS t
    INNER JOIN events AS e ON t.effect_id = e.entity_id AND t.source <> e.source
    WHERE
        e.kind IN ('write', 'state')
        AND e.effect_id IS NULL
        AND e.occurred_at IS NOT NULL
        AND NOT regexp_full_match(t.effect_id, '\d{1,9}')
    GROUP BY t.effect_key, e.source, t.effect_class, t.callee_hash, t.effect_id
),

every_telling AS (
    FROM told
    UNION ALL BY NAME
    FROM booked
),

sides AS (
    SELECT
        effect_class,
        callee_hash,
        source,
        max(callee) AS callee,
        min(trust) AS trust,
        min(first_at) AS first_at,
        max(last_at) AS last_at
    FROM every_telling
    GROUP BY effect_class, callee_hash, source
),

-- The callee's own books stand left.
pairs AS (
    SELECT
        l.effect_class,
        l.callee_hash,
        l.callee,
        l.source AS left_source,
        r.source AS right_source,
        greatest(l.first_at, r.first_at) AS first_at,
        least(l.last_at, r.last_at) AS last_at
    FROM sides AS l
    INNER JOIN sides AS r
        ON
            l.effect_class = r.effect_class
            AND l.callee_hash = r.callee_hash
            AND (l.trust, l.source) < (r.trust, r.source)
    WHERE greatest(l.first_at, r.first_at) < least(l.last_at, r.last_at)
),

-- What one log tells of near the ends of the time that both cover may stand beyond them in the other.
within_reach AS (
    SELECT
        p.*,
        t.effect_key,
        t.source = p.left_source AS is_left,
        t.effect_id,
        t.amount,
        t.currency,
        t.first_at >= p.first_at + INTERVAL 5 MINUTE AND t.last_at <= p.last_at - INTERVAL 5 MINUTE AS inside
    FROM pairs AS p
    INNER JOIN every_telling AS t
        ON
            p.effect_class = t.effect_class
            AND p.callee_hash = t.callee_hash
            AND t.source IN (p.left_source, p.right_source)
),

compared AS (
    SELECT
        effect_class,
        callee,
        left_source,
        right_source,
        first_at,
        last_at,
        effect_key,
        max(effect_id) AS effect_id,
        bool_or(is_left) AS in_left,
        bool_or(NOT is_left) AS in_right,
        bool_and(inside) AS inside,
        count(DISTINCT hash(amount, currency)) FILTER (amount IS NOT NULL) > 1 AS differs
    FROM within_reach
    GROUP BY ALL
),

judged AS (
    SELECT
        *,
        CASE
            WHEN in_left AND in_right THEN CASE WHEN differs THEN 'differing' ELSE 'matched' END
            WHEN NOT inside THEN 'beyond'
            WHEN in_left THEN 'left'
            ELSE 'right'
        END AS verdict
    FROM compared
),

states AS (
    SELECT source, bool_and(state = 'complete') AS complete
    FROM (
        SELECT source, state FROM coverage
        QUALIFY row_number() OVER (PARTITION BY source, part ORDER BY page DESC) = 1
    )
    GROUP BY source
)

SELECT
    j.effect_class,
    j.callee,
    j.left_source AS "left",
    j.right_source AS "right",
    j.first_at,
    j.last_at,
    coalesce(any_value(l.complete), TRUE) AND coalesce(any_value(r.complete), TRUE) AS complete,
    count(*) FILTER (j.verdict = 'matched') AS matched,
    count(*) FILTER (j.verdict = 'differing') AS differing,
    count(*) FILTER (j.verdict = 'left') AS left_only,
    count(*) FILTER (j.verdict = 'right') AS right_only,
    coalesce(
        list(j.effect_id || ' (' || j.verdict || ')' ORDER BY j.verdict, j.effect_id)
            FILTER (j.verdict IN ('differing', 'left', 'right'))[:5],
        []
    ) AS examples
FROM judged AS j
LEFT JOIN states AS l ON j.left_source = l.source
LEFT JOIN states AS r ON j.right_source = r.source
GROUP BY j.effect_class, j.callee, j.left_source, j.right_source, j.first_at, j.last_at
HAVING count(*) FILTER (j.in_left AND j.in_right) > 0
ORDER BY ALL
