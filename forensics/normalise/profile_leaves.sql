-- Every filled field of every sampled record; what stands inside lists counts as the list's.
-- Names that no placeholder of a mapping can hold are left out.
CREATE OR REPLACE TEMP TABLE leaves AS
SELECT
    sampled.record,
    substr(tree.fullkey, 3) AS path,
    lower(tree.type) AS kind,
    tree.value ->> '$' AS value
FROM sampled, json_tree(sampled.body) AS tree
WHERE
    tree.fullkey <> '$'
    AND tree.type <> 'NULL'
    AND nullif(tree.value ->> '$', '') IS NOT NULL
    AND NOT contains(regexp_replace(tree.fullkey, '"[^"]*"', '', 'g'), '[')
    AND regexp_full_match(substr(tree.fullkey, 3), '[^{}:''\d\\\x00-\x1f\x7f][^{}:''\\\x00-\x1f\x7f]{0,200}')
