-- Who made the changes that a database tells of. Its log of statements names the session that ran a
-- transaction, and not whether it was committed; its log of changes has what was committed, and no
-- session. The transaction's number is in both.
CREATE OR REPLACE TABLE sessions AS
SELECT c.event_id, min(s.execution_id) AS ran_in, min(s.actor) AS actor
FROM events AS c
INNER JOIN (
    SELECT DISTINCT source, clock, tenant, environment, transaction_id, entity_type, execution_id, actor
    FROM events
    WHERE kind = 'write' AND outcome = 'unknown' AND vantage = 'database' AND execution_id <> event_id
) AS s
    ON
        c.transaction_id = s.transaction_id
        AND c.entity_type = s.entity_type
        AND c.clock = s.clock
        AND c.tenant IS NOT DISTINCT FROM s.tenant
        AND beside_live(c.environment) IS NOT DISTINCT FROM beside_live(s.environment)
        AND c.source <> s.source
WHERE c.kind = 'write' AND c.outcome = 'ok' AND c.vantage = 'database'
GROUP BY c.event_id
HAVING min(s.execution_id) = max(s.execution_id);
