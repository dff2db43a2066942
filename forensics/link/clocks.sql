-- The clocks of the log. Until something is known of two clocks, each is off by the default error.
--
--     clock          clock_of(clock, system, source)
--     offset_us      what to take off its stamps to get the reference clock's time
--     error_us       how far off they may still be then; against other clocks only
--     reference      the clock that its offset is relative to; itself when nothing ties it to others
--     resolution_us  nothing below it is ordered by this clock
--     pairs          causes and effects that the estimate rests on
CREATE OR REPLACE TEMP TABLE clocks AS
SELECT
    coalesce(clock, system, source) AS clock,
    0::BIGINT AS offset_us,
    500000::BIGINT AS error_us,
    coalesce(clock, system, source) AS reference,
    greatest(coalesce(max(clock_resolution_us), 1), 1)::BIGINT AS resolution_us,
    0::BIGINT AS pairs
FROM events
GROUP BY 1;
