-- The runs whose lines the overview marks, those with the most of them first, and how many there are.
SELECT
    runs.*,
    count(*) OVER () AS runs
FROM figure_runs AS runs
INNER JOIN (
    SELECT execution_id, count(*) AS lines
    FROM figure_lines
    SEMI JOIN (SELECT unnest($findings::VARCHAR []) AS finding_id) USING (finding_id)
    WHERE execution_id <> event_id
    GROUP BY execution_id
) AS counted USING (execution_id)
WHERE runs.first_at IS NOT NULL
ORDER BY counted.lines DESC, runs.first_at, runs.execution_id
LIMIT $most
