CREATE OR REPLACE TABLE proposed (
    detector VARCHAR,
    pattern VARCHAR,
    rank INTEGER,
    subject VARCHAR [],
    grade VARCHAR,
    suppressor VARCHAR,
    evidence STRUCT(event_id VARCHAR, "role" VARCHAR) [],
    excess BIGINT,
    facts VARCHAR
);

-- What has not happened yet but can.
CREATE OR REPLACE TABLE exposures (
    detector VARCHAR,
    pattern VARCHAR,
    subject VARCHAR [],
    weight DOUBLE,
    facts VARCHAR
);

-- What is declared of the systems: see `Declarations`.
CREATE OR REPLACE TABLE declared_fields (last_write_wins VARCHAR);
CREATE OR REPLACE TABLE declared_systems ("system" VARCHAR, last_write_wins BOOLEAN, isolation VARCHAR);
-- As `retry_policies` tells what is inferred; `callee` is NULL where it holds for all that are called.
CREATE OR REPLACE TABLE declared_retries (
    caller VARCHAR,
    callee VARCHAR,
    policy STRUCT(attempts BIGINT, first_pause_s DOUBLE, factor DOUBLE, longest_pause_s DOUBLE, spread DOUBLE)
);

-- The last moment that each log tells of, whatever it tells: what reaches it may still be going on.
CREATE OR REPLACE TABLE log_ends AS
SELECT source, max(occurred_at) AS ended_at
FROM events
GROUP BY source;

-- Repeats as even as a clock's: pauses that vary by less than a tenth of their mean; at least three say that they are.
CREATE OR REPLACE MACRO evenly_spaced(pause_s) AS
    coalesce(stddev_pop(pause_s) < 0.1 * avg(pause_s), FALSE);

CREATE OR REPLACE MACRO regular(pause_s) AS
    count(pause_s) >= 3 AND evenly_spaced(pause_s);
