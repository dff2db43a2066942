-- What a storm did in each interval: first tries that had to be repeated, retries, and the calls of the
-- same edge that got through. A quarter of its length is shown before it and after it.
WITH
tries AS (
    SELECT epoch_us("at") AS at_us, "role"
    FROM figure_lines
    WHERE finding_id = $finding AND "role" IN ('cause', 'original', 'duplicate')
),

span AS (
    SELECT
        min(at_us) AS first_us,
        max(at_us) AS last_us,
        list_min(list_filter($widths_us::BIGINT [], lambda w: (last_us - first_us) // w < $most)) AS width_us,
        count(*) FILTER (WHERE at_us IS NULL) AS untimed
    FROM tries
),

-- Number of the first and last interval, counted from the epoch.
shown AS (
    SELECT
        width_us,
        untimed,
        (first_us - (last_us - first_us) // 4) // width_us - 1 AS first_no,
        (last_us + (last_us - first_us) // 4) // width_us + 1 AS last_no
    FROM span
    WHERE first_us IS NOT NULL
),

tried AS (
    SELECT
        at_us // width_us AS number,
        count(*) FILTER (WHERE "role" <> 'duplicate') AS firsts,
        count(*) FILTER (WHERE "role" = 'duplicate') AS retries
    FROM tries
    CROSS JOIN shown
    WHERE at_us IS NOT NULL
    GROUP BY number
),

answered AS (
    SELECT
        epoch_us("at") // width_us AS number,
        count(*) AS answered
    FROM figure_answers
    CROSS JOIN shown
    WHERE finding_id = $finding
    GROUP BY number
),

intervals AS (
    SELECT
        width_us,
        untimed,
        unnest(range(first_no, last_no + 1)) AS number
    FROM shown
)

SELECT
    make_timestamptz(number * width_us) AS "at",
    width_us,
    untimed,
    coalesce(firsts, 0) AS firsts,
    coalesce(retries, 0) AS retries,
    CASE
        WHEN EXISTS (SELECT 1 FROM figure_edges WHERE finding_id = $finding) THEN coalesce(answered, 0)
    END AS answered
FROM intervals
LEFT JOIN tried USING (number)
LEFT JOIN answered USING (number)
ORDER BY number
