-- Who took turns on a record: its runs that no id links, with the value each heard and told.

-- What was done to records, and the triggers and messages that set it off. What people did is left
-- out.
CREATE OR REPLACE VIEW touches AS
SELECT
    *,
    hash(scope_of(tenant, environment), entity_type, sure_hash(entity_id)) AS record_hash
FROM events
WHERE
    kind IN ('trigger', 'delivery', 'write') AND entity_id IS NOT NULL
    AND outcome IN ('ok', 'partial', 'pending', 'unknown')
    AND actor_kind IS DISTINCT FROM 'human' AND trigger_kind IS DISTINCT FROM 'user';

-- Records that one workflow wrote more than once and another wrote as well: only these are looked at.
-- A write that names no workflow may be anybody's.
CREATE OR REPLACE TABLE shared_records AS
WITH writers AS (
    SELECT
        record_hash,
        workflow IS NULL AS is_nameless,
        hash(sure_hash(workflow), sure_hash("system")) AS writer,
        count(*) AS writes
    FROM touches
    WHERE kind = 'write'
    GROUP BY record_hash, writer, is_nameless
)

SELECT record_hash
FROM writers
GROUP BY record_hash
HAVING sum(writes) > 2 AND (bool_or(is_nameless) OR (max(writes) > 1 AND count(*) > 1));

-- Few logs name the workflow at every write: what set the run off names it. A run of two names has
-- none, nor has one that a person asked for.
CREATE OR REPLACE TABLE named_runs AS
SELECT
    execution_id,
    any_value(workflow) AS workflow,
    arg_min("system", (coalesce(occurred_at, 'infinity'), event_id)) AS named_system
FROM events
WHERE
    kind IN ('trigger', 'delivery') AND workflow IS NOT NULL
    AND execution_id IN (
        SELECT execution_id FROM touches
        WHERE workflow IS NULL AND kind = 'write' AND record_hash IN (FROM shared_records)
    )
GROUP BY execution_id
HAVING min(workflow) = max(workflow)
    AND NOT bool_or(coalesce(actor_kind = 'human', FALSE) OR coalesce(trigger_kind = 'user', FALSE));

-- A run on a record: what set it off or what it read is what it heard, what it wrote last is what
-- it told. Runs whose cause the log names are left out.
CREATE OR REPLACE TABLE turns AS
WITH told AS (
    SELECT
        tenant,
        beside_live(environment) AS environment,
        entity_type,
        entity_id,
        execution_id,
        event_id,
        kind,
        CASE
            WHEN touches.workflow IS NULL THEN concat_ws('@', named_runs.workflow, named_system)
            ELSE concat_ws('@', touches.workflow, touches.system)
        END AS place,
        {
            'at': occurred_at, 'clock_name': clock_of("clock", "system", source), 'source': source,
            'stream': source_stream, 'seq': source_seq
        } AS stamp,
        (coalesce(occurred_at, 'infinity'), coalesce(source_seq, 0), event_id) AS moment,
        CASE WHEN kind = 'write' THEN [before_hash::VARCHAR, 'version ' || version_read]
            ELSE [payload_hash::VARCHAR, 'version ' || version_written] END AS heard,
        CASE WHEN kind = 'write' THEN [after_hash::VARCHAR, 'version ' || version_written] END AS told,
        coalesce(before_hash <> after_hash, TRUE) AS is_changing,
        execution_id IN (
            SELECT execution_id FROM events
            WHERE actor_kind = 'schedule' OR trigger_kind = 'schedule' OR scheduled_for IS NOT NULL
        ) AS is_scheduled
    FROM touches
    LEFT JOIN named_runs USING (execution_id)
    WHERE record_hash IN (FROM shared_records) AND coalesce(touches.workflow, named_runs.workflow) IS NOT NULL
)

SELECT
    tenant,
    environment,
    entity_type,
    entity_id,
    execution_id,
    place,
    arg_min(event_id, moment) AS event_id,
    list(event_id) AS event_ids,
    min(moment) AS moment,
    arg_min(stamp, moment) AS began,
    arg_max(stamp, moment) FILTER (WHERE kind = 'write') AS wrote,
    list_filter(flatten(list(heard)), lambda value : value IS NOT NULL) AS heard,
    list_filter(flatten(list(heard) FILTER (WHERE kind <> 'write')), lambda value : value IS NOT NULL) AS set_off_by,
    list_filter(arg_max(told, moment), lambda value : value IS NOT NULL) AS told,
    bool_or(is_changing) FILTER (WHERE kind = 'write') AS is_changing,
    any_value(is_scheduled) AS is_scheduled
FROM told
ANTI JOIN (
    SELECT execution_id FROM linked_executions
    WHERE depth > 0 OR cause_unseen
) AS caused USING (execution_id)
GROUP BY ALL
HAVING count(*) FILTER (WHERE kind = 'write') > 0;
