-- What mappings may call beside DuckDB's own functions. Every one gives NULL for NULL.

-- A signed 64-bit hash that is the same in every version and engine: 63 bits of MD5.
CREATE OR REPLACE MACRO hash64(value) AS (md5_number_lower(value) >> 1)::BIGINT;

CREATE OR REPLACE MACRO epoch_seconds(value) AS
    make_timestamp((try_cast(value AS DECIMAL(38, 6)) * 1000000)::BIGINT) AT TIME ZONE 'UTC';
CREATE OR REPLACE MACRO epoch_milliseconds(value) AS
    make_timestamp((try_cast(value AS DECIMAL(38, 6)) * 1000)::BIGINT) AT TIME ZONE 'UTC';
CREATE OR REPLACE MACRO epoch_microseconds(value) AS
    make_timestamp(try_cast(value AS BIGINT)) AT TIME ZONE 'UTC';
CREATE OR REPLACE MACRO epoch_nanoseconds(value) AS
    make_timestamp(try_cast(value AS BIGINT) // 1000) AT TIME ZONE 'UTC';

-- ISO 8601; a time without a zone is read in the zone of `--timezone`.
CREATE OR REPLACE MACRO iso_time(value) AS
    CASE
        WHEN regexp_matches(value, '(?i)(z|[+-]\d{2}(:?\d{2})?)$') AND length(value) > 10
            THEN try_cast(value AS TIMESTAMPTZ)
        ELSE try_cast(value AS TIMESTAMP) AT TIME ZONE getvariable('naive_zone')
    END;

-- Amounts in minor units (cents) to major units; currencies without or with three decimals differ.
-- https://docs.stripe.com/currencies
CREATE OR REPLACE MACRO minor_units(value, currency) AS
    (try_cast(value AS DECIMAL(38, 4)) / CASE
        WHEN upper(currency) IN ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG',
            'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 1
        WHEN upper(currency) IN ('BHD', 'JOD', 'KWD', 'OMR', 'TND') THEN 1000
        ELSE 100
    END)::DECIMAL(18, 4);
