-- Marks of the overview: lines of a finding (or of a detector, where there are too many) that one
-- system wrote within one step of time are one mark. The rarest systems share a lane.
WITH
lines AS (
    SELECT *
    FROM figure_lines
    SEMI JOIN (SELECT unnest($findings::VARCHAR []) AS finding_id) USING (finding_id)
    WHERE "at" IS NOT NULL
),

bounds AS (
    SELECT
        epoch_us(min("at")) AS first_us,
        greatest(epoch_us(max("at")) - first_us, $steps) AS span_us,
        count(DISTINCT clock) > 1 AS clocks_differ
    FROM lines
),

lanes AS (
    SELECT lane
    FROM lines
    GROUP BY lane
    ORDER BY count(*) DESC, lane
    LIMIT $most_lanes
)

SELECT
    detector,
    min(finding_id) AS finding_id,
    count(DISTINCT finding_id) AS findings,
    coalesce(lanes.lane, $others) AS lane,
    min("at") AS "at",
    max(coalesce(ended_at, "at")) AS ended_at,
    max(CASE WHEN clocks_differ THEN error_us ELSE resolution_us END) AS error_us,
    count(*) AS lines,
    count(*) FILTER (WHERE "role" = 'duplicate') AS excess,
    min("role" || ': ' || "action" || ' ' || outcome) AS said
FROM lines
CROSS JOIN bounds
LEFT JOIN lanes ON lines.lane = lanes.lane
GROUP BY
    detector,
    CASE WHEN $apart THEN finding_id END,
    lanes.lane,
    (epoch_us("at") - first_us) * $steps // span_us
ORDER BY "at", finding_id, lane
