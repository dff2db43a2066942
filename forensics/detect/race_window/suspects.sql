-- The sieve: records and keys of which a pattern could find something. Where writers read first and
-- count versions they are few, and the rest is not looked at again. Each condition asks less than
-- its pattern does, so that the findings are the same as without it.
CREATE OR REPLACE TABLE suspects AS
WITH written AS NOT MATERIALIZED (
    FROM sightings WHERE is_write
),
-- `version_fork`, `lost_update`: several transactions made one version.
forked AS (
    SELECT record AS subject
    FROM written
    GROUP BY record, written_token
    HAVING min(txn) <> max(txn)
),
-- `lost_update`, `stale_write`, `overlapping_writes`, `fencing_violation`: several transactions wrote, and one
-- of them did not replace the version before its own, or took its time, or they came with several tokens.
rivals AS (
    SELECT record AS subject
    FROM written
    GROUP BY record
    HAVING min(txn) <> max(txn)
        AND (
            bool_or(coalesce(written_number - read_number <> 1, TRUE) OR coalesce(settled > began, FALSE))
            OR min(fence) <> max(fence)
        )
),
-- `out_of_order`: one applier did not end on the newest version.
regressed AS (
    SELECT record AS subject
    FROM written
    WHERE written_number IS NOT NULL AND (committed OR refused) AND NOT "again"
        AND hash(record, store, applier) IN (
            SELECT hash(record, store, applier) AS line FROM written GROUP BY line HAVING count(*) > 1
        )
    GROUP BY record, store, applier
    HAVING ends_older(seq, written_number) OR ends_older(began, written_number)
),
-- `twin_create`: one key was created again.
created_again AS (
    SELECT natural_id AS subject
    FROM sightings
    WHERE creates
    GROUP BY natural_id
    HAVING count(*) > 1
),
-- `check_then_act`: an execution acted on what it had looked at, and others were there.
acted_on AS (
    SELECT subject
    FROM mentions_of('sightings')
    WHERE committed AND NOT is_read AND NOT guarded AND (NOT is_write OR read_token IS NULL)
        AND (subject, execution) IN (
            SELECT (subject, execution) FROM mentions_of('sightings') WHERE committed AND is_read AND NOT guarded
        )
),
overtaken AS (
    SELECT subject
    FROM mentions_of('sightings')
    WHERE committed AND subject IN (FROM acted_on)
    GROUP BY subject
    HAVING min(execution) <> max(execution) AND bool_or(is_write)
),
-- `dirty_read`: a version that a transaction took back, or replaced itself, was seen by another.
unsettled AS (
    SELECT record, written_token, txn
    FROM written
    WHERE refused
    UNION
    SELECT w.record, w.written_token, w.txn
    FROM written AS w
    SEMI JOIN (
        SELECT record, txn
        FROM written
        WHERE unit IS NOT NULL
        GROUP BY record, txn
        HAVING min(written_token) <> max(written_token)
    ) USING (record, txn)
),
seen_unsettled AS (
    SELECT s.record AS subject
    FROM sightings AS s
    INNER JOIN unsettled AS u ON s.record = u.record AND s.read_token = u.written_token
    WHERE s.txn <> u.txn
)

SELECT subject FROM forked
UNION
SELECT subject FROM rivals
UNION
SELECT subject FROM regressed
UNION
SELECT subject FROM created_again
UNION
SELECT subject FROM overtaken
UNION
SELECT subject FROM seen_unsettled
UNION
-- `write_skew`, `read_skew`, `dependency_cycle`: what `crossings` has found.
SELECT record AS subject FROM crossed
UNION
SELECT record AS subject FROM half_seen
UNION
SELECT record AS subject FROM tangles;

-- With a key come the records that were read or written under it, and all that is known of them.
INSERT INTO suspects
SELECT DISTINCT record
FROM mentions_of('sightings')
WHERE subject <> record AND subject IN (FROM suspects);
