-- What an execution is about, from its rows: the one that begins it speaks for it, else the first.
-- Workflow and record are those of the first row that names one.

-- Whether a row of this kind begins an execution.
CREATE OR REPLACE MACRO begins_run(kind) AS kind IN ('trigger', 'delivery');

-- When each execution of a relation of events ran, and when its speaking row was written: one row for
-- each cause that it names, and for each tenant and environment that tells of it.
CREATE OR REPLACE MACRO told_spans_of(event_rows) AS TABLE
SELECT
    execution_id,
    cause_id,
    tenant,
    environment,
    bool_or(begins_run(kind)) AS begun,
    coalesce(
        min(CASE WHEN begins_run(kind) THEN occurred_at END),
        CASE WHEN NOT bool_or(begins_run(kind)) THEN min(occurred_at) END,
        'infinity'
    ) AS spoken_at,
    min(occurred_at) AS first_at,
    max(coalesce(ended_at, occurred_at)) AS last_at
FROM query_table(event_rows)
GROUP BY execution_id, cause_id, tenant, environment;

-- The same, one row an execution, with a number that is cheap to join on.
CREATE OR REPLACE MACRO spans_of(told_rows) AS TABLE
SELECT
    sure_hash(execution_id) AS member,
    execution_id,
    bool_or(begun) AS begun,
    coalesce(min(spoken_at) FILTER (WHERE begun), min(spoken_at)) AS spoken_at,
    min(first_at) AS first_at,
    max(last_at) AS last_at
FROM query_table(told_rows)
GROUP BY execution_id;

-- The rows that speak for the executions of `span_rows` that a row began, or for those that none did:
-- kept apart so that the wide columns of other rows are not read. `begins` says that the row stamps
-- the beginning of its execution, so that nothing it caused can have come before.
CREATE OR REPLACE MACRO spoken_in(event_rows, span_rows, is_begun) AS TABLE
SELECT
    spans.*,
    said.event_id,
    coalesce(said.clock, said.system, said.source) AS "clock",
    said.kind,
    said.workflow,
    said.system,
    said.trigger_kind,
    said.entity_type,
    said.entity_id,
    said.payload_hash,
    said.progress,
    said.tenant,
    said.environment,
    said.previous_execution_id,
    said.occurred_at,
    coalesce(said.time_means, 'start') = 'start' AND (spans.begun OR said.ended_at IS NOT NULL) AS begins
FROM query_table(event_rows) AS said
INNER JOIN query_table(span_rows) AS spans
    ON sure_hash(said.execution_id) = spans.member AND coalesce(said.occurred_at, 'infinity') = spans.spoken_at
WHERE begins_run(said.kind) = is_begun AND spans.begun = is_begun;

-- The executions of `span_rows`, which came from `spans_of`, with what their rows say.
CREATE OR REPLACE MACRO described(event_rows, span_rows) AS TABLE
WITH saying AS (
    FROM spoken_in(event_rows, span_rows, TRUE)
    UNION ALL
    FROM spoken_in(event_rows, span_rows, FALSE)
),

-- Rows of one instant: the one with the smallest id speaks. A window over all would cost more, and where as many
-- rows speak as there are executions there are none.
tied AS (
    SELECT
        member,
        min(event_id) AS event_id
    FROM saying
    SEMI JOIN (
        SELECT member
        FROM saying
        WHERE (SELECT count(*) FROM saying) > (SELECT count(*) FROM query_table(span_rows))
        GROUP BY member
        HAVING count(*) > 1
    ) USING (member)
    GROUP BY member
),

named_elsewhere AS (
    SELECT
        execution_id,
        arg_min(workflow, (NOT begins_run(kind), coalesce(occurred_at, 'infinity'), event_id)) AS workflow,
        arg_min(
            {'type': entity_type, 'id': entity_id},
            (NOT begins_run(kind), coalesce(occurred_at, 'infinity'), event_id)
        ) FILTER (WHERE entity_id IS NOT NULL) AS entity
    FROM query_table(event_rows)
    WHERE
        (workflow IS NOT NULL OR entity_id IS NOT NULL)
        AND execution_id IN (
            SELECT execution_id FROM saying
            WHERE workflow IS NULL OR entity_id IS NULL
        )
    GROUP BY execution_id
)

SELECT
    saying.* EXCLUDE (begun, spoken_at) REPLACE (
        coalesce(saying.workflow, named.workflow) AS workflow,
        CASE WHEN saying.entity_id IS NULL THEN named.entity.type ELSE saying.entity_type END AS entity_type,
        coalesce(saying.entity_id, named.entity.id) AS entity_id
    )
FROM saying
LEFT JOIN tied USING (member)
LEFT JOIN named_elsewhere AS named USING (execution_id)
WHERE tied.event_id IS NULL OR tied.event_id = saying.event_id;
