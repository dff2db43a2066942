-- Every write to a record that took time, also of records that only one ever writes: they show when writes come.
-- A pair of two writers on one record, under way at once, is what the pattern finds.
SELECT
    scope_of(e.tenant, e.environment) AS stratum,
    0::UBIGINT AS sort,
    hash(scope_of(e.tenant, e.environment), e.entity_type, sure_hash(e.entity_id)) AS thing,
    hash(sure_hash(e."system"), sure_hash(e.actor)) AS doer,
    epoch_us(e.occurred_at) - c.offset_us AS began,
    epoch_us(e.ended_at) - c.offset_us AS until,
    CASE WHEN e.event_id IN (SELECT event_id FROM wondered) THEN [e.event_id] END AS event_ids
FROM events AS e
INNER JOIN clocks AS c ON clock_of(e."clock", e."system", e.source) = c.clock
WHERE
    (e.kind = 'write' OR (e.write_kind IS NOT NULL AND e.kind <> 'state')) AND e.entity_id IS NOT NULL
    AND e.outcome IN ('ok', 'partial') AND e.ended_at > e.occurred_at
