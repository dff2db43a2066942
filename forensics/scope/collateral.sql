-- Work of others that was refused on a limit which an incident used up meanwhile, or was perhaps starved on it.

-- Whose limit a refusal names: that of all who call it (`callee`), of one user of it (`user`), or of the caller's
-- own pool of connections to it (`pool`).
-- https://www.postgresql.org/docs/current/errcodes-appendix.html, class 53
-- https://dev.mysql.com/doc/mysql-errors/9.4/en/server-error-reference.html, 1040, 1203, 1226
-- https://docs.sqlalchemy.org/en/20/errors.html#error-3o7r
CREATE OR REPLACE TEMP MACRO limit_named(error, error_kind) AS CASE
    WHEN
        regexp_matches(
            error,
            '(?i)QueuePool limit|pool\W.{0,20}exhausted|PoolExhausted|PoolTimeout|WaitQueueTimeout|pool is probably full'
            '|HikariPool.*not available|obtaining a connection from the pool|get a connection, pool error'
        )
        THEN 'pool'
    WHEN
        regexp_matches(
            error,
            '(?i)max_user_connections|too many connections for role|ER_TOO_MANY_USER_CONNECTIONS|ER_USER_LIMIT_REACHED'
        )
        OR (error_kind = 'throttle' AND regexp_matches(error, '^(1203|1226)\b'))
        THEN 'user'
    WHEN
        error_kind = 'throttle'
        OR regexp_matches(
            error,
            '(?i)^(53300|53400)\b|SQLSTATE.{0,3}(53300|53400)|too many (clients|connections)|ER_CON_COUNT_ERROR'
            '|remaining connection slots|max number of clients reached|no more connections allowed'
        )
        THEN 'callee'
END;

-- What the calls of a storm, or of the runs that a circle had too many of, went to, and when.
CREATE OR REPLACE TEMP TABLE limit_users AS
SELECT i.incident_id, f.event_id
FROM finding_events AS f
INNER JOIN finding_incidents AS i USING (finding_id)
WHERE f.detector = 'retry_storm' AND f.role = 'duplicate'
UNION
SELECT f.incident_id, e.event_id
FROM (
    SELECT DISTINCT i.incident_id, f.execution_id
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE f.detector = 'recursive_chain' AND f.role = 'duplicate'
) AS f
INNER JOIN events AS e USING (execution_id)
WHERE e.kind IN ('attempt', 'effect', 'write') AND e.target_system IS NOT NULL;

CREATE OR REPLACE TEMP TABLE used_limits AS
SELECT
    row_number() OVER () AS limit_id,
    u.incident_id,
    callee_of(e.target_system, e.system, e.source) AS callee,
    e.tenant,
    beside_live(e.environment) AS environment,
    list(DISTINCT e.system) AS callers,
    list(DISTINCT coalesce(e.on_behalf_of, e.actor)) AS users,
    min(e.occurred_at) AS first_at,
    max(e.occurred_at) AS last_at
FROM limit_users AS u
INNER JOIN events AS e USING (event_id)
GROUP BY ALL;

-- Every call to it in the hour that `metastable` and the goodput compare with as well, and while it was used up. The
-- last two minutes before are left out, so the hour begins 62 minutes before: the first call that failed may have
-- waited for a minute, which is nginx's default, for what had stopped to answer up to a minute before that.
-- https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout
-- A call of a run that the incident tells of is its own.
CREATE OR REPLACE TEMP TABLE limited_calls AS
WITH own_runs AS (
    SELECT DISTINCT i.incident_id, f.execution_id
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE f.role <> 'context'
),

calls AS (
    SELECT
        l.*,
        e.event_id,
        e.execution_id,
        sure_hash(coalesce(e.operation_key, e.delivery_id, e.event_id)) AS operation,
        e.customer_id,
        e.occurred_at,
        e.occurred_at >= l.first_at AS is_during,
        e.outcome IN ('ok', 'replayed', 'skipped') AS is_served,
        e.kind NOT IN ('state', 'change', 'inference', 'approval', 'other') AS is_call,
        e.outcome = 'timeout' OR coalesce(e.error_kind = 'timeout', FALSE) AS has_waited,
        coalesce(regexp_matches(e.error, '\b503\b|^53\d{3}\b'), FALSE) AS is_overload,
        is_call AND coalesce(
            CASE limit_named(e.error, e.error_kind)
                WHEN 'callee' THEN TRUE
                WHEN 'pool' THEN list_contains(l.callers, e.system)
                WHEN 'user'
                    THEN len(l.users) = 0 OR coalesce(list_contains(l.users, coalesce(e.on_behalf_of, e.actor)), TRUE)
            END,
            FALSE
        ) AS is_refused
    FROM events AS e
    INNER JOIN used_limits AS l
        ON
            callee_of(e.target_system, e.system, e.source) = l.callee
            AND e.tenant IS NOT DISTINCT FROM l.tenant
            AND beside_live(e.environment) IS NOT DISTINCT FROM l.environment
            AND e.occurred_at BETWEEN l.first_at - INTERVAL 62 MINUTES AND l.last_at
    WHERE e.phase <> 'start' AND (e.occurred_at >= l.first_at OR e.occurred_at < l.first_at - INTERVAL 2 MINUTES)
)

SELECT
    c.* EXCLUDE (callers, users),
    r.execution_id IS NOT NULL OR f.event_id IS NOT NULL AS is_own
FROM calls AS c
LEFT JOIN own_runs AS r USING (incident_id, execution_id)
LEFT JOIN (SELECT DISTINCT event_id FROM finding_events) AS f ON c.event_id = f.event_id;

-- That a call waited in vain says nothing of a limit where calls did before as well, or where all failed from the
-- first on: what failed then is the callee. What is only overloaded counts where a limit of it is told besides.
-- Ten minutes with calls, none of which waited, leave at most a quarter of such minutes unseen (0.05 ^ (1 / 10) = 0.74);
-- of fewer it would be more.
CREATE OR REPLACE TEMP TABLE incident_collateral AS
WITH usual AS (
    SELECT
        limit_id,
        count(DISTINCT time_bucket(INTERVAL 1 MINUTE, occurred_at)) FILTER (NOT is_during AND NOT is_own AND is_call) >= 10
        AND NOT bool_or(NOT is_during AND NOT is_own AND (has_waited OR is_overload)) AS is_known,
        min(occurred_at) FILTER (is_during AND is_refused) AS told_at,
        min(occurred_at) FILTER (is_during AND is_served AND is_call AND NOT is_own) AS served_at
    FROM limited_calls
    GROUP BY ALL
),

others AS (
    SELECT
        c.*,
        c.is_call
        AND u.is_known
        AND coalesce(
            (u.told_at <= c.occurred_at AND (c.has_waited OR c.is_overload))
            OR (u.served_at < c.occurred_at AND c.has_waited),
            FALSE
        ) AS is_starved
    FROM limited_calls AS c
    INNER JOIN usual AS u USING (limit_id)
    WHERE c.is_during AND NOT c.is_own
),

operations AS (
    SELECT
        incident_id,
        operation,
        CASE
            WHEN max(customer_id) IS NOT NULL THEN hash(sure_hash(any_value(tenant)), sure_hash(max(customer_id)))
        END AS customer,
        bool_or(others.is_refused) AS is_refused,
        bool_or(others.is_starved) AND NOT bool_or(others.is_refused) AS is_starved
    FROM others
    WHERE others.is_refused OR others.is_starved
    GROUP BY incident_id, operation
)

SELECT
    incident_id,
    count(*) FILTER (is_refused) AS refused,
    count(DISTINCT customer) FILTER (is_refused) AS refused_customers,
    count(*) FILTER (is_starved) AS starved,
    count(DISTINCT customer) FILTER (is_starved) AS starved_customers
FROM operations
GROUP BY incident_id;
