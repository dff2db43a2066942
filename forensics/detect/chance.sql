-- How many of the coincidences that a pattern rests on chance would give in this log, from `chance_points`:
-- spans (stratum, sort, thing, doer, began, until, event_ids), times in microseconds. A coincidence is a pair of spans of
-- one thing by two doers that overlap; all spans of a thing are of one sort, and each sort is counted for
-- itself. Were the times dealt out anew among the spans of a stratum, each pair of one thing would meet as
-- often as spans of two things do: what those share is the hour, the day and nothing else.
CREATE OR REPLACE TABLE chance_counts AS
WITH
doers AS (
    SELECT
        stratum,
        thing,
        min(sort) AS sort,
        count(*) AS spans,
        sum(count(*)) OVER (PARTITION BY stratum, thing) - count(*) AS rivals
    FROM chance_points
    GROUP BY stratum, thing, doer
),

things AS (
    SELECT
        stratum,
        thing,
        min(sort) AS sort,
        sum(spans) AS spans,
        sum(spans * rivals) // 2 AS pairs,
        sum(spans * rivals * (rivals - 1)) AS forks
    FROM doers
    GROUP BY stratum, thing
),

strata AS (
    SELECT
        stratum,
        sum(spans) AS spans,
        1 + sum(spans) // 200000 AS thinned
    FROM things
    GROUP BY stratum
    -- Among fewer there is no telling how often two meet.
    HAVING sum(spans) - max(spans) >= 20
),

sorts AS (
    SELECT
        stratum,
        sort,
        sum(pairs) AS pairs,
        sum(forks) AS forks
    FROM things
    GROUP BY stratum, sort
),

-- Of very many things a fixed share is enough.
sampled AS (
    SELECT t.stratum, t.thing, t.spans
    FROM things AS t
    INNER JOIN strata AS s ON t.stratum = s.stratum
    WHERE t.thing % s.thinned = 0
),

ends AS (
    SELECT
        p.rowid AS span,
        p.stratum,
        p.thing,
        unnest([{'moment': p.began, 'opens': true}, {'moment': p.until, 'opens': false}], recursive := true)
    FROM chance_points AS p
    SEMI JOIN sampled AS s ON p.stratum = s.stratum AND p.thing = s.thing
),

-- At its begin all that had ended, at its end all that had begun: the difference is what it met. What ends
-- in the instant in which another begins did not meet it.
swept AS (
    SELECT
        stratum,
        span,
        CASE WHEN opens THEN count(*) FILTER (NOT opens) OVER of_all - count(*) FILTER (NOT opens) OVER of_thing END
            AS ended,
        CASE WHEN NOT opens THEN count(*) FILTER (opens) OVER of_all - count(*) FILTER (opens) OVER of_thing END
            AS begun
    FROM ends
    WINDOW
        of_all AS (PARTITION BY stratum ORDER BY moment, opens ROWS UNBOUNDED PRECEDING),
        of_thing AS (PARTITION BY stratum, thing ORDER BY moment, opens ROWS UNBOUNDED PRECEDING)
),

-- Spans of other things that each span meets.
met AS (
    SELECT stratum, (max(begun) - max(ended))::HUGEINT AS others
    FROM swept
    GROUP BY stratum, span
),

-- The coincidences that there are, of all things: as a span begins, those of its thing by others that have not ended.
steps AS (
    SELECT
        p.stratum,
        t.sort,
        p.thing,
        p.doer,
        unnest([{'moment': p.began, 'step': 1}, {'moment': p.until, 'step': -1}], recursive := true)
    FROM chance_points AS p
    INNER JOIN things AS t ON p.stratum = t.stratum AND p.thing = t.thing
    WHERE t.pairs > 0 AND p.began < p.until
),

under_way AS (
    SELECT
        stratum,
        sort,
        step,
        sum(step) OVER (PARTITION BY stratum, thing ORDER BY moment, step ROWS UNBOUNDED PRECEDING)
        - sum(step) OVER (PARTITION BY stratum, thing, doer ORDER BY moment, step ROWS UNBOUNDED PRECEDING) AS rivals
    FROM steps
),

seen AS (
    SELECT stratum, sort, sum(rivals) AS pairs
    FROM under_way
    WHERE step = 1
    GROUP BY stratum, sort
),

meetings AS (
    SELECT
        stratum,
        count(*)::DOUBLE AS spans,
        sum(others)::DOUBLE AS pairs,
        sum(others * (others - 1))::DOUBLE AS forks
    FROM met
    GROUP BY stratum
),

-- How often two spans of two things meet, and how often two meet the same third.
rates AS (
    SELECT
        m.stratum,
        m.pairs / (m.spans * m.spans - p.kept) AS once,
        m.forks / (m.spans * (m.spans - 1) * (m.spans - 2)) AS twice
    FROM meetings AS m
    INNER JOIN (
        SELECT stratum, sum(spans * spans)::DOUBLE AS kept
        FROM sampled
        GROUP BY stratum
        HAVING sum(spans) - max(spans) >= 20
    ) AS p ON m.stratum = p.stratum
),

-- The moments of the number of pairs that meet, after Barton and David.
moments AS (
    SELECT
        s.stratum,
        s.sort,
        r.once,
        s.pairs * r.once AS expected,
        coalesce(n.pairs, 0)::BIGINT AS seen,
        s.pairs * r.once * (1 - r.once)
        + (s.forks - 4 * s.pairs::DOUBLE * s.pairs / t.spans) * (r.twice - r.once * r.once) AS spread
    FROM sorts AS s
    INNER JOIN strata AS t ON s.stratum = t.stratum
    INNER JOIN rates AS r ON s.stratum = r.stratum
    LEFT JOIN seen AS n ON s.stratum = n.stratum AND s.sort = n.sort
),

-- Poisson's chances, or where pairs come in clusters those of a negative binomial of that spread.
chances AS (
    SELECT
        stratum,
        sort,
        expected,
        unnest(range((expected + 12 * sqrt(greatest(expected, spread)) + 20)::BIGINT)) AS times,
        CASE WHEN spread > expected * 1.001 THEN expected * expected / (spread - expected) END AS clusters,
        exp(
            CASE
                WHEN clusters IS NULL THEN times * ln(expected) - expected - lgamma(times + 1)
                ELSE
                    lgamma(times + clusters) - lgamma(clusters) - lgamma(times + 1)
                    + clusters * ln(clusters / (clusters + expected))
                    + times * ln(expected / (clusters + expected))
            END
        ) AS chance
    FROM moments
    WHERE expected > 0 AND expected < 100000
),

-- The likeliest numbers first. No set of whole numbers has 95 % exactly: of those that begin here the one
-- that comes nearest is taken, since one that must have no less has far more where few are expected.
likeliest AS (
    SELECT
        stratum,
        sort,
        times,
        sum(chance) OVER (
            PARTITION BY stratum, sort ORDER BY chance DESC, times ROWS UNBOUNDED PRECEDING
        ) AS held
    FROM chances
)

SELECT
    m.stratum,
    m.sort,
    m.once,
    m.seen,
    round(m.expected, 4) AS expected,
    coalesce(b.low, greatest(0, round(m.expected - 1.96 * sqrt(greatest(m.expected, m.spread))))::BIGINT) AS low,
    coalesce(b.high, round(m.expected + 1.96 * sqrt(greatest(m.expected, m.spread)))::BIGINT) AS high
FROM moments AS m
LEFT JOIN (
    SELECT
        stratum,
        sort,
        min(times) AS low,
        max(times) AS high
    FROM likeliest
    SEMI JOIN (
        SELECT stratum, sort, arg_min(held, abs(held - 0.95)) AS held
        FROM likeliest
        GROUP BY stratum, sort
    ) AS nearest
        ON likeliest.stratum = nearest.stratum AND likeliest.sort = nearest.sort AND likeliest.held <= nearest.held
    GROUP BY stratum, sort
) AS b ON m.stratum = b.stratum AND m.sort = b.sort;
