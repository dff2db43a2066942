-- What each execution says caused it, resolved to the executions that the log knows.
--
-- A name is looked up as an execution, an event, a delivery and an occurrence, in this order; the
-- first that the log knows under it wins. Nothing causes itself, and nothing of one tenant or
-- environment causes anything of another.

-- One row an execution and a name that it gives for its cause. `edge`: 1 the cause, 2 the run
-- that it continues, 3 a further cause.
CREATE OR REPLACE TEMP TABLE named_causes AS
WITH named AS (
    SELECT execution_id, 1 AS edge, cause_id AS name, tenant, environment, occurred_at
    FROM events
    WHERE cause_id IS NOT NULL
    UNION ALL
    SELECT execution_id, 2, previous_execution_id, tenant, environment, occurred_at
    FROM events
    WHERE previous_execution_id IS NOT NULL
    UNION ALL
    SELECT execution_id, 3, run_name(further, source, tenant, environment), tenant, environment, occurred_at
    FROM (SELECT *, unnest(other_causes) AS further FROM events WHERE other_causes IS NOT NULL)
)

SELECT
    execution_id,
    edge,
    name,
    tenant,
    environment,
    min(occurred_at) AS first_at
FROM named
WHERE name <> execution_id
GROUP BY ALL;

-- The runs that name a cause or bear the name of one, told by each of their tenants and environments.
CREATE OR REPLACE TEMP VIEW naming_events AS
SELECT *
FROM events
WHERE execution_id IN (
    SELECT execution_id FROM named_causes
    UNION ALL
    SELECT name FROM named_causes
    UNION ALL
    SELECT execution_id FROM numbered_runs SEMI JOIN named_causes USING ("name")
);

CREATE OR REPLACE TEMP TABLE told_runs AS
FROM told_spans_of('naming_events');

-- The executions that a name may stand for; `place` is the order in which it is looked up. A run that
-- began and bears the name outranks all others, so only `open_names` are looked up any further.
CREATE OR REPLACE TEMP TABLE cause_targets AS
WITH bearing AS (
    SELECT execution_id AS name, execution_id, tenant, environment, begun
    FROM told_runs
    UNION ALL
    SELECT numbered_runs.name, execution_id, tenant, environment, begun
    FROM told_runs
    INNER JOIN numbered_runs USING (execution_id)
),

open_names AS (
    SELECT DISTINCT name
    FROM named_causes AS named
    WHERE NOT EXISTS (
        FROM bearing AS run
        WHERE
            named.name = run.name AND run.begun AND named.execution_id <> run.execution_id
            AND coalesce(named.tenant = run.tenant, TRUE)
            AND coalesce(named.environment = run.environment, TRUE)
    )
)

SELECT name, 1 AS place, execution_id, tenant, environment
FROM bearing
SEMI JOIN named_causes USING (name)
UNION ALL
SELECT name_in_log(event_id, source), 2, execution_id, tenant, environment
FROM events SEMI JOIN open_names ON name_in_log(events.event_id, events.source) = open_names.name
UNION ALL
SELECT DISTINCT name_in_log(delivery_id, source), 3, execution_id, tenant, environment
FROM events SEMI JOIN open_names ON name_in_log(events.delivery_id, events.source) = open_names.name
UNION ALL
SELECT DISTINCT name_in_log(occurrence_id, source), 4, execution_id, tenant, environment
FROM events SEMI JOIN open_names ON name_in_log(events.occurrence_id, events.source) = open_names.name;

CREATE OR REPLACE TEMP VIEW found_events AS
SELECT *
FROM events
SEMI JOIN (SELECT execution_id FROM cause_targets WHERE place > 1) AS found USING (execution_id)
ANTI JOIN told_runs USING (execution_id);

INSERT INTO told_runs
FROM told_spans_of('found_events');

-- Every execution that causes something or names a cause, with a number that is cheap to join on.
CREATE OR REPLACE TEMP TABLE members AS
SELECT
    row_number() OVER () AS member,
    *
FROM spans_of('told_runs');

-- The one cause of each execution. What began to run comes before what only bears the name: a queue
-- logs under a task's id that it was sent, its workers log the runs. Of several runs of a delivery
-- it is the latest that had begun by then, else the earliest.
CREATE OR REPLACE TEMP TABLE parents AS
WITH possible AS (
    SELECT
        child.member,
        cause.member AS parent,
        named.edge,
        target.place,
        cause.begun,
        named.first_at AS named_at,
        named.name,
        coalesce(cause.first_at <= child.first_at, FALSE) AS earlier,
        epoch_us(cause.first_at) AS first_us,
        cause.execution_id AS cause_id
    FROM named_causes AS named
    INNER JOIN cause_targets AS target
        ON
            named.name = target.name
            AND coalesce(named.tenant = target.tenant, TRUE)
            AND coalesce(named.environment = target.environment, TRUE)
    INNER JOIN members AS child ON named.execution_id = child.execution_id
    INNER JOIN members AS cause ON target.execution_id = cause.execution_id
    WHERE child.member <> cause.member
)

SELECT
    member,
    parent,
    edge
FROM possible
QUALIFY row_number() OVER (
    PARTITION BY member
    ORDER BY edge, named_at NULLS LAST, name, begun DESC, place, earlier DESC,
        CASE WHEN earlier THEN -first_us ELSE first_us END NULLS LAST, cause_id
) = 1;
