-- The clocks of the log, as they are before anything is known of how they differ.
--
--     clock          clock_of(clock, system, source)
--     offset_us      what to take off its stamps to get the reference clock's time
--     error_us       how far off they may still be then; against other clocks only
--     reference      the clock that its offset is relative to; itself when nothing ties it to others
--     resolution_us  nothing below it is ordered by this clock; at most from year 1 to 9999
--     pairs          causes and effects that the estimate rests on
CREATE OR REPLACE TABLE clocks AS
SELECT
    coalesce("clock", "system", source) AS "clock",
    0::BIGINT AS offset_us,
    500000::BIGINT AS error_us,
    coalesce("clock", "system", source) AS reference,
    least(greatest(coalesce(max(clock_resolution_us), 1), 1), 315537897600000000)::BIGINT AS resolution_us,
    0::BIGINT AS pairs
FROM events
GROUP BY 1;

-- The shortest time from a cause by one clock to its effect by another: never more than the true
-- delay plus how far the second is ahead. A negative one proves that it is behind.
CREATE OR REPLACE TABLE clock_delays AS
SELECT
    cause.clock AS cause_clock,
    effect.clock AS effect_clock,
    min(epoch_us(effect.occurred_at) - epoch_us(cause.occurred_at)) AS delay_us,
    count(*) AS pairs
FROM linked_executions AS effect
INNER JOIN linked_executions AS cause ON effect.cause_id = cause.execution_id
WHERE
    effect.clock <> cause.clock AND cause.begins
    AND effect.occurred_at IS NOT NULL AND cause.occurred_at IS NOT NULL
GROUP BY cause.clock, effect.clock;
