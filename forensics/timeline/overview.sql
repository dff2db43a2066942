-- Marks of the overview: lines of a finding (or of a detector, where there are too many) that one
-- system wrote within one step of time are one mark.
WITH
lines AS (
    SELECT
        *,
        (epoch_us("at") - min(epoch_us("at")) OVER ()) * $steps
        // greatest(max(epoch_us("at")) OVER () - min(epoch_us("at")) OVER (), $steps) AS step,
        count(DISTINCT clock) OVER () AS clocks
    FROM figure_lines
    SEMI JOIN (SELECT unnest($findings::VARCHAR []) AS finding_id) USING (finding_id)
    WHERE "at" IS NOT NULL
)

SELECT
    detector,
    min(finding_id) AS finding_id,
    count(DISTINCT finding_id) AS findings,
    lane,
    min("at") AS "at",
    max(coalesce(ended_at, "at")) AS ended_at,
    max(CASE WHEN clocks > 1 THEN error_us ELSE resolution_us END) AS error_us,
    count(*) AS lines,
    count(*) FILTER (WHERE "role" = 'duplicate') AS excess,
    arg_min("action", ("at", event_id)) AS "action",
    arg_min(outcome, ("at", event_id)) AS outcome,
    arg_min("role", ("at", event_id)) AS "role"
FROM lines
GROUP BY detector, CASE WHEN $apart THEN finding_id END, lane, step
ORDER BY "at", finding_id, lane
