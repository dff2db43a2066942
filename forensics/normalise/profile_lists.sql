-- Where records may stand in documents: one row a place, which is a document itself (empty) or the
-- elements of a list, with how many documents hold objects there and how many have a time there.
WITH nodes AS (
    SELECT
        d.document_number,
        regexp_replace(tree.fullkey, '\[[0-9]+\]', '[]', 'g') AS place,
        tree.type,
        tree.key,
        tree.value ->> '$' AS value
    FROM (
        SELECT row_number() OVER () AS document_number, document FROM documents
        WHERE json_valid(document) AND length(document) < $longest
    ) AS d, json_tree(d.document) AS tree
),

placed AS (
    SELECT
        *,
        regexp_extract(place, '^(?:.*\[\])?') AS list,
        type = 'OBJECT' AND (place = '$' OR place LIKE '%[]') AS is_record,
        regexp_matches(value, '^[12][0-9]{3}-[01][0-9]-[0-3][0-9]([T ]|$)')
        OR regexp_matches(value, '^[0-3][0-9]/[A-Z][a-z]{2}/[12][0-9]{3}:')
        OR (
            regexp_matches(value, '^1[0-9]{9}([0-9]{3}){0,3}([.][0-9]+)?$')
            AND regexp_matches(key, '(?i)time|date|stamp|created|started|^ts|_ts$|_at$|At$|msec')
        ) AS is_time
    FROM nodes
)

SELECT
    ltrim(substr(list, 2), '.') AS list,
    count(*) FILTER (is_record) AS records,
    count(DISTINCT document_number) FILTER (is_time) AS documents_with_time
FROM placed
GROUP BY list
HAVING records > 0
ORDER BY list
