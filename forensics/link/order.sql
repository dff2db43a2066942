-- Which of two events came first, as far as the log can tell.
--
-- Every comparison of two events goes through these macros:
--
--     coalesce(
--         order_in_log(a.source, a.source_stream, a.source_seq, b.source, b.source_stream, b.source_seq),
--         order_of(a.occurred_at, ca, b.occurred_at, cb)
--     )
--
-- where `ca` and `cb` are rows of `clocks`, joined on `clock_of(clock, system, source)` and passed
-- whole. The answer is about `a`: it came `before` or `after` `b`; `possible` says that either may
-- have been first. A time that is null orders nothing.

-- The clock domain of an event: the key of `clocks`.
CREATE OR REPLACE MACRO clock_of("clock", "system", source) AS coalesce("clock", "system", source);

-- A time as the reference clock would have stamped it.
CREATE OR REPLACE MACRO true_time("at", clock_row) AS "at" - to_microseconds(clock_row.offset_us);

-- How far apart, in microseconds, two stamps must be before they order anything: within one clock
-- its resolution; between two the error of both, and at least a second when nothing ties them.
CREATE OR REPLACE MACRO order_error_us(a_clock, b_clock) AS
CASE
    WHEN a_clock.clock = b_clock.clock THEN a_clock.resolution_us
    WHEN a_clock.reference = b_clock.reference THEN a_clock.error_us + b_clock.error_us + 1
    ELSE greatest(a_clock.error_us + b_clock.error_us, 1000000) + 1
END;

-- Order by the clocks: 'before', 'after' or 'possible'; never null.
CREATE OR REPLACE MACRO order_of(a_at, a_clock, b_at, b_clock) AS
CASE
    WHEN epoch_us(true_time(b_at, b_clock)) - epoch_us(true_time(a_at, a_clock)) >= order_error_us(a_clock, b_clock)
        THEN 'before'
    WHEN epoch_us(true_time(a_at, a_clock)) - epoch_us(true_time(b_at, b_clock)) >= order_error_us(a_clock, b_clock)
        THEN 'after'
    ELSE 'possible'
END;

-- Order by the log's own sequence: 'before', 'after', or null where no such order is known.
CREATE OR REPLACE MACRO order_in_log(a_source, a_stream, a_seq, b_source, b_stream, b_seq) AS
CASE
    WHEN a_source IS DISTINCT FROM b_source OR a_stream IS DISTINCT FROM b_stream THEN NULL
    WHEN a_seq < b_seq THEN 'before'
    WHEN a_seq > b_seq THEN 'after'
END;

-- Order of two `stamp`s, as `effects` gives them.
CREATE OR REPLACE MACRO order_of_stamps(a, b) AS
coalesce(
    order_in_log(a.source, a.stream, a.seq, b.source, b.stream, b.seq),
    order_of(a.at, a.clock, b.at, b.clock)
);
