-- One row a business key under which one store got more than one record within the window.
WITH creates AS (
    SELECT
        event_id,
        hash(scope_of(tenant, environment), store, entity_type, sure_hash(natural_key)) AS twin_key,
        record,
        source,
        occurred_at,
        committed
    FROM accesses
    WHERE creates
        AND natural_key IS NOT NULL
        AND occurred_at IS NOT NULL
        AND CASE WHEN committed THEN entity_id IS NOT NULL ELSE refused AND conflicts END
),
-- Several logs may tell of one record, soon or late; the first to do so is heard.
tellings AS (
    SELECT
        *,
        NOT committed OR row_number() OVER (
            PARTITION BY twin_key, CASE WHEN committed THEN record END ORDER BY source, occurred_at, event_id
        ) = 1 AS heard
    FROM creates
),
spaced AS (
    SELECT
        *,
        hash(twin_key, count(*) FILTER (WHERE gap_s > $window_s) OVER (
            PARTITION BY twin_key ORDER BY occurred_at, event_id
        )) AS collision
    FROM (
        SELECT
            *,
            epoch(occurred_at - lag(occurred_at) OVER (PARTITION BY twin_key ORDER BY occurred_at, event_id))
                AS gap_s
        FROM tellings
        WHERE heard
    )
),
twins AS (
    FROM spaced
    UNION ALL BY NAME
    SELECT again.*, first.collision
    FROM tellings AS again
    INNER JOIN spaced AS first USING (twin_key, record)
    WHERE first.committed AND NOT again.heard
),
-- A record that was removed before the next one came has no twin.
removed AS (
    SELECT t.event_id
    FROM spaced AS t
    INNER JOIN accesses AS a ON t.record = a.record AND a.removes AND a.committed
    INNER JOIN spaced AS n USING (collision)
    WHERE n.committed AND t.occurred_at < a.occurred_at AND a.occurred_at < n.occurred_at
),
told AS (
    SELECT
        t.collision,
        CASE
            WHEN NOT t.committed THEN 'guard'
            WHEN NOT t.heard THEN 'context'
            WHEN row_number() OVER (
                PARTITION BY t.collision, t.committed, t.heard ORDER BY t.occurred_at, t.event_id
            ) = 1 THEN 'original'
            ELSE 'duplicate'
        END AS part,
        t.event_id IN (FROM removed) AS is_removed,
        e.*
    FROM twins AS t
    INNER JOIN accesses AS e USING (event_id)
)

SELECT
    list_filter(
        [any_value(coalesce(target_system, "system", source)), entity_type, natural_key, tenant, environment],
        lambda part: part IS NOT NULL
    ) AS subject,
    CASE
        WHEN bool_and(coalesce(vantage, '') IN ('server', 'database', 'provider', 'broker')) FILTER (WHERE took_part(part)) THEN 'proven'
        WHEN bool_and(kind = 'write' AND vantage IS NULL) FILTER (WHERE took_part(part)) THEN 'strong'
        ELSE 'probable'
    END AS grade,
    CASE
        WHEN count(*) FILTER (WHERE took_part(part)) < 2 THEN 'guarded'
        WHEN count(*) FILTER (WHERE took_part(part) AND NOT is_removed) < 2 THEN 'recreated'
        WHEN one_chain(part, root_id) THEN 'same_chain'
    END AS suppressor,
    witnesses(event_id, part) AS evidence,
    count(*) FILTER (WHERE part = 'duplicate') AS excess,
    to_json({
        'type': coalesce(entity_type, 'record'),
        'key': natural_key,
        'store': any_value(coalesce(target_system, "system", source)),
        'ids': list(entity_id ORDER BY occurred_at, event_id) FILTER (WHERE took_part(part)),
        'gap_s': epoch(max(occurred_at) FILTER (WHERE took_part(part)) - min(occurred_at) FILTER (WHERE took_part(part))),
        'writers': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY part DESC, occurred_at, event_id) FILTER (WHERE took_part(part))
    })::VARCHAR AS facts
FROM told
GROUP BY collision, tenant, environment, entity_type, natural_key
HAVING count(*) FILTER (WHERE took_part(part)) > 1 OR (bool_or(part = 'original') AND bool_or(part = 'guard'))
