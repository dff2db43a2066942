-- One row a set of transactions of which each had read, in the version that it replaced, what another
-- of them wrote: none can have come before the others. Each pair has one read and one write a side.
WITH RECURSIVE told AS (
    SELECT
        c.*,
        record_name(w.entity_type, w.entity_id) AS name,
        step_of('rw', r, w) AS edge,
        coalesce(
            no_concern(r, w),
            CASE
                WHEN r.source_id = w.source_id AND r.before_hash = w.after_hash THEN 'same_value'
                WHEN c.record IN (SELECT record FROM accesses WHERE removes AND committed) THEN 'recreated'
            END
        ) AS excuse
    FROM crossed AS c
    INNER JOIN accesses AS r ON c.read_event = r.event_id
    INNER JOIN accesses AS w ON c.write_event = w.event_id
    WHERE counted_together(r, w)
),
sides AS (
    FROM told
    QUALIFY row_number() OVER (
        PARTITION BY reader, writer ORDER BY excuse NULLS FIRST, name, write_event, read_event
    ) = 1
),
pairs AS (
    SELECT
        a.reader AS one,
        b.reader AS other,
        coalesce(a.excuse, b.excuse) AS excuse,
        [a.edge, b.edge] AS edges,
        [
            {'event_id': a.read_event, 'is_look': TRUE},
            {'event_id': b.read_event, 'is_look': TRUE},
            {'event_id': a.write_event, 'is_look': FALSE},
            {'event_id': b.write_event, 'is_look': FALSE}
        ] AS parts
    FROM sides AS a
    INNER JOIN sides AS b ON a.reader = b.writer AND a.writer = b.reader
    WHERE (a.name, a.read_event) < (b.name, b.read_event)
),
unexcused AS (
    FROM pairs WHERE excuse IS NULL
),
-- Those that hang together, by the least of them.
together (unit, leader) USING KEY (unit) AS (
    SELECT unnest([one, other]) AS unit, unit AS leader
    FROM unexcused
    UNION
    SELECT neighbour.unit, min(t.leader) AS leader
    FROM together AS t
    INNER JOIN (
        SELECT unnest([one, other]) AS origin, unnest([other, one]) AS unit
        FROM unexcused
    ) AS neighbour ON t.unit = neighbour.origin
    INNER JOIN recurring.together AS now ON neighbour.unit = now.unit
    WHERE t.leader < now.leader
    GROUP BY neighbour.unit
),
linked AS (
    SELECT p.*, coalesce(t.leader, hash(p.one, p.other)) AS collision
    FROM pairs AS p
    LEFT JOIN together AS t ON p.excuse IS NULL AND p.one = t.unit
),
witnessed AS (
    SELECT DISTINCT collision, excuse, unnest(parts, recursive := TRUE)
    FROM linked
),
-- Of all pairs one is enough to show it.
proofs AS (
    SELECT collision, min(edges) AS edges
    FROM linked
    GROUP BY collision
),
cast_roles AS (
    SELECT
        w.collision,
        w.excuse,
        e.*,
        CASE
            WHEN w.is_look THEN 'cause'
            WHEN row_number() OVER (
                PARTITION BY w.collision, w.is_look ORDER BY e.occurred_at, e.source_seq, e.event_id
            ) = 1 THEN 'original'
            ELSE 'duplicate'
        END AS part
    FROM witnessed AS w
    INNER JOIN accesses AS e USING (event_id)
)

SELECT
    list_sort(list_distinct(list(record_name(entity_type, entity_id))))[:2]
    || list_filter([any_value(tenant), any_value(environment)], lambda scope: scope IS NOT NULL) AS subject,
    'proven' AS grade,
    excuse AS suppressor,
    witnesses(event_id, part) AS evidence,
    count(DISTINCT txn) - 1 AS excess,
    to_json({
        'records': list_sort(list_distinct(list(record_name(entity_type, entity_id)))),
        'fields': list_sort(list_distinct(flatten(list(touches) FILTER (WHERE took_part(part))))),
        'writers': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY part DESC, occurred_at, event_id) FILTER (WHERE took_part(part)),
        'edges': any_value(edges)
    })::VARCHAR AS facts
FROM cast_roles
INNER JOIN proofs USING (collision)
GROUP BY collision, excuse
