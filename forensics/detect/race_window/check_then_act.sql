-- One row a check that was overtaken: an execution read something, somebody else's write changed
-- it, and then the execution acted on what it had read, unconditionally. What was read is a record,
-- or the answer to a search.
WITH placed AS (
    SELECT
        c.*,
        row_number() OVER (
            PARTITION BY c.subject
            ORDER BY CASE WHEN l.serial THEN a.seq ELSE a.began END, a.seq, a.event_id
        ) AS place
    FROM concerns AS c
    INNER JOIN accesses AS a USING (event_id)
    INNER JOIN (
        SELECT subject, coalesce(min(stream) = max(stream) AND count(stream) = count(*), FALSE) AS serial
        FROM concerns
        INNER JOIN accesses USING (event_id)
        GROUP BY subject
    ) AS l USING (subject)
    WHERE l.serial OR a.began IS NOT NULL
),
-- The last change by somebody else before each change.
turns AS (
    SELECT
        *,
        CASE WHEN execution <> lag(execution) OVER changed THEN lag(place) OVER changed END AS turn
    FROM placed
    WINDOW changed AS (PARTITION BY subject, is_change ORDER BY place)
),
known AS (
    SELECT
        *,
        -- Whoever looked again under a lock rests on that.
        max(CASE WHEN is_look THEN {'place': place, 'is_check': is_check} END) OVER (
            PARTITION BY subject, execution ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS look,
        max(CASE WHEN is_change THEN {'place': place, 'execution': execution, 'other': other} END) OVER (
            PARTITION BY subject ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS latest
    FROM (
        SELECT *, last_value(turn IGNORE NULLS) OVER (PARTITION BY subject, is_change ORDER BY place) AS other
        FROM turns
    )
),
overtaken AS (
    SELECT
        c.event_id AS check_event,
        f.event_id AS change_event,
        a.event_id AS act_event,
        k.subject IS NOT DISTINCT FROM c.record AS of_record,
        surely_before(c, f) AND surely_before(f, a) AS certain,
        coalesce(c.stream = f.stream AND f.stream = a.stream, FALSE) AS serial,
        c.clock_id = f.clock_id AND f.clock_id = a.clock_id AS one_clock
    FROM known AS k
    INNER JOIN placed AS check_row
        ON k.subject = check_row.subject AND k.look.is_check AND k.look.place = check_row.place
    INNER JOIN placed AS change_row
        ON k.subject = change_row.subject
        AND CASE WHEN k.latest.execution <> k.execution THEN k.latest.place ELSE k.latest.other END
        = change_row.place
    INNER JOIN accesses AS a ON k.event_id = a.event_id
    INNER JOIN accesses AS c ON check_row.event_id = c.event_id
    INNER JOIN accesses AS f ON change_row.event_id = f.event_id
    WHERE k.is_act AND check_row.place < change_row.place AND f.txn <> a.txn
        -- Where versions show that the check had seen the change, the clocks are wrong.
        AND NOT coalesce(
            c.record = f.record AND (c.read_token = f.written_token OR c.read_number > f.written_number), FALSE
        )
),
parts AS (
    SELECT DISTINCT
        hash(sure_hash(check_event), certain) AS collision,
        certain,
        bool_and(serial) OVER overtakings AS serial,
        bool_and(one_clock) OVER overtakings AS one_clock,
        bool_or(of_record) OVER overtakings AS of_record,
        unnest([
            {'event_id': check_event, 'part': 'cause'},
            {'event_id': change_event, 'part': 'original'},
            {'event_id': act_event, 'part': 'duplicate'}
        ], recursive := TRUE)
    FROM overtaken
    WINDOW overtakings AS (PARTITION BY check_event, certain)
),
involved AS (
    FROM accesses SEMI JOIN parts USING (event_id)
),
told AS (
    SELECT
        p.* EXCLUDE (event_id),
        e.*,
        l.locks,
        l.own_locks
    FROM parts AS p
    INNER JOIN involved AS e USING (event_id)
    LEFT JOIN locked AS l USING (event_id)
),
-- What was looked at and what was changed. A look that names neither fields nor a search counts as one
-- at the fields that were written after it, where all that was done was to write such to the record.
contents AS (
    SELECT
        collision,
        shared_fields([
            coalesce(
                any_value(touches) FILTER (WHERE part = 'cause'),
                CASE
                    WHEN bool_and(is_write AND record = looked_at AND touches IS NOT NULL)
                        FILTER (WHERE part = 'duplicate')
                        THEN flatten(list(touches) FILTER (WHERE part = 'duplicate'))
                END
            ),
            CASE
                WHEN bool_and(touches IS NOT NULL) FILTER (WHERE part = 'original')
                    THEN flatten(list(touches) FILTER (WHERE part = 'original'))
            END
        ]) AS shared,
        any_value(entity_type) FILTER (WHERE of_record AND part = 'cause') AS checked_type,
        any_value(entity_id) FILTER (WHERE of_record AND part = 'cause') AS checked_id,
        any_value(predicate) FILTER (WHERE part = 'cause') AS sought,
        any_value(before_hash) FILTER (WHERE part = 'cause') AS seen
    FROM (
        SELECT
            *,
            any_value(CASE WHEN part = 'cause' AND predicate IS NULL THEN record END)
                OVER (PARTITION BY collision) AS looked_at
        FROM told
    )
    GROUP BY collision
),
-- A snapshot refuses a second write of one record, but no act on what was read besides.
judged AS (
    SELECT
        *,
        CASE
            WHEN part <> 'duplicate'
                OR (is_write AND record_name(entity_type, entity_id) = record_name(checked_type, checked_id))
                THEN ['snapshot', 'serializable']
            ELSE ['serializable']
        END AS levels
    FROM told
    INNER JOIN contents USING (collision)
)

SELECT
    record_subject(checked_type, coalesce(checked_id, sought), tenant, environment) AS subject,
    CASE
        WHEN any_value(serial) THEN 'proven'
        WHEN any_value(one_clock) THEN 'strong'
        ELSE 'probable'
    END AS grade,
    CASE
        WHEN bool_and(coalesce(commutative, FALSE)) FILTER (WHERE part = 'duplicate') THEN 'commutative'
        WHEN one_chain(part, root_id) THEN 'same_chain'
        WHEN shared = [] THEN 'disjoint_fields'
        WHEN only_last_write_wins(shared) OR bool_and(passing) FILTER (WHERE part = 'original') THEN 'last_write_wins'
        WHEN one_value(part, after_hash) OR bool_and(after_hash = seen) FILTER (WHERE part = 'original')
            THEN 'same_value'
        WHEN under_lock(part, execution_id, locks, own_locks) THEN 'held_lock'
        WHEN isolated(part, part = 'duplicate', transaction_id, store, isolation, levels) THEN 'isolated'
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
FROM judged
GROUP BY collision, tenant, environment, shared, checked_type, checked_id, sought
