-- Layers that each retry what the layer above them retries: their attempts multiply.
-- A thread's work is looked at in one piece until it rests for five minutes.
WITH several AS (
    SELECT thread
    FROM storm_retries
    WHERE excuse IS NULL AND thread IS NOT NULL
    GROUP BY thread
    HAVING min(hash(edge, layer)) <> max(hash(edge, layer))
),

rested AS (
    SELECT
        r.*,
        coalesce(r.occurred_at - lag(r.occurred_at) OVER threads > INTERVAL 300 SECONDS, FALSE) AS begins
    FROM storm_retries AS r
    SEMI JOIN several AS s USING (thread)
    WHERE r.excuse IS NULL
    WINDOW threads AS (PARTITION BY r.thread ORDER BY r.occurred_at, r.event_id)
),

work AS (
    SELECT * REPLACE (hash(thread, sum(begins::INTEGER) OVER (
        PARTITION BY thread ORDER BY occurred_at, event_id ROWS UNBOUNDED PRECEDING
    )) AS thread)
    FROM rested
),

layers AS (
    SELECT
        thread, edge, layer, caller, callee,
        count(*) + count(DISTINCT operation) AS size,
        max(attempt) AS numbered,
        count(DISTINCT wanted) AS wanted
    FROM work
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
        t.thread, t.label, t.multiplied, w.streak, coalesce(w.episode, w.streak) AS part,
        min(w.occurred_at) AS first_at, max(w.occurred_at) AS last_at
    FROM threads AS t
    INNER JOIN nested AS n USING (thread)
    INNER JOIN work AS w ON n.thread = w.thread AND n.edge = w.edge AND n.layer = w.layer
    GROUP BY ALL
),

apart AS (
    SELECT
        *,
        coalesce(first_at - max(last_at) OVER (
            PARTITION BY label ORDER BY first_at, streak ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) > INTERVAL 300 SECONDS, FALSE) AS begins
    FROM touched
),

numbered AS (
    SELECT *, hash(label, sum(begins::INTEGER) OVER (
        PARTITION BY label ORDER BY first_at, streak ROWS UNBOUNDED PRECEDING
    )) AS storm
    FROM apart
),

-- A storm takes the whole of every episode that its threads touch.
parts AS (SELECT part, min(storm) AS storm FROM numbered GROUP BY part),

multiplied AS (
    SELECT
        storm,
        count(*) AS threads,
        sum(attempts) AS attempts,
        sum(wanted) AS wanted,
        max({'multiplied': multiplied, 'layers': layers}) AS worst
    FROM (SELECT DISTINCT p.storm, n.thread FROM numbered AS n INNER JOIN parts AS p USING (part))
    INNER JOIN threads USING (thread)
    GROUP BY storm
),

storms AS (
    SELECT s.streak, p.storm, CASE WHEN m.worst.multiplied < $product THEN 'few' END AS suppressor
    FROM parts AS p
    INNER JOIN multiplied AS m USING (storm)
    INNER JOIN streaks AS s ON p.part = coalesce(s.episode, s.streak)
),

ends AS (
    SELECT *, coalesce(worst.layers[1].caller, 'unknown') AS outermost, worst.layers[-1].callee AS innermost
    FROM multiplied
)

SELECT
    [outermost, innermost] AS subject,
    'strong' AS grade,
    suppressor,
    evidence,
    (attempts - wanted)::BIGINT AS excess,
    json_merge_patch(to_json(facts), to_json({
        'caller': outermost, 'callee': innermost, 'threads': threads, 'attempts': attempts,
        'operations': wanted, 'amplification': round(attempts / wanted, 1),
        'product': worst.multiplied, 'layers': worst.layers
    }))::VARCHAR AS facts
FROM storm_report('storms')
INNER JOIN ends USING (storm)
