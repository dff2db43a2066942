-- How often a place of a chain set off another; where no run names its cause, how often it was followed.
WITH
runs AS (FROM figure_chain WHERE finding_id = $finding),

caused AS (
    SELECT
        cause.place AS cause,
        run.place AS effect
    FROM runs AS run
    INNER JOIN runs AS cause ON run.cause_id = cause.execution_id
),

followed AS (
    SELECT
        lag(place) OVER (ORDER BY "at", execution_id) AS cause,
        place AS effect
    FROM runs
    WHERE "at" IS NOT NULL AND NOT EXISTS (FROM caused)
)

SELECT
    cause,
    effect,
    count(*) AS runs,
    TRUE AS is_told
FROM caused
GROUP BY cause, effect
UNION ALL
SELECT
    cause,
    effect,
    count(*),
    FALSE
FROM followed
WHERE cause IS NOT NULL
GROUP BY cause, effect
ORDER BY runs DESC, cause, effect
