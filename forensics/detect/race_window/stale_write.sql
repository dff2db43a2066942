-- One row a committed write whose base is not what it replaced: somebody else's write lies between.
-- Integer versions order the writes themselves; other versions need the log's order or its clocks.
WITH suspects AS (
    SELECT record
    FROM writes
    WHERE record IS NOT NULL AND base_kind = 'version' AND committed
    GROUP BY record
    HAVING bool_or(coalesce(written_number - base_number > 1, TRUE))
),
places AS (
    SELECT
        record,
        min(source_id) = max(source_id) AND coalesce(min(target) = max(target), TRUE) AS one_place,
        coalesce(min(stream) = max(stream) AND count(stream) = count(*), FALSE) AS serial
    FROM writes
    SEMI JOIN suspects USING (record)
    WHERE committed
    GROUP BY record
),
placed AS (
    SELECT
        w.*,
        hash(w.record, CASE WHEN NOT p.one_place THEN w.store END) AS arena,
        p.serial,
        p.one_place,
        CASE WHEN p.serial THEN w.seq ELSE w.began END AS moment
    FROM writes AS w
    INNER JOIN places AS p USING (record)
    WHERE w.committed
),
-- What stood there before each write: the next lower version, and the write before it.
neighbours AS (
    SELECT
        *,
        max({'number': written_number, 'event_id': event_id, 'txn': txn}) OVER (
            PARTITION BY arena ORDER BY written_number
            RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS below,
        lag({
            'number': written_number, 'event_id': event_id, 'txn': txn, 'token': written_token
        }) OVER (PARTITION BY arena ORDER BY moment, event_id) AS earlier
    FROM placed
),
-- Two logs may tell of one write: of the tellers of one version, one is heard.
numbered AS (
    SELECT *, below.event_id AS overwritten, 'version' AS proof
    FROM neighbours
    WHERE below.number > base_number AND below.txn <> txn
    QUALIFY dense_rank() OVER (
        PARTITION BY arena, written_number
        ORDER BY NOT one_place AND imaged, CASE WHEN NOT one_place THEN teller END
    ) = 1
),
ordered AS (
    SELECT *, earlier.event_id AS overwritten, 'order' AS proof
    FROM neighbours
    WHERE base_kind = 'version'
        AND (base_number IS NULL OR written_number IS NULL)
        AND earlier.txn <> txn
        AND earlier.token <> base
        AND earlier.token IS DISTINCT FROM written_token
),
-- Its base must be known to be the older one: by number, or shown by the log before the other. A
-- write that was built on this one came after it, whatever the clocks say.
dated AS (
    SELECT o.*
    FROM ordered AS o
    INNER JOIN accesses AS p ON o.overwritten = p.event_id
    WHERE coalesce(p.read_token <> o.written_token, TRUE)
        AND (
            o.base_number < o.earlier.number
            OR EXISTS (
                FROM accesses AS a
                WHERE a.record = o.record
                    AND a.committed
                    AND o.base = CASE WHEN a.is_write THEN a.written_token ELSE a.read_token END
                    AND surely_before(a, p)
            )
        )
),
-- By number, all that it had not seen is known; by order, only the last of it.
claims AS (
    SELECT n.* EXCLUDE (overwritten), o.event_id AS overwritten
    FROM numbered AS n
    INNER JOIN placed AS o ON n.arena = o.arena
    WHERE o.written_number > n.base_number AND o.written_number < n.written_number AND o.txn <> n.txn
    UNION ALL BY NAME
    FROM dated
),
-- Of the writes that it replaced, those of other fields are none that it lost, beside one that is.
replaced AS (
    SELECT
        c.*,
        c.proof = 'version' OR surely_before(p, w) AS certain,
        p.clock_id = w.clock_id AS by_one_clock,
        coalesce(list_has_any(p.touches, w.touches), TRUE) AS meets
    FROM claims AS c
    INNER JOIN accesses AS p ON c.overwritten = p.event_id
    INNER JOIN accesses AS w ON c.event_id = w.event_id
),
pairs AS (
    SELECT DISTINCT
        event_id AS collision,
        proof,
        serial,
        own_base,
        held,
        certain,
        bool_and(by_one_clock) OVER replacing AS one_clock,
        unnest([
            {
                'event_id': overwritten,
                'part': CASE WHEN meets OR NOT bool_or(meets) OVER replacing THEN 'original' ELSE 'context' END
            },
            {'event_id': event_id, 'part': 'duplicate'},
            {'event_id': read_event, 'part': 'cause'}
        ], recursive := TRUE)
    FROM replaced
    WINDOW replacing AS (PARTITION BY event_id)
),
told AS (
    SELECT
        p.* EXCLUDE (event_id),
        e.*,
        l.locks,
        l.own_locks
    FROM pairs AS p
    INNER JOIN accesses AS e USING (event_id)
    LEFT JOIN locked AS l USING (event_id)
),
contents AS (
    SELECT collision, fields_in_question(part, touches) AS shared
    FROM told
    WHERE took_part(part)
    GROUP BY collision
)

SELECT
    record_subject(entity_type, entity_id, tenant, environment) AS subject,
    CASE
        WHEN NOT any_value(own_base) AND (any_value(proof) = 'version' OR any_value(serial)) THEN 'proven'
        WHEN any_value(proof) = 'version' OR any_value(serial) OR any_value(one_clock) THEN 'strong'
        ELSE 'probable'
    END AS grade,
    CASE
        WHEN any_value(held) THEN 'guarded'
        WHEN any_value(commutative) FILTER (WHERE part = 'duplicate') THEN 'commutative'
        WHEN one_chain(part, root_id) THEN 'same_chain'
        WHEN any_value(shared) = [] THEN 'disjoint_fields'
        WHEN last_wins(shared, passing, part) THEN 'last_write_wins'
        WHEN one_value(part, after_hash) THEN 'same_value'
        WHEN under_lock(part, execution_id, locks, own_locks) THEN 'held_lock'
        WHEN NOT any_value(certain) THEN 'clock_uncertain'
    END AS suppressor,
    witnesses(event_id, part) AS evidence,
    count(DISTINCT hash(txn, written_token)) FILTER (WHERE part = 'original') AS excess,
    to_json({
        'record': record_name(entity_type, entity_id),
        'proof': any_value(proof),
        'base': coalesce(
            min(version_read) FILTER (WHERE part = 'duplicate'), min(version_read) FILTER (WHERE part = 'cause')
        ),
        'current': arg_max(version_written, (whole_number(version_written), occurred_at, event_id))
            FILTER (WHERE part = 'original'),
        'fields': any_value(shared),
        'writers': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY part DESC, whole_number(version_written), occurred_at, event_id)
            FILTER (WHERE took_part(part))
    })::VARCHAR AS facts
FROM told
INNER JOIN contents USING (collision)
GROUP BY collision, tenant, environment, entity_type, entity_id
