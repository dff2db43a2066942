-- Fields of two sources that hold equal values: one row a pair.
--
--     shared           values that both hold, up to the hash from which one of them is not known whole
--     left_values      how many the left one has up to there; likewise on the right
--     unique_share     share of the shared values that cannot be equal by chance
--     named_share      share of those that can not, or are a number behind a name
--     lag_spread_s     how far the times between the two first mentions of a value scatter
--     chance_spread_s  the same where each value is paired with another one's mention
--     same_words       the fields bear the same name
CREATE OR REPLACE TABLE name_pairs AS
WITH
-- What a field is called, without what only says that it is a name: `metadata.order_id` is `order`.
named AS (
    SELECT
        *,
        list_filter(
            regexp_split_to_array(
                lower(regexp_replace(
                    regexp_replace(field, '^entity_id:?|^.*\.', '', 'g'), '([a-z])([A-Z])', '\1_\2', 'g'
                )),
                '[^a-z]+'
            ),
            lambda word: word NOT IN (
                '', 'id', 'ids', 'uuid', 'no', 'nr', 'num', 'number', 'key', 'ref', 'reference', 'name',
                'effect', 'operation', 'delivery', 'natural', 'public', 'dbo'
            )
        ) AS words
    FROM name_fields
    WHERE may_name OR (source, field) IN (FROM declared_sides)
),

named_singular AS (
    SELECT * REPLACE (list_transform(words, lambda word: regexp_replace(word, 's$', '')) AS words)
    FROM named
),

candidates AS (
    SELECT v.*, n.known_up_to
    FROM name_values AS v
    INNER JOIN named_singular AS n USING (source, field)
),

matched AS (
    SELECT
        a.source AS left_source,
        a.field AS left_field,
        b.source AS right_source,
        b.field AS right_field,
        a.value,
        a.order_of_sample,
        a.is_unique,
        a.is_numbered,
        epoch(b.first_at) AS right_s,
        epoch(a.first_at) AS left_s
    FROM candidates AS a
    INNER JOIN candidates AS b ON a.value = b.value AND a.source < b.source
    WHERE a.order_of_sample <= least(a.known_up_to, b.known_up_to)
),

lagged AS (
    SELECT
        *,
        right_s - left_s AS lag_s,
        lead(right_s) OVER (
            PARTITION BY left_source, left_field, right_source, right_field ORDER BY order_of_sample, value
        ) - left_s AS chance_lag_s
    FROM matched
),

counted AS (
    SELECT
        left_source,
        left_field,
        right_source,
        right_field,
        count(*) AS shared,
        avg(is_unique::INTEGER) AS unique_share,
        avg((is_unique OR is_numbered)::INTEGER) AS named_share,
        count(lag_s) AS timed,
        mad(lag_s) AS lag_spread_s,
        mad(chance_lag_s) AS chance_spread_s,
        min(value, 3) AS examples
    FROM lagged
    GROUP BY left_source, left_field, right_source, right_field
    HAVING
        count(*) >= $shown
        OR (left_source, left_field, right_source, right_field) IN (FROM declared_pairs)
)

SELECT
    c.*,
    len(list_filter(a.hashes, lambda hash_of: hash_of <= least(a.known_up_to, b.known_up_to))) AS left_values,
    len(list_filter(b.hashes, lambda hash_of: hash_of <= least(a.known_up_to, b.known_up_to))) AS right_values,
    least(a.known_up_to, b.known_up_to) = 18446744073709551615::UBIGINT AS whole,
    a.many AS left_many,
    b.many AS right_many,
    len(a.words) > 0 AND a.words = b.words AS same_words
FROM counted AS c
INNER JOIN named_singular AS a ON c.left_source = a.source AND c.left_field = a.field
INNER JOIN named_singular AS b ON c.right_source = b.source AND c.right_field = b.field;
