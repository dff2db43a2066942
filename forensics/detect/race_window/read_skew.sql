-- One row a transaction that saw half of what another had done: one record as it was after, another
-- as it had been before. The pair of reads that says most stands for all.
WITH told AS (
    SELECT
        h.*,
        r.txn AS read_txn,
        record_name(r.entity_type, r.entity_id) AS name,
        CASE WHEN h.side = 'after' THEN step_of('wr', w, r) ELSE step_of('rw', r, w) END AS edge,
        coalesce(
            no_concern(r, w),
            CASE
                WHEN h.side = 'before' AND r.source_id = w.source_id AND r.before_hash = w.after_hash THEN 'same_value'
                WHEN h.record IN (SELECT record FROM accesses WHERE removes AND committed) THEN 'recreated'
            END
        ) AS excuse
    FROM half_seen AS h
    INNER JOIN accesses AS r ON h.read_event = r.event_id
    INNER JOIN accesses AS w ON h.write_event = w.event_id
    WHERE counted_together(r, w)
        -- Two writers of one version: whose it was that was read, nobody knows.
        AND NOT (h.side = 'after' AND EXISTS (
            FROM accesses AS o
            WHERE o.record = w.record AND o.written_token = w.written_token AND o.txn <> w.txn AND NOT o.refused
        ))
),
sides AS (
    FROM told
    QUALIFY row_number() OVER (
        PARTITION BY reader, writer, side ORDER BY excuse NULLS FIRST, name, write_event, read_event
    ) = 1
),
halves AS (
    SELECT
        b.reader,
        coalesce(b.excuse, a.excuse) AS excuse,
        row_number() OVER (
            PARTITION BY b.reader, coalesce(b.excuse, a.excuse) ORDER BY b.name, a.name, b.write_event, a.write_event
        ) AS place,
        count(*) OVER (PARTITION BY b.reader, coalesce(b.excuse, a.excuse)) AS writers,
        b.name AS old_name,
        a.name AS new_name,
        [a.edge, b.edge] AS edges,
        [
            {'event_id': b.read_event, 'part': 'duplicate', 'side': 'before'},
            {'event_id': a.read_event, 'part': 'duplicate', 'side': 'after'},
            {'event_id': b.write_event, 'part': 'original', 'side': 'before'},
            {'event_id': a.write_event, 'part': 'original', 'side': 'after'}
        ] AS parts
    FROM sides AS b
    INNER JOIN sides AS a USING (reader, writer)
    WHERE b.side = 'before' AND a.side = 'after'
),
witnessed AS (
    SELECT h.* EXCLUDE (parts), p.part, p.side, e.*
    FROM halves AS h
    CROSS JOIN LATERAL (SELECT unnest(h.parts, recursive := TRUE)) AS p
    INNER JOIN accesses AS e USING (event_id)
    WHERE h.place = 1
)

SELECT
    list_sort([any_value(old_name), any_value(new_name)])
    || list_filter([any_value(tenant), any_value(environment)], lambda scope: scope IS NOT NULL) AS subject,
    'proven' AS grade,
    excuse AS suppressor,
    witnesses(event_id, part) AS evidence,
    any_value(writers) AS excess,
    to_json({
        'old': any_value(old_name),
        'new': any_value(new_name),
        'old_version': min(version_read) FILTER (WHERE part = 'duplicate' AND side = 'before'),
        'new_version': min(version_read) FILTER (WHERE part = 'duplicate' AND side = 'after'),
        'writer_count': any_value(writers),
        'reader': min(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        )) FILTER (WHERE part = 'duplicate'),
        'writer': min(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        )) FILTER (WHERE part = 'original'),
        'edges': any_value(edges)
    })::VARCHAR AS facts
FROM witnessed
GROUP BY reader, excuse
