-- What findings did too much, over time: money that went out, money that came back, customers who were
-- hit for the first time. Rows that are nearer to each other than a screen can show are one.
WITH
findings AS (SELECT unnest($findings::VARCHAR []) AS finding_id),

-- An effect that several findings name counts once; of one finding alone, all that it names.
excess AS (
    SELECT
        claim,
        effect_key,
        currency,
        amount,
        still_out
    FROM excess_effects
    SEMI JOIN findings USING (finding_id)
    WHERE len($findings) > 1
    UNION ALL
    SELECT
        claim,
        effect_key,
        currency,
        amount,
        still_out
    FROM finding_excess
    SEMI JOIN findings USING (finding_id)
    WHERE len($findings) = 1
),

-- The first of two charges is too much from the second on, be it the one to undo.
claimed AS (
    SELECT DISTINCT claim, effect_key FROM joined_claims WHERE len($findings) > 1
    UNION ALL
    SELECT DISTINCT claim, effect_key FROM finding_claims SEMI JOIN findings USING (finding_id) WHERE len($findings) = 1
),

done AS (
    SELECT
        c.claim,
        x.occurred_at,
        row_number() OVER (PARTITION BY c.claim ORDER BY x.occurred_at DESC, x.event_id) AS place
    FROM claimed AS c
    INNER JOIN found_effects AS x USING (effect_key)
),

dated AS (
    SELECT
        e.*,
        x.compensated_at,
        row_number() OVER (PARTITION BY e.claim ORDER BY x.occurred_at DESC, x.event_id) AS place
    FROM excess AS e
    INNER JOIN found_effects AS x USING (effect_key)
),

priced AS (
    SELECT dated.*, done.occurred_at
    FROM dated
    INNER JOIN done USING (claim, place)
    WHERE dated.amount IS NOT NULL AND dated.currency IS NOT NULL
),

hits AS (
    SELECT
        customer_id,
        "role" = 'duplicate' AS is_excess,
        logged_at AS hit_at
    FROM figure_lines
    SEMI JOIN findings USING (finding_id)
    WHERE "role" <> 'context' AND customer_id IS NOT NULL
    UNION ALL
    SELECT
        f.customer_id,
        f.is_duplicate,
        x.occurred_at
    FROM finding_effects AS f
    SEMI JOIN findings USING (finding_id)
    INNER JOIN found_effects AS x USING (effect_key)
    WHERE NOT f.is_context AND f.customer_id IS NOT NULL
),

changes AS (
    SELECT
        'out' AS what,
        currency,
        occurred_at AS "at",
        amount AS change
    FROM priced
    UNION ALL
    SELECT
        'back',
        currency,
        greatest(compensated_at, occurred_at),
        amount - still_out
    FROM priced
    WHERE amount > still_out
    UNION ALL
    SELECT
        'customers',
        '',
        coalesce(min(hit_at) FILTER (WHERE is_excess), min(hit_at)),
        1
    FROM hits
    GROUP BY customer_id
),

stepped AS (
    SELECT
        *,
        (epoch_us("at") - min(epoch_us("at")) OVER ()) * $steps
        // greatest(max(epoch_us("at")) OVER () - min(epoch_us("at")) OVER (), $steps) AS step
    FROM changes
)

SELECT
    what,
    currency,
    min("at") AS "at",
    sum(change) AS change,
    count(*) AS changes
FROM stepped
GROUP BY what, currency, step
ORDER BY "at" NULLS LAST, what, currency
