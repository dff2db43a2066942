-- One row an execution, with the execution that caused it, the root and the depth.
CREATE OR REPLACE TEMP TABLE executions AS
SELECT
    execution_id,
    min(cause_id) AS cause_id,
    execution_id AS root_id,
    0 AS depth,
    min(occurred_at) AS first_at,
    max(coalesce(ended_at, occurred_at)) AS last_at
FROM events
GROUP BY execution_id;
