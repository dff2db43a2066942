-- Every run that wrote to a record and of which no log names the cause. A pair of two workflows on one
-- record within the window is what a turn and its answer are.
SELECT
    scope_of(tenant, environment) AS stratum,
    0::UBIGINT AS sort,
    record_hash AS thing,
    hash(
        sure_hash(coalesce(touches.workflow, named_runs.workflow)),
        sure_hash(CASE WHEN touches.workflow IS NULL THEN named_system ELSE "system" END)
    ) AS doer,
    epoch_us(min(occurred_at)) AS began,
    began + ($window_s * 1e6)::BIGINT AS until,
    list(event_id) FILTER (event_id IN (SELECT event_id FROM wondered)) AS event_ids
FROM touches
LEFT JOIN named_runs USING (execution_id)
ANTI JOIN (
    SELECT execution_id FROM linked_executions
    WHERE depth > 0 OR cause_unseen
) AS caused USING (execution_id)
WHERE kind = 'write' AND occurred_at IS NOT NULL AND coalesce(touches.workflow, named_runs.workflow) IS NOT NULL
GROUP BY stratum, thing, doer, execution_id
