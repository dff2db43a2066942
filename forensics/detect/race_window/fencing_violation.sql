-- One row a record and an older fencing token with which it was written after a newer one had been
-- seen there. The record's versions order the writes, else its serial log, else its clocks.
WITH fenced AS (
    FROM accesses
    WHERE is_write AND fence IS NOT NULL AND (committed OR refused)
),
orders AS (
    SELECT
        record,
        store,
        count(written_number) = count(*) AS numbered,
        coalesce(min(stream) = max(stream) AND count(stream) = count(*), FALSE) AS serial
    FROM fenced
    GROUP BY record, store
    HAVING min(fence) <> max(fence)
),
placed AS (
    SELECT
        f.*,
        o.numbered,
        o.serial,
        CASE WHEN o.numbered THEN f.written_number WHEN o.serial THEN f.seq ELSE f.began END AS moment
    FROM fenced AS f
    INNER JOIN orders AS o USING (record, store)
),
-- The newest token that had been let in before each write.
followed AS (
    SELECT
        *,
        max(CASE WHEN committed THEN {'fence': fence, 'event_id': event_id} END) OVER (
            PARTITION BY record, store ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS newest
    FROM placed
    WHERE moment IS NOT NULL
),
late AS (
    SELECT
        l.numbered OR surely_before(n, l) AS certain,
        hash(l.record, l.store, l.fence, l.root_id = n.root_id, certain) AS collision,
        l.event_id,
        l.newest.event_id AS newest_event,
        l.numbered,
        l.serial,
        l.clock_id = n.clock_id AS one_clock
    FROM followed AS l
    INNER JOIN accesses AS n ON l.newest.event_id = n.event_id
    WHERE l.fence < l.newest.fence AND l.txn <> n.txn AND l.execution <> n.execution
),
-- A write that was refused is told of only where all of them were.
told AS (
    SELECT
        p.* EXCLUDE (event_id, part),
        CASE WHEN p.part = 'late' THEN CASE WHEN e.committed THEN 'duplicate' ELSE 'guard' END ELSE p.part END AS part,
        e.*
    FROM (
        SELECT DISTINCT
            collision,
            certain,
            numbered OR serial AS ordered,
            bool_and(one_clock) OVER collisions AS one_clock,
            unnest([
                {'event_id': newest_event, 'part': 'original'}, {'event_id': event_id, 'part': 'late'}
            ], recursive := TRUE)
        FROM late
        WINDOW collisions AS (PARTITION BY collision)
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
    CASE WHEN any_value(ordered) THEN 'proven' WHEN any_value(one_clock) THEN 'strong' ELSE 'probable' END AS grade,
    CASE
        WHEN count(*) FILTER (WHERE part = 'duplicate') = 0 THEN 'guarded'
        WHEN one_chain(part, root_id) THEN 'same_chain'
        WHEN any_value(shared) = [] THEN 'disjoint_fields'
        WHEN last_wins(shared, passing, part) THEN 'last_write_wins'
        WHEN one_value(part, after_hash) THEN 'same_value'
        WHEN NOT any_value(certain) THEN 'clock_uncertain'
    END AS suppressor,
    witnesses(event_id, part) AS evidence,
    count(*) FILTER (WHERE part = 'duplicate') AS excess,
    to_json({
        'record': record_name(entity_type, entity_id),
        'older': min(fence) FILTER (WHERE part <> 'original'),
        'newer': max(fence) FILTER (WHERE part = 'original'),
        'holders': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY occurred_at, event_id) FILTER (WHERE part = 'original'),
        'late': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY occurred_at, event_id) FILTER (WHERE part <> 'original')
    })::VARCHAR AS facts
FROM told
INNER JOIN contents USING (collision)
GROUP BY collision, tenant, environment, entity_type, entity_id
