-- What became of the messages behind effects: whether they were put in twice, at one moment or after they had
-- been given up, and when each of their workers was last seen.
CREATE OR REPLACE TABLE messages_put_in AS
WITH told AS (
    SELECT delivery_id, scope_of(tenant, environment) AS scope, source, "action", occurred_at, enqueued_at
    FROM events
    WHERE kind = 'other' AND delivery_id IN (SELECT delivery_id FROM messages_behind)
),

given_up AS (
    SELECT delivery_id, scope, min(occurred_at) AS at_first
    FROM told
    WHERE "action" = 'dead-letter'
    GROUP BY delivery_id, scope
),

put_in AS (
    SELECT
        delivery_id,
        scope,
        occurred_at,
        epoch(
            occurred_at - lag(occurred_at) OVER (PARTITION BY delivery_id, scope, source ORDER BY occurred_at)
        ) AS pause_s
    FROM told
    WHERE enqueued_at IS NOT NULL
)

SELECT
    p.delivery_id,
    p.scope,
    coalesce(bool_or(p.pause_s < 0.2), false) AS at_one_moment,
    coalesce(bool_or(p.occurred_at > g.at_first), false) AS after_given_up
FROM put_in AS p
LEFT JOIN given_up AS g USING (delivery_id, scope)
GROUP BY p.delivery_id, p.scope;

CREATE OR REPLACE TABLE workers_seen AS
SELECT
    source,
    scope_of(tenant, environment) AS scope,
    actor,
    max(occurred_at) AS last_at,
    max(max(occurred_at)) OVER (PARTITION BY source, scope_of(tenant, environment)) AS log_goes_on_to
FROM events
WHERE kind = 'delivery' AND source IN (SELECT handing.source FROM messages_behind)
GROUP BY source, scope_of(tenant, environment), actor;
