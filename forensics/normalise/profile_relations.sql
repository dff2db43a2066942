-- How two fields that hold names of things go together: how many of the first one's values are
-- also the second one's, in how many records both are filled, and in how many they are equal.
WITH named AS (
    SELECT path, record, value FROM leaves
    WHERE list_contains($paths, path)
),

different AS (SELECT DISTINCT path, value FROM named),

shared AS (
    SELECT a.path AS first, b.path AS second, count(*) AS shared_values
    FROM different AS a INNER JOIN different AS b ON a.value = b.value AND a.path <> b.path
    GROUP BY ALL
),

beside AS (
    SELECT
        a.path AS first, b.path AS second, count(*) AS together,
        count(*) FILTER (a.value = b.value) AS equal
    FROM named AS a INNER JOIN named AS b ON a.record = b.record AND a.path <> b.path
    GROUP BY ALL
)

SELECT
    first, second, coalesce(shared_values, 0) AS shared_values,
    coalesce(together, 0) AS together, coalesce(equal, 0) AS equal
FROM shared FULL JOIN beside USING (first, second)
ORDER BY first, second
