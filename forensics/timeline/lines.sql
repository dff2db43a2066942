-- The log lines that figures draw, read once however many figures there are. `at` and `ended_at` are by
-- the reference clock, `logged_at` is as it stands in the log; `error_us` is how far `at` may be off
-- against other clocks, `resolution_us` against the same.
CREATE OR REPLACE TEMP TABLE figure_lines AS
SELECT
    c.finding_id,
    c.detector,
    c.role,
    e.event_id,
    e.source,
    coalesce(e."system", e.source) AS lane,
    e."system",
    e.target_system,
    e.workflow,
    e.actor,
    e.actor_kind,
    e.kind,
    e.phase,
    e."action",
    e.outcome,
    e.execution_id,
    coalesce(e.transaction_id, e.execution_id) AS party,
    nullif(concat_ws(' ', e.entity_type, e.entity_id), '') AS record,
    e.version_read,
    e.version_written,
    e.customer_id,
    e.occurred_at AS logged_at,
    true_time(e.occurred_at, k) AS "at",
    true_time(e.ended_at, k) AS ended_at,
    k.clock,
    least(k.resolution_us, 86400000000) AS resolution_us,
    least(k.error_us, 86400000000) AS error_us
FROM candidate_evidence AS c
SEMI JOIN figure_findings USING (finding_id)
INNER JOIN events AS e USING (event_id)
LEFT JOIN clocks AS k ON clock_of(e.clock, e."system", e.source) = k.clock
WHERE c.suppressor IS NULL;

-- The runs that those lines belong to, from first to last, and what caused each.
CREATE OR REPLACE TEMP TABLE figure_runs AS
WITH spans AS (
    SELECT
        e.execution_id,
        arg_min(coalesce(e."system", e.source), coalesce(e.occurred_at, 'infinity')) AS lane,
        arg_min(e.workflow, coalesce(e.occurred_at, 'infinity')) AS workflow,
        arg_min(e.actor, coalesce(e.occurred_at, 'infinity')) AS actor,
        min(true_time(e.occurred_at, k)) AS first_at,
        max(true_time(coalesce(e.ended_at, e.occurred_at), k)) AS last_at
    FROM events AS e
    LEFT JOIN clocks AS k ON clock_of(e.clock, e."system", e.source) = k.clock
    WHERE e.execution_id IN (SELECT execution_id FROM figure_lines)
    GROUP BY e.execution_id
)

SELECT
    spans.* REPLACE (coalesce(run.workflow, spans.workflow) AS workflow),
    run.cause_id,
    run.depth
FROM spans
LEFT JOIN linked_executions AS run USING (execution_id);

-- The runs of chains; `place` is the workflow and its system.
CREATE OR REPLACE TEMP TABLE figure_chain AS
SELECT
    finding_id,
    execution_id,
    concat_ws('@', coalesce(workflow, actor, 'run'), lane) AS place,
    first_at AS "at",
    cause_id,
    depth,
    is_excess
FROM (
    SELECT finding_id, execution_id, bool_or("role" = 'duplicate') AS is_excess
    FROM figure_lines
    WHERE detector = 'recursive_chain' AND "role" <> 'context'
    GROUP BY finding_id, execution_id
)
INNER JOIN figure_runs USING (execution_id);

-- What got through on the edges that a storm retried, around its time. Whom a row called is told by the
-- system or the workflow that it names; where it names neither, what got through cannot be counted.
CREATE OR REPLACE TEMP TABLE figure_edges AS
SELECT
    finding_id, source, "system", target_system, workflow,
    min(min("at")) OVER storm AS first_at,
    max(max("at")) OVER storm AS last_at
FROM figure_lines
WHERE
    detector = 'retry_storm' AND "role" IN ('cause', 'original', 'duplicate')
    AND (target_system IS NOT NULL OR workflow IS NOT NULL)
GROUP BY finding_id, source, "system", target_system, workflow
WINDOW storm AS (PARTITION BY finding_id);

CREATE OR REPLACE TEMP TABLE figure_answers AS
SELECT d.finding_id, true_time(e.occurred_at, k) AS "at"
FROM events AS e
LEFT JOIN clocks AS k ON clock_of(e.clock, e."system", e.source) = k.clock
INNER JOIN figure_edges AS d
    ON
        e.source = d.source
        AND e."system" IS NOT DISTINCT FROM d."system"
        AND e.target_system IS NOT DISTINCT FROM d.target_system
        AND e.workflow IS NOT DISTINCT FROM d.workflow
WHERE
    e.kind IN ('attempt', 'delivery', 'effect', 'trigger')
    AND e.outcome IN ('ok', 'replayed', 'skipped') AND e.phase <> 'start'
    AND true_time(e.occurred_at, k) BETWEEN d.first_at - (d.last_at - d.first_at) - INTERVAL 1 MINUTE
    AND d.last_at + (d.last_at - d.first_at) + INTERVAL 1 MINUTE;
