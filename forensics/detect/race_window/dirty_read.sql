-- One row a record and a transaction whose version of it never stood, yet was seen: the transaction
-- took it back, or replaced it itself before it ended.
WITH written AS (
    SELECT
        a.*,
        counted_by(transaction_id, source, "system") AS counter
    FROM accesses AS a
    WHERE is_write AND transaction_id IS NOT NULL
),
undone AS (
    SELECT w.*, r.ended_by
    FROM written AS w
    INNER JOIN rolled_back AS r
        ON
            w.transaction_id = r.transaction_id
            AND w.counter = r.counter
            AND w.tenant IS NOT DISTINCT FROM r.tenant
            AND w.told_environment IS NOT DISTINCT FROM r.environment
    WHERE NOT w.turned_away
),
replaced AS (
    SELECT w.*
    FROM written AS w
    INNER JOIN written AS later USING (record, txn)
    WHERE w.committed
        AND later.committed
        AND (w.written_token = later.read_token OR w.written_number < later.written_number)
),
-- The steps of a business transaction are for all to see. That the ids name transactions of the store
-- is known where its level is declared, or where the log shows their commit.
ended AS (
    SELECT r.event_id
    FROM replaced AS r
    INNER JOIN events AS e USING (transaction_id)
    WHERE e.transaction_id IS NOT NULL
        AND counted_by(e.transaction_id, e.source, e.system) = r.counter
        AND coalesce(e.tenant = r.tenant, TRUE)
        AND may_be_of(e.environment, r.environment)
        AND regexp_matches(lower(e.action), '(^|[^a-z])commit$')
),
passing_states AS (
    SELECT *, 'rolled_back' AS how FROM undone
    UNION ALL BY NAME
    SELECT *, 'replaced' AS how
    FROM replaced
    WHERE isolation IS NOT NULL OR event_id IN (FROM ended)
),
-- A version that somebody else may have committed has stood for all that is known: a write that says
-- so, a conditional write that went through on top of it, or, where versions are counted, one that
-- does not say what it made.
standing AS (
    SELECT p.event_id
    FROM passing_states AS p
    INNER JOIN accesses AS o USING (record)
    WHERE o.is_write
        AND NOT o.refused
        AND (p.txn <> o.txn OR p.how = 'rolled_back')
        AND (
            p.written_token = o.written_token
            OR (p.written_token = o.read_token AND o.guarded)
            OR (p.written_number IS NOT NULL AND o.written_token IS NULL)
        )
),
endings AS (
    SELECT
        p.event_id,
        {
            'stream': hash(sure_hash(e.source), sure_hash(e.source_stream)),
            'seq': e.source_seq,
            'settled': epoch_us(greatest(e.occurred_at, e.ended_at)) - c.offset_us,
            'clock_id': c.clock_id,
            'reference_id': c.reference_id,
            'error_us': c.error_us,
            'resolution_us': c.resolution_us
        } AS ending
    FROM undone AS p
    INNER JOIN events AS e ON p.ended_by = e.event_id
    INNER JOIN hashed_clocks AS c ON clock_of(e.clock, e.system, e.source) = c.clock
    WHERE e.transaction_id IS NOT NULL
),
seen AS (
    SELECT
        hash(p.record, p.txn, p.root_id = a.root_id) AS collision,
        p.how,
        -- A count goes on from where it was before the rollback: the number may come again.
        p.how = 'rolled_back' AND p.written_number IS NOT NULL AS counted,
        p.event_id AS write_event,
        a.event_id AS read_event
    FROM passing_states AS p
    INNER JOIN accesses AS a ON p.record = a.record AND p.written_token = a.read_token
    LEFT JOIN endings AS e ON p.event_id = e.event_id
    WHERE a.committed
        AND p.txn <> a.txn
        AND counted_together(p, a)
        AND NOT surely_before(a, p)
        AND NOT (counted AND coalesce(surely_before(e.ending, a), FALSE))
        AND p.event_id NOT IN (FROM standing)
),
told AS (
    SELECT p.* EXCLUDE (event_id), e.*
    FROM (
        SELECT DISTINCT collision, how, counted, unnest([
            {'event_id': write_event, 'part': 'original'}, {'event_id': read_event, 'part': 'duplicate'}
        ], recursive := TRUE)
        FROM seen
    ) AS p
    INNER JOIN accesses AS e USING (event_id)
),
contents AS (
    SELECT collision, fields_in_question(part, touches) AS shared
    FROM told
    GROUP BY collision
)

SELECT
    record_subject(entity_type, entity_id, tenant, environment) AS subject,
    CASE WHEN bool_or(counted) THEN 'strong' ELSE 'proven' END AS grade,
    CASE
        WHEN one_chain(part, root_id) THEN 'same_chain'
        WHEN any_value(shared) = [] THEN 'disjoint_fields'
        WHEN only_last_write_wins(any_value(shared)) OR bool_and(passing) FILTER (WHERE part = 'original')
            THEN 'last_write_wins'
        WHEN bool_or(counted) AND record IN (SELECT record FROM accesses WHERE removes AND committed)
            THEN 'recreated'
    END AS suppressor,
    witnesses(event_id, part) AS evidence,
    count(*) FILTER (WHERE part = 'duplicate') AS excess,
    to_json({
        'record': record_name(entity_type, entity_id),
        'how': any_value(how),
        'counted': bool_or(counted),
        'version': min(version_written) FILTER (WHERE part = 'original'),
        'writer': min(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        )) FILTER (WHERE part = 'original'),
        'readers': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY occurred_at, event_id) FILTER (WHERE part = 'duplicate')
    })::VARCHAR AS facts
FROM told
INNER JOIN contents USING (collision)
GROUP BY collision, record, tenant, environment, entity_type, entity_id
