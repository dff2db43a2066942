-- One row a record and a state of it on which more than one transaction built its write: all but
-- the last of them are lost, whichever came first.
WITH answered AS (
    FROM writes WHERE committed OR refused
),
contested AS (
    SELECT
        record,
        base,
        min(source_id) = max(source_id) AND coalesce(min(target) = max(target), TRUE) AS one_place
    FROM answered
    GROUP BY record, base
    HAVING min(txn) <> max(txn)
),
-- Two logs may tell of one write: of the tellers of one version, one is heard.
heard AS (
    SELECT w.*, hash(record, base, CASE WHEN NOT c.one_place THEN w.store END) AS collision
    FROM answered AS w
    INNER JOIN contested AS c USING (record, base)
    QUALIFY dense_rank() OVER (
        PARTITION BY collision, w.written_token
        ORDER BY NOT c.one_place AND w.imaged, CASE WHEN NOT c.one_place THEN w.teller END
    ) = 1
),
-- A transaction that writes twice is one writer; its last write counts.
writers AS (
    FROM (
        FROM heard
        QUALIFY row_number() OVER (
            PARTITION BY collision, txn
            ORDER BY committed DESC, written_number DESC, began DESC, seq DESC, event_id DESC
        ) = 1
    )
    QUALIFY count(*) OVER (PARTITION BY collision) > 1
),
-- A value that somebody restored in between, or may have, is a new state, though it looks like the old one.
restored AS (
    SELECT w.collision
    FROM writers AS w
    INNER JOIN accesses AS a ON w.record = a.record AND w.base = a.made_token AND a.may_stand
    WHERE w.base_kind = 'value' AND NOT surely_before(a, w)
),
-- A record that was removed and made again counts its versions anew.
remade AS (
    SELECT w.collision
    FROM (
        SELECT collision, record, min(began) AS first_us, max(began) AS last_us
        FROM writers
        GROUP BY collision, record
    ) AS w
    INNER JOIN accesses AS a ON w.record = a.record AND a.removes AND a.committed
    WHERE a.began BETWEEN w.first_us AND w.last_us
),
parts AS (
    SELECT collision, event_id, base_kind, own_base, held, FALSE AS is_read FROM writers
    UNION ALL BY NAME
    SELECT DISTINCT collision, read_event AS event_id, base_kind, FALSE AS own_base, TRUE AS is_read
    FROM writers
    WHERE read_event IS NOT NULL AND committed
),
told AS (
    SELECT
        p.* EXCLUDE (event_id),
        e.*,
        l.locks,
        l.own_locks
    FROM parts AS p
    INNER JOIN accesses AS e USING (event_id)
    LEFT JOIN locked AS l USING (event_id)
    WHERE collision NOT IN (FROM restored) AND collision NOT IN (FROM remade)
),
contents AS (
    SELECT collision, shared_fields(list(touches)) AS shared
    FROM told
    WHERE NOT is_read AND committed
    GROUP BY collision
),
involved AS (
    SELECT
        *,
        NOT is_read AND committed AND (
            touches IS NULL OR shared = ['*'] OR shared = [] OR list_has_any(touches, shared)
        ) AS wrote
    FROM told
    INNER JOIN contents USING (collision)
),
cast_roles AS (
    SELECT
        *,
        CASE
            WHEN is_read THEN 'cause'
            WHEN NOT committed THEN 'guard'
            WHEN NOT wrote THEN 'context'
            WHEN row_number() OVER (
                PARTITION BY collision, wrote
                ORDER BY whole_number(version_written), occurred_at, source_seq, event_id
            ) = 1 THEN 'original'
            ELSE 'duplicate'
        END AS part
    FROM involved
)

SELECT
    record_subject(entity_type, entity_id, tenant, environment) AS subject,
    CASE
        -- Without keys, two sums alike may be one that was asked for twice.
        WHEN one_value(part, after_hash) AND NOT keyed_apart(part, operation_key) THEN 'probable'
        WHEN any_value(base_kind) = 'value' OR count(*) FILTER (took_part(part) AND NOT own_base) < 2 THEN 'strong'
        -- Writes of other fields lose nothing.
        WHEN fields_untold(part, touches, after_hash) THEN 'strong'
        ELSE 'proven'
    END AS grade,
    CASE
        WHEN count(*) FILTER (WHERE took_part(part)) < 2 OR bool_and(held) FILTER (WHERE took_part(part))
            THEN 'guarded'
        WHEN count(*) FILTER (WHERE took_part(part) AND NOT coalesce(commutative, FALSE)) < 2 THEN 'commutative'
        WHEN one_chain(part, root_id) THEN 'same_chain'
        WHEN any_value(shared) = [] THEN 'disjoint_fields'
        WHEN last_wins(shared, passing, part) THEN 'last_write_wins'
        WHEN one_value(part, after_hash) AND NOT added_up(part, "action", operation_key, attempt) THEN 'same_value'
        WHEN under_lock(part, execution_id, locks, own_locks) THEN 'held_lock'
        WHEN any_value(base_kind) <> 'version'
            AND isolated(part, took_part(part), transaction_id, store, isolation, ['snapshot', 'serializable'])
            THEN 'isolated'
    END AS suppressor,
    witnesses(event_id, part) AS evidence,
    count(*) FILTER (WHERE part = 'duplicate') AS excess,
    to_json({
        'record': record_name(entity_type, entity_id),
        'proof': any_value(base_kind),
        'base': min(version_read),
        'fields': any_value(shared),
        'untold': fields_untold(part, touches, after_hash),
        'writers': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY part DESC, occurred_at, event_id) FILTER (WHERE took_part(part))
    })::VARCHAR AS facts
FROM cast_roles
GROUP BY collision, tenant, environment, entity_type, entity_id
