-- One row a lock and a time during which more than one execution held it though one held it alone.
WITH linked AS (
    SELECT
        s.claim,
        s.earlier.lock_id AS lock_id,
        s.earlier,
        s.later,
        coalesce(s.earlier.stream = s.later.stream OR s.earlier.clock_id = s.later.clock_id, FALSE) AS one_clock,
        coalesce(s.earlier.began, s.earlier.seq) AS starts,
        greatest(s.earlier.released, s.earlier.lapsed, s.earlier.alive, s.earlier.last_seq) AS ends,
        s.earlier.root_id = s.later.root_id AS one_root
    FROM shared_holdings AS s
),
judged AS (
    SELECT
        *,
        CASE WHEN one_root THEN 'same_chain' WHEN claim = 'uncertain' THEN 'clock_uncertain' END AS suppressor
    FROM linked
),
-- Pairs that hang together in time are one collision of many.
grouped AS (
    SELECT *, count(*) FILTER (WHERE starts >= covered) OVER (
        PARTITION BY lock_id, suppressor ORDER BY starts, earlier.holding, later.holding
    ) AS spell
    FROM (
        SELECT *, max(ends) OVER (
            PARTITION BY lock_id, suppressor ORDER BY starts, earlier.holding, later.holding
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered
        FROM judged
    )
),
holders AS (
    SELECT DISTINCT
        lock_id,
        suppressor,
        spell,
        unnest([earlier, later]) AS holding,
        max(claim = 'outlived') OVER (PARTITION BY lock_id, suppressor, spell) AS outlived,
        min(one_clock) OVER (PARTITION BY lock_id, suppressor, spell) AS one_clock
    FROM grouped
),
told AS (
    SELECT h.* EXCLUDE (holding), h.holding.holding AS held_by, r.place, e.* REPLACE (beside_live(e.environment) AS environment)
    FROM holders AS h
    CROSS JOIN LATERAL (
        SELECT unnest(h.holding.event_ids) AS event_id, generate_subscripts(h.holding.event_ids, 1) AS place
    ) AS r
    INNER JOIN events AS e USING (event_id)
),
cast_roles AS (
    SELECT
        *,
        CASE
            WHEN place > 1 THEN 'context'
            WHEN row_number() OVER (
                PARTITION BY lock_id, suppressor, spell, place ORDER BY occurred_at, source_seq, event_id
            ) = 1 THEN 'original'
            ELSE 'duplicate'
        END AS part
    FROM told
)

SELECT
    record_subject(entity_type, entity_id, tenant, environment) AS subject,
    CASE WHEN any_value(outlived) THEN 'probable' WHEN any_value(one_clock) THEN 'proven' ELSE 'strong' END AS grade,
    suppressor,
    witnesses(event_id, part) AS evidence,
    count(*) FILTER (WHERE part = 'duplicate') AS excess,
    to_json({
        'lock': entity_id,
        'outlived': any_value(outlived),
        'holders': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY part DESC, occurred_at, event_id) FILTER (WHERE took_part(part))
    })::VARCHAR AS facts
FROM cast_roles
GROUP BY suppressor, spell, tenant, environment, entity_type, entity_id
