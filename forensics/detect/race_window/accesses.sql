-- The reads, writes and effects of what is suspected, with their names; one row each.
--
--     imaged          told by the store itself, with images of what stood there
--     teller, target  who tells of it; the callee, where named
--     turned_away     refused on the spot: nobody can have seen it
--     conflicts       refused for a conflict with another
--     may_stand       took effect, or nobody was told whether it did
--     seen_token      what the record held before, as a hash; made_token: after
--     root_id         the execution that its own goes back to
--     handler         its workflow, else that of its execution
--     passing         kept by a system in which the last write is meant to win
--     isolation       the level that the store is said to run its transactions at
--     environment     null where it is live, said or not; told_environment: as its log says
--
-- and the columns of `sightings`.
CREATE OR REPLACE TABLE suspect_sightings AS
SELECT DISTINCT coalesce(occurred_at, 'epoch') AS moment, coalesce(record, 0) AS record
FROM mentions_of('sightings')
WHERE subject IN (FROM suspects);

CREATE OR REPLACE TABLE accesses AS
SELECT
    e.event_id,
    e.occurred_at,
    e.record, e.txn, e.execution, e.unit, e.store, e.stream, e.seq, e.began, e.settled, e.applier, e.again,
    e.is_read, e.is_write, e.creates, e.committed, e.refused, e.guarded, e.fence, e.read_token, e.read_number,
    e.written_token, e.written_number, e.predicate_id, e.natural_id, e.related_ids,
    sure_hash(e.source) AS source_id,
    row(e.system, e.vantage) AS teller,
    coalesce(e.vantage, '') IN ('database', 'provider') AS imaged,
    CASE WHEN e.target_system IS NOT NULL THEN sure_hash(e.target_system) END AS target,
    c.clock_id,
    c.reference_id,
    c.error_us,
    c.resolution_us,
    e.consumer IS NOT NULL AS consumed,
    coalesce(e.write_kind, '') = 'delete' AS removes,
    e.outcome IN ('rejected', 'skipped') AS turned_away,
    coalesce(e.error_kind, '') = 'conflict' AS conflicts,
    NOT e.refused AND e.outcome IN ('ok', 'partial', 'timeout', 'unknown', 'pending') AS may_stand,
    -- A database's own images show what stood there, never what a writer had read.
    CASE WHEN e.before_hash IS NOT NULL AND (e.is_read OR NOT imaged) THEN hash('value', e.before_hash) END
        AS seen_token,
    CASE WHEN e.after_hash IS NOT NULL THEN hash('value', e.after_hash) END AS made_token,
    coalesce(x.root_id, e.execution_id) AS root_id,
    coalesce(e.workflow, x.workflow) AS handler,
    coalesce(d.last_write_wins, FALSE) AS passing,
    d.isolation,
    e.source,
    e.source_seq,
    e.system,
    e.target_system,
    e.vantage,
    e.actor,
    e.consumer,
    e.workflow,
    e.kind,
    e.action,
    e.entity_type,
    e.entity_id,
    e.natural_key,
    e.operation_key,
    e.attempt,
    e.predicate,
    e.tenant,
    beside_live(e.environment) AS environment,
    e.environment AS told_environment,
    touched(e.fields, e.changes) AS touches,
    e.changes,
    e.before_hash,
    e.after_hash,
    e.version_read,
    e.version_written,
    e.commutative,
    e.transaction_id,
    e.execution_id,
    e.trace_id
FROM seen_rows AS e
INNER JOIN hashed_clocks AS c ON clock_of(e.clock, e.system, e.source) = c.clock
LEFT JOIN declared_systems AS d ON coalesce(e.target_system, e.system, e.source) = d.system
LEFT JOIN linked_executions AS x ON e.execution_id = x.execution_id
-- Few others are of such a time and of such a record as well; those without a time are of one, and of no record too.
WHERE coalesce(e.occurred_at, 'epoch') IN (SELECT moment FROM suspect_sightings)
    AND coalesce(e.record, 0) IN (SELECT record FROM suspect_sightings);

DROP VIEW seen_rows;
DROP TABLE sightings;
DROP TABLE suspect_sightings;
DROP TABLE looks;
