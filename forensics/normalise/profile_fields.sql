-- One row a field of the sampled records: how often it is filled, what its values look like.
-- Nothing here depends on the order of the records or of the names in them.
WITH read AS (
    SELECT
        *,
        bare_sum(left(value, 40)) AS sum,
        regexp_extract(
            value, '^([0-9]{1,2})([./-])([0-9]{1,2})[./-][12][0-9]{3}([, T]+[0-9:.]+([\s\x{202f}]?[AaPp][Mm])?)?$',
            ['one', 'sign', 'two']
        ) AS day
    FROM leaves
),

-- Which number is the day shows where one is above twelve; with dots it is the first.
dates AS (
    SELECT
        path,
        max(day.one::INTEGER) > 12 OR bool_and(day.sign = '.') AS is_day_first,
        max(day.two::INTEGER) > 12 AS is_month_first
    FROM read
    WHERE day.sign <> ''
    GROUP BY path
),

known AS (
    SELECT
        *,
        CASE
            WHEN kind IN ('object', 'array') THEN kind
            WHEN value IN ('true', 'false', 'True', 'False') THEN 'boolean'
            WHEN regexp_full_match(value, '(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}') THEN 'uuid'
            WHEN regexp_full_match(
                value, '(?i)[12][0-9]{3}-[01][0-9]-[0-3][0-9][T ][0-9:.,]+ ?(z|utc|[+-][0-9]{2}:?([0-9]{2})?)'
            ) THEN 'iso_zoned'
            WHEN regexp_full_match(value, '[12][0-9]{3}[-/][01][0-9][-/][0-3][0-9]([T ][0-9:.,]+)?') THEN 'iso_naive'
            WHEN regexp_full_match(value, '[0-3][0-9]/[A-Z][a-z]{2}/[12][0-9]{3}(:[0-9]{2}){3} [+-][0-9]{4}')
                THEN 'access_log'
            WHEN day.sign <> '' THEN CASE
                WHEN is_day_first AND NOT is_month_first THEN 'day_first'
                WHEN is_month_first AND NOT is_day_first THEN 'month_first'
                ELSE 'day_or_month_first'
            END
            WHEN regexp_full_match(value, '-?[0-9]{1,18}') THEN 'integer'
            WHEN regexp_full_match(value, '-?[0-9]*[.]?[0-9]+([eE][+-]?[0-9]+)?') THEN 'decimal'
            -- Three digits after a comma may be thousands.
            WHEN regexp_full_match(value, '-?[0-9]{1,3},[0-9]{3}') THEN 'thousands'
            WHEN regexp_full_match(sum, '-?([0-9]{1,3}([. ][0-9]{3})+|[0-9]+),[0-9]{1,2}') THEN 'decimal_comma'
            WHEN
                regexp_full_match(sum, '-?[0-9]{1,3}(,[0-9]{3})+[.][0-9]+|-?[0-9]{1,3}(,[0-9]{3}){2,}')
                OR (sum <> sign_before(value) AND regexp_full_match(sum, '-?([0-9]+([.][0-9]{1,2})?|[.][0-9]{1,2})'))
                THEN 'decimal_point'
            WHEN regexp_full_match(value, '(?i)[a-z][a-z0-9+.-]*://\S+') OR regexp_full_match(value, '/\S*')
                THEN 'url'
            WHEN regexp_full_match(value, '[^@\s]+@[^@\s]+[.][^@\s]+') THEN 'email'
            WHEN regexp_full_match(value, '[\w.:@#/+-]{1,80}') THEN 'word'
            ELSE 'text'
        END AS shape
    FROM read
    LEFT JOIN dates USING (path)
),

shaped AS (
    SELECT path, list({'shape': shape, 'n': n} ORDER BY n DESC, shape ASC) AS shapes
    FROM (
        SELECT path, shape, count(*) AS n FROM known
        GROUP BY ALL
    )
    GROUP BY path
),

counted AS (
    SELECT
        path,
        max(n) AS most_repeated,
        list({'value': value, 'n': n} ORDER BY n DESC, value ASC)[:100] AS frequent
    FROM (
        SELECT path, left(value, 200) AS value, count(*) AS n FROM leaves
        GROUP BY ALL
    )
    GROUP BY path
),

measured AS (
    SELECT
        path,
        count(DISTINCT record) AS filled,
        count(DISTINCT value) AS distinct_values,
        min(try_cast(value AS DOUBLE)) FILTER (shape IN ('integer', 'decimal')) AS low,
        max(try_cast(value AS DOUBLE)) FILTER (shape IN ('integer', 'decimal')) AS high,
        max(length(regexp_extract(value, '(?:^[0-9]{9,}|:[0-9]{2})[.,]([0-9]+)', 1))) AS fraction_digits,
        -- The name goes with the value, so that what names itself a secret is masked.
        mask('{"' || regexp_extract(path, '([^."]+)"?$', 1) || '":' || min(to_json(left(value, 40))) || '}')
            AS example
    FROM known
    GROUP BY path
)

SELECT * FROM measured
INNER JOIN counted USING (path)
INNER JOIN shaped USING (path)
ORDER BY path
