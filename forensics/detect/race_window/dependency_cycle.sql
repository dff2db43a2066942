-- One row a circle of transactions of which each has to come before the next.
WITH steps AS (
    SELECT c.circle, c.step, c.claim, c.shortest, t.*
    FROM tied_circles AS c
    INNER JOIN ties AS t ON c.tie = t.rowid
),
told AS (
    SELECT
        circle,
        any_value(claim) AS claim,
        any_value(shortest) AS shortest,
        min(excuse) AS excuse,
        list(step_of(s.kind, e, l) ORDER BY step) AS edges
    FROM steps AS s
    INNER JOIN accesses AS e ON s.earlier_event = e.event_id
    INNER JOIN accesses AS l ON s.later_event = l.event_id
    GROUP BY circle
),
witnessed AS (
    SELECT p.circle, a.*
    FROM (SELECT DISTINCT circle, unnest([earlier_event, later_event]) AS event_id FROM steps) AS p
    INNER JOIN accesses AS a USING (event_id)
),
-- That the ids name transactions of the store is known where its level is declared, or where the log
-- shows their commit. The steps of a business transaction are for all to see.
ended AS (
    SELECT w.event_id
    FROM witnessed AS w
    INNER JOIN events AS e USING (transaction_id)
    WHERE counted_by(e.transaction_id, e.source, e."system")
        = counted_by(w.transaction_id, w.source, w."system")
        AND coalesce(e.tenant = w.tenant, TRUE)
        AND may_be_of(e.environment, w.environment)
        AND regexp_matches(lower(e.action), '(^|[^a-z])commit$')
),
cast_roles AS (
    SELECT
        *,
        isolation IS NOT NULL OR event_id IN (FROM ended) AS of_the_store,
        CASE
            WHEN NOT is_write THEN 'cause'
            WHEN row_number() OVER (PARTITION BY circle, is_write ORDER BY occurred_at, source_seq, event_id) = 1
                THEN 'original'
            ELSE 'duplicate'
        END AS part
    FROM witnessed
)

SELECT
    list_sort(list_distinct(list(record_name(entity_type, entity_id))))[:2]
    || list_filter([any_value(tenant), any_value(environment)], lambda scope: scope IS NOT NULL) AS subject,
    CASE
        WHEN bool_and(of_the_store) THEN 'proven'
        WHEN any_value(t.claim) IN ('G-single', 'G2') THEN 'strong'
        ELSE 'suspicion'
    END AS grade,
    any_value(t.excuse) AS suppressor,
    witnesses(event_id, part) AS evidence,
    1 AS excess,
    to_json({
        'claim': any_value(t.claim),
        'of_the_store': bool_and(of_the_store),
        'shortest': any_value(t.shortest),
        'records': list_sort(list_distinct(list(record_name(entity_type, entity_id)))),
        'edges': any_value(t.edges),
        'writers': list_transform(any_value(t.edges), lambda edge: edge.earlier)
    })::VARCHAR AS facts
FROM cast_roles
INNER JOIN told AS t USING (circle)
GROUP BY circle
