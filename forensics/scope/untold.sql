-- Logs that tell of messages handed over, or of runs begun, and never of the end of any of one consumer's or
-- system's: which of them are open they cannot tell, since what ended in an error may be tried again. A queue that was read itself ($queues) tells what waits in it.
SELECT
    source,
    coalesce(consumer, callee_of(target_system, system, source)) AS whose,
    CASE WHEN delivery_id IS NULL THEN 'run' ELSE 'message' END AS kind,
    count(DISTINCT coalesce(delivery_id, execution_id)) FILTER (outcome = 'pending') AS works
FROM events
WHERE kind IN ('delivery', 'trigger') AND source NOT IN (SELECT unnest($queues::VARCHAR []))
GROUP BY ALL
HAVING
    bool_or(outcome = 'pending')
    AND NOT bool_or(
        outcome IN ('ok', 'partial', 'skipped', 'rejected', 'replayed', 'cancelled') AND phase <> 'start'
    )
ORDER BY ALL
