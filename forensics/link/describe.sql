-- What an execution is about, from its rows: the one that begins it speaks for it, else the first.
-- Workflow and record are those of the first row that names one.
--
-- The macro takes a relation of events with two columns more: `member`, the execution in any form
-- that is cheap to group by, and `row_id`, which tells its rows apart. `begins` says that the row
-- stamps the beginning of the execution, so that nothing it caused can have come before.
CREATE OR REPLACE TEMP MACRO described(event_rows) AS TABLE
WITH ranked AS (
    SELECT
        row_id,
        row_number() OVER (
            PARTITION BY member
            ORDER BY kind NOT IN ('trigger', 'delivery'), occurred_at NULLS LAST, event_id
        ) AS place
    FROM query_table(event_rows)
),

summed AS (
    SELECT
        member,
        arg_min(row_id, place) AS row_id,
        arg_min(workflow, place) AS workflow,
        arg_min({'type': entity_type, 'id': entity_id}, place) FILTER (WHERE entity_id IS NOT NULL) AS entity,
        min(occurred_at) AS first_at,
        max(coalesce(ended_at, occurred_at)) AS last_at
    FROM query_table(event_rows)
    INNER JOIN ranked USING (row_id)
    GROUP BY member
)

SELECT
    summed.member,
    speaking.execution_id,
    speaking.event_id,
    coalesce(speaking.clock, speaking.system, speaking.source) AS "clock",
    speaking.kind,
    summed.workflow,
    speaking.system,
    speaking.trigger_kind,
    summed.entity.type AS entity_type,
    summed.entity.id AS entity_id,
    speaking.payload_hash,
    speaking.progress,
    speaking.tenant,
    speaking.environment,
    speaking.previous_execution_id,
    speaking.occurred_at,
    coalesce(speaking.time_means, 'start') = 'start'
    AND (speaking.kind IN ('trigger', 'delivery') OR speaking.ended_at IS NOT NULL) AS begins,
    summed.first_at,
    summed.last_at
FROM summed
INNER JOIN query_table(event_rows) AS speaking USING (row_id);
