-- Every filled field of every sampled record, of the paths that were asked for.
CREATE OR REPLACE TEMP TABLE leaves AS
WITH taken AS (
    SELECT record, unnest($names) AS path, unnest(json_extract(body, $paths)) AS found FROM sampled
)

SELECT
    record,
    path,
    lower(json_type(found)) AS kind,
    left(found ->> '$', $longest) AS value
FROM taken
WHERE nullif(found ->> '$', '') IS NOT NULL
