-- Transactions that ended with a rollback: they took no effect, whatever their statements reported.
--
-- An id names one transaction in whatever log it occurs, but a number only counts those of one
-- system in one log. Rows of other tenants or environments belong to other transactions; a row that
-- names neither, as a bare ROLLBACK, may belong to any.
CREATE OR REPLACE TEMP MACRO counted_by(transaction_id, source, "system") AS
CASE WHEN is_number(transaction_id) THEN hash(source, "system") ELSE 0 END;

CREATE OR REPLACE TEMP TABLE rolled_back AS
WITH endings AS (
    SELECT
        transaction_id,
        counted_by(transaction_id, source, "system") AS counter,
        tenant,
        environment,
        max({
            'at': coalesce(occurred_at, '-infinity'::TIMESTAMPTZ),
            'seq': coalesce(source_seq, -1),
            'event_id': event_id,
            'undone': outcome IN ('rejected', 'cancelled')
            OR regexp_matches(lower("action"), '(^|[^a-z])(rollback|abort)$')
        }) AS ending
    FROM events
    WHERE transaction_id IS NOT NULL
    GROUP BY ALL
),
doubtful AS (
    FROM endings
    WHERE (transaction_id, counter) IN (
        SELECT (transaction_id, counter) FROM endings WHERE ending.undone
    )
)

SELECT part.transaction_id, part.counter, part.tenant, part.environment
FROM doubtful AS part
INNER JOIN doubtful AS whole USING (transaction_id, counter)
WHERE coalesce(part.tenant = whole.tenant, TRUE) AND coalesce(part.environment = whole.environment, TRUE)
GROUP BY ALL
HAVING max(whole.ending).undone;
