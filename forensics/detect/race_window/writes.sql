-- Every write, with the state of the record that it was built on.
--
--     base        the version it names; else the version, the place in the serial log or the value
--                 that its transaction (else its execution) last saw of the record before
--     base_kind   `version`, `order`, `value`; null when nothing tells: a blind write
--     base_number the version as an integer, where it is one
--     read_event  the read that the base was taken from; null when the write names it itself
--     own_base    the base is what it had written itself before: that it did not look again is not told
--     held        conditional, or built on a read that locked the record

-- What transactions and executions saw of the records that they wrote to without naming a version.
CREATE OR REPLACE TABLE memories AS
WITH telling AS (
    SELECT record FROM accesses WHERE is_read AND committed AND record IS NOT NULL
    INTERSECT
    SELECT record FROM accesses WHERE is_write AND read_token IS NULL
),
history AS (
    SELECT
        a.rowid AS access,
        a.event_id,
        a.record,
        a.txn,
        a.execution,
        a.source_id,
        a.stream,
        a.seq,
        a.began,
        a.is_write,
        a.is_write AND a.read_token IS NULL AS asks,
        a.written_token AS made,
        a.written_number AS made_number,
        CASE WHEN a.is_read THEN a.read_number END AS seen_number,
        a.committed,
        CASE WHEN a.is_write THEN a.written_token IS NOT NULL ELSE TRUE END AND a.committed AS shows
    FROM accesses AS a
    SEMI JOIN telling USING (record)
    WHERE (a.stream IS NOT NULL OR a.began IS NOT NULL) AND (a.is_read OR a.is_write)
),
-- By transaction and by execution, which are often the same.
threads AS (
    SELECT *, txn AS thread FROM history
    UNION ALL
    SELECT *, execution AS thread FROM history WHERE execution <> txn
),
-- Its own write is what a transaction sees from then on; but what another log tells of may be the very
-- write in question. Of reads with one stamp, the one that saw the newest version is the last.
remembered AS (
    SELECT
        event_id,
        asks,
        made,
        made_number,
        thread = txn AS by_transaction,
        coalesce(
            last_value(CASE WHEN shows THEN access END IGNORE NULLS) OVER (
                PARTITION BY record, thread, source_id
                ORDER BY began NULLS FIRST, seq NULLS FIRST, is_write, seen_number NULLS FIRST, event_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            last_value(CASE WHEN shows AND NOT is_write THEN access END IGNORE NULLS) OVER (
                PARTITION BY record, thread
                ORDER BY began NULLS FIRST, seq NULLS FIRST, is_write, seen_number NULLS FIRST, event_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
        ) AS sight
    FROM threads
    QUALIFY asks
),
-- How many writes a serial log had taken when each read came: a version without a column.
states AS (
    SELECT
        access,
        hash(stream, count(*) FILTER (WHERE is_write AND committed) OVER (
            PARTITION BY record, stream ORDER BY seq, event_id
        )) AS state
    FROM history
    WHERE stream IS NOT NULL
)

SELECT
    m.event_id,
    coalesce(
        CASE WHEN s.is_write THEN s.written_token ELSE s.read_token END, n.state, s.seen_token
    ) AS token,
    CASE
        WHEN s.is_write OR s.read_token IS NOT NULL THEN 'version'
        WHEN n.state IS NOT NULL THEN 'order'
        WHEN s.seen_token IS NOT NULL THEN 'value'
    END AS kind,
    CASE WHEN s.is_write THEN s.written_number ELSE s.read_number END AS number,
    CASE WHEN NOT s.is_write THEN s.event_id END AS read_event,
    s.is_write AS own,
    s.guarded AND NOT s.is_write AS held
FROM (
    SELECT event_id, made, made_number, coalesce(max(sight) FILTER (WHERE by_transaction), max(sight)) AS sight
    FROM remembered
    GROUP BY event_id, made, made_number
) AS m
INNER JOIN accesses AS s ON m.sight = s.rowid
LEFT JOIN states AS n ON m.sight = n.access
-- What it made itself it saw afterwards, whatever the stamps say.
WHERE CASE
    WHEN s.is_write THEN coalesce(s.written_number < m.made_number, s.written_token <> m.made, TRUE)
    ELSE coalesce(s.read_number < m.made_number, s.read_token <> m.made, TRUE)
END;

CREATE OR REPLACE TABLE writes AS
SELECT
    a.event_id, a.record, a.txn, a.execution, a.source_id, a.teller, a.imaged, a.target, a.store,
    a.stream, a.seq, a.began, a.settled, a.clock_id, a.reference_id, a.error_us, a.resolution_us,
    a.applier, a.consumed, a."again", a.removes, a.committed, a.refused, a.guarded, a.read_token,
    a.written_token, a.written_number, a.made_token, a.predicate_id, a.natural_id,
    coalesce(a.read_token, m.token, a.seen_token) AS base,
    CASE
        WHEN a.read_token IS NOT NULL THEN 'version'
        WHEN m.kind IS NOT NULL THEN m.kind
        WHEN a.seen_token IS NOT NULL THEN 'value'
    END AS base_kind,
    coalesce(a.read_number, m.number) AS base_number,
    m.read_event,
    coalesce(a.read_token IS NULL AND m.own, FALSE) AS own_base,
    a.guarded OR coalesce(m.held, FALSE) AS held
FROM accesses AS a
LEFT JOIN memories AS m USING (event_id)
WHERE a.is_write;
