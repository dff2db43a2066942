-- Layers that each retry what the layer above them retries: their attempts multiply.
WITH layers AS (
    SELECT
        thread, edge, layer, caller, callee,
        count(*) + count(DISTINCT operation) AS size,
        max(attempt) AS numbered,
        count(DISTINCT wanted) AS wanted
    FROM storm_retries
    WHERE excuse IS NULL AND thread IS NOT NULL
    GROUP BY ALL
),

-- Without numbers of its own, a layer is as many times larger as the one above.
factors AS (
    SELECT
        *,
        coalesce(numbered, size // lag(size) OVER (PARTITION BY thread ORDER BY size, layer, edge), size)
            AS factor
    FROM layers
),

-- A layer counts where another one of its thread works on its edge or next to it.
nested AS (
    SELECT f.*
    FROM factors AS f
    SEMI JOIN factors AS o
        ON f.thread = o.thread AND (f.edge <> o.edge OR f.layer <> o.layer)
        AND (f.edge = o.edge OR f.caller = o.callee OR f.callee = o.caller)
        AND f.factor >= $layer_factor AND o.factor >= $layer_factor
),

threads AS (
    SELECT
        thread,
        product(factor)::BIGINT AS multiplied,
        list({'layer': layer, 'caller': caller, 'callee': callee, 'factor': factor} ORDER BY size, layer, caller)
            AS layers,
        max(size) AS attempts,
        arg_max(wanted, (size, edge)) AS wanted,
        list(edge ORDER BY edge) AS label
    FROM nested
    GROUP BY thread
),

touched AS (
    SELECT
        t.thread, t.multiplied >= $product AS enough, r.streak, coalesce(r.episode, r.streak) AS part,
        label, min(r.occurred_at) AS first_at, max(r.occurred_at) AS last_at
    FROM threads AS t
    INNER JOIN nested AS n USING (thread)
    INNER JOIN storm_retries AS r ON n.thread = r.thread AND n.edge = r.edge AND n.layer = r.layer
    WHERE r.excuse IS NULL
    GROUP BY ALL
),

apart AS (
    SELECT
        *,
        coalesce(first_at - max(last_at) OVER (
            PARTITION BY label, enough ORDER BY first_at, streak ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) > INTERVAL 300 SECONDS, FALSE) AS begins
    FROM touched
),

numbered AS (
    SELECT *, hash(label, enough, sum(begins::INTEGER) OVER (
        PARTITION BY label, enough ORDER BY first_at, streak ROWS UNBOUNDED PRECEDING
    )) AS storm
    FROM apart
),

-- A storm takes the whole of every episode that its threads touch.
storms AS (
    SELECT
        s.streak,
        coalesce(min(n.storm) FILTER (n.enough), min(n.storm)) AS storm,
        CASE WHEN NOT bool_or(n.enough) THEN 'few' END AS suppressor
    FROM numbered AS n
    INNER JOIN streaks AS s ON n.part = coalesce(s.episode, s.streak)
    GROUP BY s.streak
),

multiplied AS (
    SELECT
        storm,
        count(*) AS threads,
        sum(attempts) AS attempts,
        sum(wanted) AS wanted,
        max({'multiplied': multiplied, 'layers': layers}) AS worst
    FROM (
        SELECT DISTINCT s.storm, n.thread FROM numbered AS n INNER JOIN storms AS s USING (streak)
    )
    INNER JOIN threads USING (thread)
    GROUP BY storm
)

SELECT
    [coalesce(worst.layers[1].caller, 'unknown'), worst.layers[-1].callee] AS subject,
    'strong' AS grade,
    suppressor,
    evidence,
    (attempts - wanted)::BIGINT AS excess,
    json_merge_patch(to_json(facts), to_json({
        'threads': threads, 'attempts': attempts, 'operations': wanted,
        'amplification': round(attempts / wanted, 1), 'product': worst.multiplied, 'layers': worst.layers
    }))::VARCHAR AS facts
FROM storm_report('storms')
INNER JOIN multiplied USING (storm)
