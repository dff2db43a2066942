-- Records and keys on which an execution acted after it had looked at them, and everything that the
-- log shows of each: the looks and acts of those executions, and the changes by anybody.
--
--     subject    the record, the key that was searched for, or the key that was written
--     is_look    a read or search
--     is_check   a look that locked nothing
--     is_change  a committed write
--     is_act     a write or effect that held whatever had changed; a write whose versions are known
--                is none: they say better than the order of rows what it was built on
CREATE OR REPLACE TABLE concerns AS
WITH about AS (
    SELECT
        d.event_id,
        d.execution,
        d.subject,
        d.is_read AS is_look,
        d.is_read AND NOT d.guarded AS is_check,
        d.is_write AS is_change,
        NOT d.is_read
        AND NOT d.guarded
        AND (NOT d.is_write OR (d.read_token IS NULL AND (m.number IS NULL OR d.written_number IS NULL)))
            AS is_act
    FROM mentions_of('accesses') AS d
    LEFT JOIN memories AS m USING (event_id)
    WHERE d.committed
),
actors AS (
    SELECT DISTINCT subject, execution
    FROM about
    SEMI JOIN (SELECT subject, execution FROM about WHERE is_check) USING (subject, execution)
    WHERE is_act
)

SELECT DISTINCT ON (event_id, subject) *
FROM about
WHERE (subject, execution) IN (SELECT (subject, execution) FROM actors)
    OR (is_change AND subject IN (SELECT subject FROM actors));
