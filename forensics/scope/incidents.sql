-- What findings may share: an event, a chain, a trace, a record, an operation, an effect. The same id
-- of another tenant or environment is another thing; where a log names none, that of the others is
-- meant if they all name one.

-- The runs that did what a finding tells of. A callee's line of a call has a run of its own; the caller's line of
-- it says in which run the call was made.
CREATE OR REPLACE TEMP TABLE finding_works AS
SELECT finding_id, execution_id, tenant, environment, occurred_at
FROM finding_events
UNION
SELECT f.finding_id, e.execution_id, e.tenant, e.environment, e.occurred_at
FROM finding_effects AS f
INNER JOIN found_witnesses AS w USING (effect_key)
INNER JOIN events AS e USING (event_id)
WHERE NOT f.is_context AND NOT w.is_state;

-- From each run up to the first that is evidence of a finding: its own findings lead on from there. `runs` names a
-- relation of finding_id and execution_id.
CREATE OR REPLACE TEMP MACRO climbed_from(runs) AS TABLE
WITH RECURSIVE climbing AS (
    SELECT f.finding_id, x.cause_id AS execution_id, 1 AS hops
    FROM query_table(runs) AS f
    INNER JOIN linked_executions AS x USING (execution_id)
    WHERE x.cause_id IS NOT NULL
    UNION
    SELECT c.finding_id, x.cause_id, c.hops + 1
    FROM climbing AS c
    INNER JOIN linked_executions AS x USING (execution_id)
    WHERE
        x.cause_id IS NOT NULL
        AND c.hops < 64
        AND c.execution_id NOT IN (SELECT execution_id FROM query_table(runs))
)

SELECT finding_id, execution_id FROM climbing;

-- Which finding's run led to which other's, however much later.
CREATE OR REPLACE TEMP TABLE caused_findings AS
SELECT DISTINCT c.finding_id, f.finding_id AS earlier_id
FROM climbed_from('finding_works') AS c
INNER JOIN finding_works AS f USING (execution_id)
WHERE c.finding_id <> f.finding_id;

CREATE OR REPLACE TEMP TABLE shared_things AS
WITH named AS (
    SELECT
        finding_id, 'event' AS kind, sure_hash(event_id) AS "name", NULL AS tenant, NULL AS environment,
        occurred_at, TRUE AS lasts
    FROM finding_events
    UNION ALL
    SELECT f.finding_id, 'chain', sure_hash(x.root_id), f.tenant, f.environment, f.occurred_at, FALSE
    FROM finding_works AS f
    INNER JOIN executions AS x USING (execution_id)
    UNION ALL
    SELECT unnest([finding_id, earlier_id]), 'cause', hash(finding_id, earlier_id), NULL, NULL, NULL, TRUE
    FROM caused_findings
    UNION ALL
    SELECT finding_id, 'trace', sure_hash(trace_id), tenant, environment, occurred_at, FALSE
    FROM finding_events
    WHERE trace_id IS NOT NULL
    UNION ALL
    -- Numbers without a type are unique within one log only.
    SELECT
        finding_id,
        'record',
        hash(entity_type, sure_hash(entity_id), CASE WHEN entity_type IS NULL THEN source END),
        tenant,
        environment,
        occurred_at,
        TRUE
    FROM finding_events
    WHERE entity_id IS NOT NULL
    UNION ALL
    SELECT
        finding_id,
        'operation',
        hash(sure_hash(operation_key), CASE WHEN NOT beyond_chance(operation_key) THEN sure_hash(callee) END),
        tenant,
        environment,
        occurred_at,
        beyond_chance(operation_key)
    FROM finding_events
    WHERE operation_key IS NOT NULL
    UNION ALL
    -- The key of an effect says whose it is.
    SELECT finding_id, 'effect', effect_key, NULL, NULL, NULL, TRUE FROM finding_effects
),

owned AS (
    SELECT
        finding_id,
        kind,
        "name",
        occurred_at,
        lasts,
        coalesce(tenant, CASE WHEN min(tenant) OVER alike = max(tenant) OVER alike THEN min(tenant) OVER alike END)
            AS tenant,
        coalesce(
            environment,
            CASE
                WHEN min(environment) OVER alike = max(environment) OVER alike THEN min(environment) OVER alike
            END
        ) AS environment
    FROM named
    WINDOW alike AS (PARTITION BY kind, "name")
),

things AS (
    SELECT
        finding_id,
        kind,
        lasts,
        hash(kind, "name", sure_hash(tenant), beside_live(environment)) AS thing,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at
    FROM owned
    GROUP BY ALL
),

-- Who runs for days sets much off that has nothing to do with each other: such an id joins what follows within
-- the hour, and what has no time. An hour is the longest pause after which a queue hands work out again unless it
-- is told otherwise (https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html).
paused AS (
    SELECT
        *,
        coalesce(
            NOT lasts
            AND first_at > max(last_at) OVER (
                PARTITION BY thing
                ORDER BY first_at NULLS FIRST, finding_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) + INTERVAL 1 HOUR,
            FALSE
        ) AS anew
    FROM things
)

SELECT
    finding_id,
    kind,
    hash(
        thing,
        count(*) FILTER (anew) OVER (
            PARTITION BY thing
            ORDER BY first_at NULLS FIRST, finding_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
    ) AS thing
FROM paused;
