-- Records and keys on which an execution acted after it had looked at them, and everything that the
-- log shows of each: the looks and acts of those executions, and the changes by anybody.
--
--     subject    the record, the key that was searched for, or the key that was written
--     is_check   a look that locked nothing
--     is_change  a committed write
--     is_act     a write or effect that held whatever had changed; a write whose versions are known
--                is none: they say better than the order of rows what it was built on
CREATE OR REPLACE TEMP TABLE concerns AS
WITH deeds AS (
    SELECT
        a.rowid AS access,
        a.execution,
        a.record,
        a.predicate_id,
        CASE WHEN NOT a.is_read THEN a.natural_id END AS natural_id,
        CASE WHEN NOT a.is_read AND NOT a.is_write THEN a.related_ids END AS related_ids,
        a.is_read AND NOT a.guarded AS is_check,
        a.is_write AS is_change,
        NOT a.is_read
        AND NOT a.guarded
        AND (NOT a.is_write OR (a.read_token IS NULL AND (m.number IS NULL OR a.written_number IS NULL)))
            AS is_act
    FROM accesses AS a
    LEFT JOIN memories AS m ON a.rowid = m.access
    WHERE a.committed
),
about AS (
    SELECT access, execution, record AS subject, is_check, is_change, is_act FROM deeds
    UNION ALL
    SELECT access, execution, predicate_id AS subject, is_check, is_change, is_act FROM deeds
    UNION ALL
    SELECT access, execution, natural_id AS subject, is_check, is_change, is_act FROM deeds
    UNION ALL
    SELECT access, execution, unnest(related_ids) AS subject, is_check, is_change, is_act
    FROM deeds
    WHERE related_ids IS NOT NULL
),
actors AS (
    SELECT DISTINCT subject, execution
    FROM about
    SEMI JOIN (SELECT subject, execution FROM about WHERE is_check) USING (subject, execution)
    WHERE is_act
)

SELECT DISTINCT ON (access, subject) *
FROM about
WHERE (subject, execution) IN (SELECT (subject, execution) FROM actors)
    OR (is_change AND subject IN (SELECT subject FROM actors));
