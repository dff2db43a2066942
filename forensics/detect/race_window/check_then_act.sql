-- One row a check that was overtaken: an execution read something, somebody else's write changed
-- it, and then the execution acted on what it had read, unconditionally. What was read is a record,
-- or the answer to a search.
WITH sights AS (
    SELECT *, unnest([record, predicate_key]) AS subject
    FROM accesses
    WHERE NOT is_write AND committed AND NOT guarded
),
changes AS (
    SELECT *, unnest([record, predicate_key, natural_key]) AS subject
    FROM writes
    WHERE committed
),
-- Effects that write nothing here act on the records they name.
deeds AS (
    SELECT
        e.event_id,
        hash(e.execution_id) AS execution,
        hash(coalesce(e.transaction_id, e.execution_id)) AS txn,
        CASE WHEN e.source_seq IS NOT NULL THEN hash(e.source, e.source_stream) END AS stream,
        e.source_seq AS seq,
        epoch_us(e.occurred_at) - c.offset_us AS began,
        epoch_us(greatest(e.occurred_at, e.ended_at)) - c.offset_us AS settled,
        c.clock,
        c.reference,
        c.error_us,
        c.resolution_us,
        unnest(
            list_transform(
                [{'type': e.entity_type, 'id': e.entity_id}]
                || coalesce(list_transform(e.related, lambda r: {'type': r.type, 'id': r.id}), []),
                lambda r: CASE WHEN r.id IS NOT NULL THEN hash(e.tenant, e.environment, r.type, r.id) END
            )
            || list_transform(
                [e.predicate, e.natural_key],
                lambda k: CASE WHEN k IS NOT NULL THEN hash('key', e.tenant, e.environment, k) END
            )
        ) AS subject
    FROM events AS e
    LEFT JOIN clocks AS c ON clock_of(e.clock, e.system, e.source) = c.clock
    WHERE e.kind = 'effect'
        AND e.write_kind IS NULL
        AND e.outcome IN ('ok', 'partial')
        AND NOT coalesce(e.conditional, FALSE)
        AND hash(e.execution_id) IN (SELECT execution FROM sights)
),
-- A write that names its version is judged by it, not by the order of rows.
acts AS (
    SELECT event_id, execution, subject FROM deeds
    UNION ALL
    SELECT event_id, execution, subject
    FROM changes
    WHERE NOT guarded
        AND read_token IS NULL
        AND (base_number IS NULL OR written_number IS NULL)
),
actors AS (
    SELECT DISTINCT subject, execution
    FROM acts
    SEMI JOIN sights USING (subject, execution)
),
steps AS (
    SELECT *, TRUE AS is_check, FALSE AS is_change FROM sights SEMI JOIN actors USING (subject, execution)
    UNION ALL BY NAME
    SELECT *, FALSE AS is_check, TRUE AS is_change
    FROM changes
    WHERE subject IN (SELECT subject FROM actors)
    UNION ALL BY NAME
    SELECT *, FALSE AS is_check, FALSE AS is_change FROM deeds SEMI JOIN actors USING (subject, execution)
),
placed AS (
    SELECT
        s.*,
        row_number() OVER (
            PARTITION BY subject
            ORDER BY CASE WHEN l.serial THEN s.seq ELSE s.began END, s.seq, s.event_id
        ) AS place
    FROM (SELECT DISTINCT ON (subject, event_id) * FROM steps) AS s
    INNER JOIN (
        SELECT subject, coalesce(min(stream) = max(stream) AND count(stream) = count(*), FALSE) AS serial
        FROM steps
        GROUP BY subject
    ) AS l USING (subject)
    WHERE l.serial OR s.began IS NOT NULL
),
-- The last change by somebody else before each change.
runs AS (
    SELECT
        *,
        CASE WHEN is_change AND execution <> lag(execution) OVER changed THEN lag(place) OVER changed END AS turn
    FROM placed
    WINDOW changed AS (PARTITION BY subject, is_change ORDER BY place)
),
known AS (
    SELECT
        *,
        max(CASE WHEN is_check THEN place END) OVER (
            PARTITION BY subject, execution ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS check_place,
        max(CASE WHEN is_change THEN {'place': place, 'execution': execution, 'other': other} END) OVER (
            PARTITION BY subject ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS latest
    FROM (
        SELECT *, last_value(turn IGNORE NULLS) OVER (PARTITION BY subject, is_change ORDER BY place) AS other
        FROM runs
    )
),
overtaken AS (
    SELECT
        k.subject,
        c AS check_row,
        f AS foreign_row,
        k.event_id AS act_event,
        surely_before(c, f) AND surely_before(f, k) AS certain,
        c.stream = f.stream AND f.stream = k.stream AS serial,
        c.clock = f.clock AND f.clock = k.clock AS one_clock
    FROM known AS k
    INNER JOIN placed AS c ON k.subject = c.subject AND k.check_place = c.place
    INNER JOIN placed AS f
        ON k.subject = f.subject
        AND CASE WHEN k.latest.execution <> k.execution THEN k.latest.place ELSE k.latest.other END = f.place
    WHERE (k.event_id, k.subject) IN (SELECT event_id, subject FROM acts)
        AND k.check_place < f.place
        AND f.txn <> k.txn
),
parts AS (
    SELECT DISTINCT
        hash(check_row.event_id, certain) AS collision,
        certain,
        serial,
        one_clock,
        unnest([
            {'event_id': check_row.event_id, 'part': 'cause'},
            {'event_id': foreign_row.event_id, 'part': 'original'},
            {'event_id': act_event, 'part': 'duplicate'}
        ], recursive := TRUE)
    FROM overtaken
),
told AS (
    SELECT
        p.* EXCLUDE (event_id),
        e.*,
        x.root_id,
        l.locks,
        l.own_locks,
        touched(e.fields, e.changes) AS touches
    FROM parts AS p
    INNER JOIN told_events AS e USING (event_id)
    LEFT JOIN executions AS x USING (execution_id)
    LEFT JOIN locked AS l USING (event_id)
),
contents AS (
    SELECT
        collision,
        shared_fields(list(touches)) AS shared,
        any_value(entity_type) FILTER (WHERE part = 'cause') AS checked_type,
        any_value(entity_id) FILTER (WHERE part = 'cause') AS checked_id,
        any_value(predicate) FILTER (WHERE part = 'cause') AS sought,
        any_value(before_hash) FILTER (WHERE part = 'cause') AS seen
    FROM told
    WHERE part <> 'duplicate'
    GROUP BY collision
)

SELECT
    record_subject(checked_type, coalesce(checked_id, sought), tenant, environment) AS subject,
    CASE
        WHEN bool_and(serial) THEN 'proven'
        WHEN bool_and(one_clock) THEN 'strong'
        ELSE 'probable'
    END AS grade,
    CASE
        WHEN bool_and(coalesce(commutative, FALSE)) FILTER (WHERE part = 'duplicate') THEN 'commutative'
        WHEN one_chain(part, root_id) THEN 'same_chain'
        WHEN shared = [] THEN 'disjoint_fields'
        WHEN only_last_write_wins(shared) THEN 'last_write_wins'
        WHEN one_value(part, after_hash) OR bool_and(after_hash = seen) FILTER (WHERE part = 'original')
            THEN 'same_value'
        WHEN under_lock(part, execution_id, locks, own_locks) THEN 'held_lock'
        WHEN NOT any_value(certain) THEN 'clock_uncertain'
    END AS suppressor,
    witnesses(event_id, part) AS evidence,
    count(*) FILTER (WHERE part = 'duplicate') AS excess,
    to_json({
        'checked': coalesce(record_name(checked_type, checked_id), sought),
        'check': any_value("action") FILTER (WHERE part = 'cause'),
        'act': min("action") FILTER (WHERE part = 'duplicate'),
        'change': min("action") FILTER (WHERE part = 'original'),
        'writers': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY part DESC, occurred_at, event_id) FILTER (WHERE took_part(part))
    })::VARCHAR AS facts
FROM told
INNER JOIN contents USING (collision)
GROUP BY collision, tenant, environment, shared, checked_type, checked_id, sought
