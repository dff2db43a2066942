CREATE OR REPLACE TEMP TABLE proposed (
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
