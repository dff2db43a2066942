-- Every read and write of a record that the log shows, and every effect of an execution on what it
-- had read; one row each, with what `suspects` asks of it. `state` rows say how a record stood, not
-- that somebody read or wrote it, and are no access.
--
-- Names are hashed (within one run only; what is found is told by name), and time is one number,
-- so that millions of rows are sorted and grouped as integers.
--
--     record          scope, type and id of the record; null when it has no id
--     txn             the transaction, else the execution: what reads and writes together; within a
--                     record, an id that two logs tell of is one transaction
--     unit            the transaction across records; null outside of one
--     store           where the record is kept, as far as known
--     stream, seq     a serial log and the place in it; null where the log orders nothing
--     began, settled  microseconds by the reference clock; null without times
--     applier         who applies versions it was sent, one after the other
--     again           part of a replay or backfill
--     committed       took effect for certain
--     refused         a guard or the database took it back
--     guarded         held only if what had been read was still true
--     fence           the fencing token that came with it, where it is a number
--     *_id (others)   what a search was for, and the business key of what was written
--     *_token         a version or a value as a hash; *_number: as an integer, where it is one

CREATE OR REPLACE TABLE hashed_clocks AS
SELECT *, sure_hash(clock) AS clock_id, sure_hash(reference) AS reference_id FROM clocks;

-- What executions looked at, and that they looked at all: effects that write nothing count only where their
-- execution had looked. One column holds both, so that each effect is looked up once. The patterns ask
-- for the very look again: the plain hash will do, though two names may share it.
CREATE OR REPLACE TABLE looks AS
SELECT unnest([hash(execution_id), hash(execution_id, scope_of(tenant, environment), entity_type, entity_id)]) AS look
FROM events
WHERE kind = 'read';

-- Where no log tells of sessions, which is known when a query is planned, ids are not read to look for one.
SET VARIABLE tells_of_sessions = EXISTS (FROM sessions);

CREATE OR REPLACE VIEW seen_rows AS
SELECT
    e.*,
    CASE
        WHEN e.entity_id IS NOT NULL THEN hash(e.scope, e.entity_type, sure_hash(e.entity_id))
    END AS record,
    sure_hash(coalesce(e.transaction_id, e.execution_id)) AS txn,
    sure_hash(coalesce(n.ran_in, e.execution_id)) AS execution,
    CASE
        WHEN e.transaction_id IS NOT NULL
            THEN hash(sure_hash(e.transaction_id), counted_by(e.transaction_id, e.source, e.system), e.scope)
    END AS unit,
    sure_hash(coalesce(e.target_system, e.system, e.source)) AS store,
    CASE
        WHEN e.source_seq IS NOT NULL
            AND coalesce(e.vantage, '') NOT IN ('client', 'orchestrator', 'agent')
            THEN hash(sure_hash(e.source), sure_hash(e.source_stream))
    END AS stream,
    e.source_seq AS seq,
    epoch_us(e.occurred_at) - c.offset_us AS began,
    epoch_us(greatest(e.occurred_at, e.ended_at)) - c.offset_us AS settled,
    sure_hash(coalesce(e.consumer, e.workflow, e.actor, e.system, e.source)) AS applier,
    coalesce(e.trigger_kind, '') IN ('replay', 'backfill') AS again,
    e.kind = 'read' AS is_read,
    e.kind = 'write' OR e.write_kind IS NOT NULL AS is_write,
    coalesce(e.write_kind, '') = 'create' AS creates,
    e.outcome IN ('ok', 'partial') AND r.transaction_id IS NULL AS committed,
    e.outcome IN ('rejected', 'skipped') OR coalesce(NOT r.in_doubt, FALSE) AS refused,
    coalesce(e.conditional, FALSE) AS guarded,
    whole_number(e.lock.fencing_token) AS fence,
    CASE WHEN e.version_read IS NOT NULL THEN hash('version', sure_hash(e.version_read)) END AS read_token,
    whole_number(e.version_read) AS read_number,
    CASE WHEN e.version_written IS NOT NULL THEN hash('version', sure_hash(e.version_written)) END
        AS written_token,
    whole_number(e.version_written) AS written_number,
    CASE WHEN e.predicate IS NOT NULL THEN hash('key', e.scope, sure_hash(e.predicate)) END
        AS predicate_id,
    CASE WHEN e.natural_key IS NOT NULL THEN hash('key', e.scope, sure_hash(e.natural_key)) END
        AS natural_id,
    list_transform(
        e.related, lambda other: hash(e.scope, other.type, sure_hash(other.id))
    ) AS related_ids
FROM (SELECT *, scope_of(tenant, environment) AS scope FROM events) AS e
INNER JOIN hashed_clocks AS c ON clock_of(e.clock, e.system, e.source) = c.clock
LEFT JOIN sessions AS n ON CASE WHEN getvariable('tells_of_sessions') THEN e.event_id END = n.event_id
LEFT JOIN rolled_back AS r
    ON
        e.transaction_id = r.transaction_id
        AND counted_by(e.transaction_id, e.source, e.system) = r.counter
        AND e.tenant IS NOT DISTINCT FROM r.tenant
        AND e.environment IS NOT DISTINCT FROM r.environment
WHERE e.phase IN ('single', 'end')
    AND e.kind IN ('read', 'write', 'effect')
    AND (
        e.kind <> 'effect'
        OR e.write_kind IS NOT NULL
        OR CASE
            WHEN e.kind <> 'effect' OR e.write_kind IS NOT NULL THEN NULL
            WHEN e.related IS NOT NULL OR e.natural_key IS NOT NULL OR e.predicate IS NOT NULL THEN hash(e.execution_id)
            ELSE hash(e.execution_id, e.scope, e.entity_type, e.entity_id)
        END IN (FROM looks)
    );

-- What of every row is compared. Few are suspected: the rest of a row is read again, only where it is.
CREATE OR REPLACE TABLE sightings AS
SELECT
    occurred_at,
    record, txn, execution, unit, store, stream, seq, began, settled, applier, again, is_read, is_write,
    creates, committed, refused, guarded, fence, read_token, read_number, written_token, written_number,
    predicate_id, natural_id, related_ids
FROM seen_rows;

-- What each row of `seen` is about: the record, the key that was searched for, the key
-- that was written, and the records that an effect names besides.
CREATE OR REPLACE MACRO mentions_of(seen) AS TABLE
SELECT *, record AS subject FROM query_table(seen) WHERE record IS NOT NULL
UNION ALL
SELECT *, predicate_id AS subject FROM query_table(seen) WHERE predicate_id IS NOT NULL
UNION ALL
SELECT *, natural_id AS subject FROM query_table(seen) WHERE natural_id IS NOT NULL AND NOT is_read
UNION ALL
SELECT *, unnest(related_ids) AS subject
FROM query_table(seen)
WHERE NOT is_read AND NOT is_write;
