-- The runs of a chain by time and depth: each alone, or, where they are many, those of one place that
-- are near each other as one step. Where no run names its cause, depth is the number of the turn.
WITH
runs AS (
    SELECT
        run.*,
        cause.execution_id AS told_by,
        count(*) OVER () AS total,
        count(cause.execution_id) OVER () > 0 AS is_told
    FROM figure_chain AS run
    LEFT JOIN figure_chain AS cause
        ON run.cause_id = cause.execution_id AND run.finding_id = cause.finding_id
    WHERE run.finding_id = $finding
),

deep AS (
    SELECT
        * EXCLUDE (depth),
        CASE
            WHEN is_told THEN coalesce(depth, 0) - min(coalesce(depth, 0)) OVER ()
            ELSE row_number() OVER (ORDER BY "at", execution_id) - 1
        END AS depth
    FROM runs
),

placed AS (
    SELECT
        *,
        (epoch_us("at") - min(epoch_us("at")) OVER ()) * $steps
        // greatest(max(epoch_us("at")) OVER () - min(epoch_us("at")) OVER (), $steps) AS step,
        depth * $levels // greatest(max(depth) OVER (), $levels) AS level,
        CASE WHEN total <= $most THEN execution_id END AS alone
    FROM deep
)

SELECT
    placed.place,
    min(placed."at") AS "at",
    min(placed.depth) AS depth,
    max(placed.depth) AS deepest,
    count(*) AS runs,
    count(*) FILTER (WHERE placed.is_excess) AS excess,
    min(cause."at") AS cause_at,
    min(cause.depth) AS cause_depth
FROM placed
LEFT JOIN placed AS cause ON placed.told_by = cause.execution_id AND placed.alone IS NOT NULL
GROUP BY placed.place, placed.alone, placed.step, placed.level
ORDER BY "at", depth, placed.place
