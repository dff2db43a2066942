-- Layers that each retry what the layer above them retries: their attempts multiply.
-- A layer counts where another one of its thread works on its edge or next to it. A proxy is next to
-- whoever calls what is behind it: its caller need not know of it.
WITH RECURSIVE nested AS (
    SELECT f.*
    FROM layers AS f
    SEMI JOIN layers AS o
        ON f.thread = o.thread AND (f.edge <> o.edge OR f.layer <> o.layer)
        AND (
            f.edge = o.edge OR f.caller = o.callee OR f.callee = o.caller
            OR (f.callee = o.callee AND 'proxy' IN (f.layer, o.layer))
        )
        AND f.factor >= $layer_factor AND o.factor >= $layer_factor
),

-- All layers of one edge multiply.
edges AS (
    SELECT
        thread,
        edge,
        any_value(caller) AS caller,
        any_value(callee) AS callee,
        bool_or(layer = 'proxy') AS is_proxy,
        product(factor) AS factor,
        list({'layer': layer, 'caller': called_by, 'callee': callee, 'factor': factor} ORDER BY size, layer) AS layers
    FROM nested
    GROUP BY thread, edge
),

-- From one edge to the next, the largest that ends on each: what one service asks of several others does not multiply.
lines AS (
    SELECT thread, edge, callee, {'multiplied': factor, 'layers': layers, 'way': [edge]} AS line
    FROM edges
    UNION ALL
    SELECT
        e.thread,
        e.edge,
        any_value(e.callee),
        max({
            'multiplied': l.line.multiplied * e.factor,
            'layers': list_concat(l.line.layers, e.layers),
            'way': list_append(l.line.way, e.edge)
        })
    FROM lines AS l
    INNER JOIN edges AS e
        ON l.thread = e.thread AND (l.callee = e.caller OR (l.callee = e.callee AND e.is_proxy))
    WHERE NOT list_contains(l.line.way, e.edge)
    GROUP BY e.thread, e.edge
),

worst AS (SELECT thread, max(line) AS line FROM lines GROUP BY thread),

threads AS (
    SELECT
        thread,
        max(size) AS attempts,
        arg_max(wanted, (size, edge)) AS wanted,
        list(edge ORDER BY edge) AS label,
        any_value(thread_is_record) AS by_time
    FROM nested
    GROUP BY thread
),

touched AS (
    SELECT
        t.thread, t.label, w.streak, coalesce(w.episode, w.streak) AS part,
        min(w.occurred_at) AS first_at, max(w.occurred_at) AS last_at
    FROM threads AS t
    INNER JOIN nested AS n USING (thread)
    INNER JOIN layered_work AS w ON n.thread = w.thread AND n.edge = w.edge AND n.layer = w.layer
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

-- A storm takes the whole of every episode that its threads touch; storms that share one are one, and so are those
-- that hang together through others. It is named by the least of them.
touching AS (SELECT DISTINCT part, storm FROM numbered),

together (storm, leader) USING KEY (storm) AS (
    SELECT DISTINCT storm, storm AS leader
    FROM touching
    UNION
    SELECT neighbour.storm, min(t.leader) AS leader
    FROM together AS t
    INNER JOIN touching AS origin ON t.storm = origin.storm
    INNER JOIN touching AS neighbour ON origin.part = neighbour.part
    INNER JOIN recurring.together AS now ON neighbour.storm = now.storm
    WHERE t.leader < now.leader
    GROUP BY neighbour.storm
),

parts AS (
    SELECT DISTINCT t.part, g.leader AS storm
    FROM touching AS t
    INNER JOIN together AS g USING (storm)
),

multiplied AS (
    SELECT
        storm,
        count(*) AS threads,
        sum(attempts) AS attempts,
        sum(wanted) AS wanted,
        max(line) AS worst,
        NOT max({'line': line, 'joined': NOT by_time}).joined AS by_time
    FROM (SELECT DISTINCT p.storm, n.thread FROM numbered AS n INNER JOIN parts AS p USING (part))
    INNER JOIN threads USING (thread)
    INNER JOIN worst USING (thread)
    GROUP BY storm
),

storms AS (
    SELECT s.streak, p.storm, CASE WHEN worst.multiplied < $product THEN 'few' END AS suppressor
    FROM parts AS p
    INNER JOIN multiplied USING (storm)
    INNER JOIN streaks AS s ON p.part = coalesce(s.episode, s.streak)
),

ends AS (
    SELECT *, worst.layers[1].caller AS outermost, worst.layers[-1].callee AS innermost
    FROM multiplied
)

SELECT
    [outermost, innermost] AS subject,
    CASE WHEN by_time THEN 'probable' ELSE 'strong' END AS grade,
    suppressor,
    evidence,
    (attempts - wanted)::BIGINT AS excess,
    json_merge_patch(to_json(facts), to_json({
        'caller': outermost, 'callee': innermost, 'threads': threads, 'attempts': attempts,
        'operations': wanted, 'amplification': round(attempts / wanted, 1),
        'product': worst.multiplied, 'layers': worst.layers, 'by_time': by_time, 'policy': NULL
    }))::VARCHAR AS facts
FROM storm_report('storms')
INNER JOIN ends USING (storm)
