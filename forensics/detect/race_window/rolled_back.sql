-- Transactions that ended with a rollback: they took no effect, whatever their statements reported;
-- each with the row that ended it. And, `in_doubt`, those whose commit is not known to have come off:
-- it timed out or failed, and no log has it as done; or it is not there, in a log that shows those of
-- others. (A single statement may commit by itself.)
--
-- An id names one transaction in whatever log it occurs, but a number only counts those of one
-- system in one log. Rows of other tenants or environments belong to other transactions; a row that
-- names neither, as a bare ROLLBACK, may belong to any.
CREATE OR REPLACE MACRO counted_by(transaction_id, source, "system") AS
CASE WHEN is_number(transaction_id) THEN hash(sure_hash(source), sure_hash("system")) ELSE 0 END;

CREATE OR REPLACE TABLE rolled_back AS
-- What each log tells of a transaction.
WITH endings AS (
    SELECT
        transaction_id,
        counter,
        tenant,
        environment,
        source,
        -- Of rows with one time, what ends a transaction is the last.
        max({
            'at': coalesce(occurred_at, '-infinity'::TIMESTAMPTZ),
            'ends': commits OR rolls_back,
            'seq': source_seq,
            'event_id': event_id,
            'undone': outcome IN ('rejected', 'cancelled') OR rolls_back OR (commits AND failed AND conflicts),
            -- Whose last step at the store failed, or was not answered, need not have been committed.
            'in_doubt': failed AND (commits OR kind IN ('read', 'write'))
        }) AS ending,
        bool_or(commits AND NOT failed) AS is_done,
        bool_or(commits OR rolls_back) AS is_ended,
        count(*) FILTER (WHERE phase IN ('single', 'end')) AS steps
    FROM (
        SELECT
            *,
            counted_by(transaction_id, source, "system") AS counter,
            regexp_matches(lower("action"), '(^|[^a-z])commit$') AS commits,
            regexp_matches(lower("action"), '(^|[^a-z])(rollback|abort)$') AS rolls_back,
            outcome NOT IN ('ok', 'partial') AS failed,
            coalesce(error_kind, '') = 'conflict' AS conflicts
        FROM events
        WHERE transaction_id IS NOT NULL
    )
    GROUP BY transaction_id, counter, tenant, environment, source
),
-- Logs in which nine in ten transactions of several steps show their end.
showing AS (
    SELECT source
    FROM (
        SELECT source, bool_or(is_ended) AS is_shown
        FROM endings
        GROUP BY source, transaction_id, counter
        HAVING sum(steps) > 1
    )
    GROUP BY source
    HAVING count(*) FILTER (is_shown) >= 0.9 * count(*)
),
expected AS (
    SELECT *, steps > 1 AND source IN (FROM showing) AS is_due
    FROM endings
),
doubtful AS (
    FROM expected
    WHERE (transaction_id, counter) IN (
        SELECT (transaction_id, counter)
        FROM expected
        WHERE ending.undone OR ending.in_doubt OR (is_due AND NOT is_ended)
    )
),

-- Where a row can be looked up: under its own tenant, or under any (0); so for environments.
-- Comparing every row with every other would take ever longer where one id is used by all tenants.
wholes AS (
    SELECT
        transaction_id,
        counter,
        of_tenant,
        of_environment,
        max(ending) AS ending,
        bool_or(is_done) AS is_done,
        bool_or(is_ended) AS is_ended,
        bool_or(is_due) AS is_due
    FROM (
        SELECT *, unnest([sure_hash(environment), 0]) AS of_environment
        FROM (SELECT *, unnest([sure_hash(tenant), 0]) AS of_tenant FROM doubtful)
    )
    GROUP BY ALL
),

parts AS (
    SELECT
        *,
        unnest(CASE WHEN environment IS NULL THEN [0] ELSE [sure_hash(environment), sure_hash(NULL)] END)
            AS of_environment
    FROM (
        SELECT
            *,
            unnest(CASE WHEN tenant IS NULL THEN [0] ELSE [sure_hash(tenant), sure_hash(NULL)] END)
                AS of_tenant
        FROM doubtful
    )
)

SELECT
    p.transaction_id,
    p.counter,
    p.tenant,
    p.environment,
    max(w.ending).event_id AS ended_by,
    NOT max(w.ending).undone AS in_doubt
FROM parts AS p
INNER JOIN wholes AS w USING (transaction_id, counter, of_tenant, of_environment)
GROUP BY p.transaction_id, p.counter, p.tenant, p.environment
HAVING max(w.ending).undone
    OR (max(w.ending).in_doubt AND NOT bool_or(w.is_done))
    OR (bool_or(w.is_due) AND NOT bool_or(w.is_ended));
