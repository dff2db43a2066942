-- The lines of a race, in order of time, those of the window before those around it.
WITH
lines AS (
    SELECT
        *,
        count(*) OVER () AS lines,
        count(DISTINCT clock) OVER () AS clocks,
        row_number() OVER (ORDER BY "role" = 'context', "at", event_id) AS place
    FROM figure_lines
    WHERE finding_id = $finding AND "at" IS NOT NULL
)

SELECT
    event_id,
    party,
    coalesce(workflow, actor, lane) AS name,
    kind,
    phase,
    "action",
    outcome,
    "role",
    record,
    version_read,
    version_written,
    "at",
    ended_at,
    logged_at,
    CASE WHEN clocks > 1 THEN error_us ELSE resolution_us END AS error_us,
    lines
FROM lines
WHERE place <= $most
ORDER BY "at", event_id
