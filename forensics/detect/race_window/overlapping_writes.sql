-- One row a record and a time in which two systems or principals without a common cause were
-- writing different values to the same fields. It never proves that one undid the other.
WITH spans AS (
    SELECT
        *,
        max({'settled': settled, 'event_id': event_id}) OVER (
            PARTITION BY record ORDER BY began, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS open
    FROM writes
    WHERE committed AND record IS NOT NULL AND settled > began
),
met AS (
    SELECT w.*, w.open.event_id AS other
    FROM spans AS w
    WHERE w.open.settled > w.began
),
pairs AS (
    SELECT
        w.record,
        w.event_id,
        w.other,
        p.began,
        greatest(p.settled, w.settled) AS settled,
        w.held OR p.held AS held,
        least(p.settled, w.settled) - w.began > clock_error_us(p, w) AS certain
    FROM met AS w
    INNER JOIN writes AS p ON w.other = p.event_id
    WHERE p.txn <> w.txn
        -- Where versions show that one was built on the other, they were not blind to each other.
        AND coalesce(w.base <> p.written_token, TRUE)
        AND coalesce(p.base <> w.written_token, TRUE)
),
judged AS (
    SELECT
        p.*,
        shared_fields([a.touches, b.touches]) AS shared,
        values_differ(a.source, a.after_hash, a.changes, b.source, b.after_hash, b.changes) AS differ,
        CASE
            WHEN a.root_id = b.root_id OR a.trace_id = b.trace_id THEN 'same_chain'
            WHEN p.held THEN 'guarded'
            WHEN a.commutative AND b.commutative THEN 'commutative'
            WHEN shared = [] THEN 'disjoint_fields'
            WHEN only_last_write_wins(shared) OR (a.passing AND b.passing) THEN 'last_write_wins'
            WHEN NOT differ THEN 'same_value'
            WHEN list_has_any(al.met_locks, bl.met_locks) THEN 'held_lock'
            WHEN NOT p.certain THEN 'clock_uncertain'
        END AS suppressor
    FROM pairs AS p
    INNER JOIN accesses AS a ON p.other = a.event_id
    INNER JOIN accesses AS b ON p.event_id = b.event_id
    LEFT JOIN locked AS al ON p.other = al.event_id
    LEFT JOIN locked AS bl ON p.event_id = bl.event_id
    WHERE (a.system <> b.system OR a.actor <> b.actor) AND differ IS NOT NULL
),
-- Pairs that hang together in time are one collision of many.
grouped AS (
    SELECT
        *,
        count(*) FILTER (WHERE began > covered) OVER (
            PARTITION BY record, suppressor ORDER BY began, event_id
        ) AS spell
    FROM (
        SELECT
            *,
            max(settled) OVER (
                PARTITION BY record, suppressor ORDER BY began, event_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS covered
        FROM judged
    )
),
told AS (
    SELECT
        g.*,
        e.* EXCLUDE (record),
        CASE
            WHEN row_number() OVER (
                PARTITION BY g.record, g.suppressor, g.spell ORDER BY e.occurred_at, e.event_id
            ) = 1 THEN 'original'
            ELSE 'duplicate'
        END AS part
    FROM (
        SELECT record, suppressor, spell, any_value(shared) AS shared, unnest(list_distinct(list(event_id) || list(other))) AS event_id
        FROM grouped
        GROUP BY record, suppressor, spell
    ) AS g
    INNER JOIN accesses AS e USING (event_id)
)

SELECT
    record_subject(entity_type, entity_id, tenant, environment) AS subject,
    'suspicion' AS grade,
    suppressor,
    witnesses(event_id, part) AS evidence,
    count(*) - 1 AS excess,
    to_json({
        'coincidence': 'whole',
        'record': record_name(entity_type, entity_id),
        'fields': min(shared),
        'writers': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY part DESC, occurred_at, event_id)
    })::VARCHAR AS facts
FROM told
GROUP BY suppressor, spell, tenant, environment, entity_type, entity_id
