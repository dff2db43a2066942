-- The dependencies that may be part of a circle, of each two transactions one a kind, with the reason why
-- it was nothing to them.
CREATE OR REPLACE TABLE ties AS
WITH removed AS (
    SELECT record FROM accesses WHERE removes AND committed
),
-- A version that was read before it was made had been made before: hashes of content come again.
repeated AS (
    SELECT w.record
    FROM accesses AS w
    INNER JOIN accesses AS r ON w.record = r.record AND w.written_token = r.read_token
    WHERE w.committed AND w.record IN (SELECT record FROM tangles) AND surely_before(r, w)
)

SELECT
    t.*,
    record_name(e.entity_type, e.entity_id) AS name,
    coalesce(
        CASE WHEN t.kind = 'wr' THEN no_concern(l, e) ELSE no_concern(e, l) END,
        CASE
            WHEN t.kind = 'rw' AND e.source_id = l.source_id AND e.before_hash = l.after_hash THEN 'same_value'
            WHEN e.commutative AND l.commutative THEN 'commutative'
            WHEN t.record IN (FROM removed) OR t.record IN (FROM repeated) THEN 'recreated'
        END
    ) AS excuse
FROM tangles AS t
INNER JOIN accesses AS e ON t.earlier_event = e.event_id
INNER JOIN accesses AS l ON t.later_event = l.event_id
WHERE counted_together(e, l)
    -- Two writers of one version: whose it was, nobody knows.
    AND (t.kind = 'rw' OR NOT EXISTS (
        FROM accesses AS o
        WHERE o.record = e.record AND o.written_token = e.written_token AND o.txn <> e.txn AND NOT o.refused
    ))
QUALIFY row_number() OVER (
    PARTITION BY t.earlier, t.later, t.kind ORDER BY excuse NULLS FIRST, name, t.earlier_event, t.later_event
) = 1;
