-- Offset and error of every clock against the others, in microseconds.
CREATE OR REPLACE TEMP TABLE clocks AS
SELECT
    coalesce(clock, system, source) AS clock,
    0::BIGINT AS offset_us,
    coalesce(max(clock_resolution_us), 1)::BIGINT AS error_us
FROM events
GROUP BY ALL;
