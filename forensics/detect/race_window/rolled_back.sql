-- Transactions that ended with a rollback: they took no effect, whatever their statements reported;
-- each with the row that ended it.
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
),

-- Where a row can be looked up: under its own tenant, or under any (0); so for environments.
-- Comparing every row with every other would take ever longer where one id is used by all tenants.
wholes AS (
    SELECT transaction_id, counter, of_tenant, of_environment, max(ending) AS ending
    FROM (
        SELECT *, unnest([hash(environment), 0]) AS of_environment
        FROM (SELECT *, unnest([hash(tenant), 0]) AS of_tenant FROM doubtful)
    )
    GROUP BY ALL
),

parts AS (
    SELECT
        *,
        unnest(CASE WHEN environment IS NULL THEN [0] ELSE [hash(environment), hash(NULL)] END)
            AS of_environment
    FROM (
        SELECT
            *,
            unnest(CASE WHEN tenant IS NULL THEN [0] ELSE [hash(tenant), hash(NULL)] END)
                AS of_tenant
        FROM doubtful
    )
)

SELECT p.transaction_id, p.counter, p.tenant, p.environment, max(w.ending).event_id AS ended_by
FROM parts AS p
INNER JOIN wholes AS w USING (transaction_id, counter, of_tenant, of_environment)
GROUP BY p.transaction_id, p.counter, p.tenant, p.environment
HAVING max(w.ending).undone;
