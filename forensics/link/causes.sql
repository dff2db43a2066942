-- What each execution says caused it, resolved to the executions that the log knows.
--
-- A name is looked up as an execution, an event, a delivery and an occurrence, in this order; the
-- first that the log knows under it wins. Nothing causes itself, and nothing of one tenant or
-- environment causes anything of another.

-- The rows that name a cause are read once, for what they name and for when their run ran.
CREATE OR REPLACE VIEW caused_events AS
SELECT * FROM events WHERE cause_id IS NOT NULL;

CREATE OR REPLACE TABLE told_runs AS
FROM told_spans_of('caused_events');

-- One row an execution and a name that it gives for its cause; `member` and `named` are the hashes of
-- both. `edge`: 1 the cause, 2 the run that it continues, 3 a further cause.
CREATE OR REPLACE TABLE named_causes AS
WITH further AS (
    SELECT execution_id, 2 AS edge, previous_execution_id AS name, tenant, environment, occurred_at
    FROM events
    WHERE previous_execution_id IS NOT NULL
    UNION ALL
    SELECT execution_id, 3, run_name(other, source, tenant, environment), tenant, environment, occurred_at
    FROM (SELECT *, unnest(other_causes) AS other FROM events WHERE other_causes IS NOT NULL)
),

named AS (
    SELECT execution_id, 1 AS edge, cause_id AS name, tenant, environment, first_at
    FROM told_runs
    UNION ALL
    SELECT execution_id, edge, name, tenant, environment, min(occurred_at)
    FROM further
    GROUP BY ALL
)

SELECT
    sure_hash(execution_id) AS member,
    sure_hash(name) AS named,
    edge,
    name,
    tenant,
    environment,
    first_at
FROM named
WHERE name <> execution_id;

-- The other rows of those runs, and of the runs that bear the name of a cause.
CREATE OR REPLACE VIEW named_events AS
SELECT *
FROM events
WHERE
    cause_id IS NULL
    AND sure_hash(execution_id) IN (
        SELECT sure_hash(execution_id) FROM told_runs
        UNION ALL
        SELECT member FROM named_causes WHERE edge > 1
        UNION ALL
        SELECT named FROM named_causes
        UNION ALL
        SELECT sure_hash(execution_id) FROM numbered_runs SEMI JOIN named_causes USING ("name")
    );

INSERT INTO told_runs
FROM told_spans_of('named_events');

CREATE OR REPLACE VIEW bearing_runs AS
SELECT sure_hash(execution_id) AS named, sure_hash(execution_id) AS member, tenant, environment, begun
FROM told_runs
UNION ALL
SELECT sure_hash(numbered_runs.name), sure_hash(execution_id), tenant, environment, begun
FROM told_runs
INNER JOIN numbered_runs USING (execution_id);

-- A run that began and bears the name of a cause outranks all others: other names are looked up further.
-- A table, because its size is known: too many expected names would be looked up the wrong way round.
CREATE OR REPLACE TABLE open_names AS
SELECT DISTINCT name
FROM named_causes AS named
ANTI JOIN bearing_runs AS run
    ON
        named.named = run.named AND run.begun AND named.member <> run.member
        AND coalesce(named.tenant = run.tenant, TRUE)
        AND coalesce(named.environment = run.environment, TRUE);

-- Where else they are looked up, in the order of `place`.
CREATE OR REPLACE TABLE found_runs AS
WITH found AS (
    SELECT name_in_log(event_id, source) AS name, 2 AS place, execution_id, tenant, environment
    FROM events SEMI JOIN open_names ON name_in_log(events.event_id, events.source) = open_names.name
    UNION ALL
    SELECT DISTINCT name_in_log(delivery_id, source), 3, execution_id, tenant, environment
    FROM events SEMI JOIN open_names ON name_in_log(events.delivery_id, events.source) = open_names.name
    UNION ALL
    SELECT DISTINCT name_in_log(occurrence_id, source), 4, execution_id, tenant, environment
    FROM events SEMI JOIN open_names ON name_in_log(events.occurrence_id, events.source) = open_names.name
)

SELECT
    sure_hash(name) AS named,
    sure_hash(execution_id) AS member,
    * EXCLUDE (name)
FROM found;

CREATE OR REPLACE VIEW found_events AS
SELECT *
FROM events
SEMI JOIN found_runs USING (execution_id)
ANTI JOIN told_runs USING (execution_id);

INSERT INTO told_runs
FROM told_spans_of('found_events');

-- Every execution that causes something or names a cause.
CREATE OR REPLACE TABLE members AS
FROM spans_of('told_runs');

-- The one cause of each execution. What began to run comes before what only bears the name: a queue
-- logs under a task's id that it was sent, its workers log the runs. Of several runs of a delivery
-- it is the latest that had begun by then, else the earliest.
CREATE OR REPLACE TABLE parents AS
WITH targets AS (
    SELECT named, 1 AS place, member, tenant, environment
    FROM bearing_runs
    UNION ALL
    SELECT named, place, member, tenant, environment
    FROM found_runs
),

possible AS (
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
    INNER JOIN targets AS target
        ON
            named.named = target.named
            AND coalesce(named.tenant = target.tenant, TRUE)
            AND coalesce(named.environment = target.environment, TRUE)
    INNER JOIN members AS child ON named.member = child.member
    INNER JOIN members AS cause ON target.member = cause.member
    WHERE child.member <> cause.member
),

-- What a run was handed stands beside the poll that fetched it: a link to its one producer. Of several messages
-- fetched at once none is the cause.
polls AS (
    SELECT DISTINCT possible.member, possible.parent
    FROM possible
    INNER JOIN (
        SELECT member
        FROM named_causes
        WHERE edge = 3
        GROUP BY member
        HAVING min(named) = max(named)
    ) AS linked USING (member)
    ANTI JOIN named_causes AS caused ON possible.parent = caused.member
    -- Whoever did something is a caller.
    ANTI JOIN (SELECT execution_id FROM events WHERE kind <> 'other') AS doer
        ON possible.cause_id = doer.execution_id
    WHERE possible.edge = 1
)

SELECT
    possible.member,
    possible.parent,
    possible.edge
FROM possible
LEFT JOIN polls ON possible.member = polls.member AND possible.parent = polls.parent
QUALIFY row_number() OVER (
    PARTITION BY possible.member
    ORDER BY polls.member IS NOT NULL, edge, named_at NULLS LAST, name, begun DESC, place, earlier DESC,
        CASE WHEN earlier THEN -first_us ELSE first_us END NULLS LAST, cause_id
) = 1;
