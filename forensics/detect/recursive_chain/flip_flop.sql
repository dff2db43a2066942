-- One row a record on which two writers took turns, each putting back the value that it had set before.
WITH written AS (
    SELECT
        events.* REPLACE (coalesce(events.actor, sessions.actor) AS actor),
        hash(scope_of(tenant, environment), entity_type, sure_hash(entity_id)) AS record_hash
    FROM events
    LEFT JOIN sessions USING (event_id)
    WHERE
        kind = 'write' AND outcome IN ('ok', 'partial', 'pending', 'unknown')
        AND hash(scope_of(tenant, environment), entity_type, sure_hash(entity_id)) IN (FROM shared_records)
),

-- The value of every field that the log tells apart, else of the whole record.
assigned AS (
    SELECT
        written.* EXCLUDE (workflow, changes, before_hash, after_hash),
        coalesce(written.workflow, named_runs.workflow) AS handler,
        concat_ws('@', coalesce(handler, actor), "system") AS writer,
        hash(sure_hash("system"), sure_hash(actor)) AS principal,
        unnest(coalesce(changes, [{'name': NULL, 'before': before_hash, 'after': after_hash}])) AS change
    FROM written
    LEFT JOIN named_runs USING (execution_id)
),

work AS (
    SELECT
        execution_id,
        bool_or(coalesce(actor_kind = 'human', FALSE) OR coalesce(trigger_kind = 'user', FALSE)) AS by_person,
        bool_or(
            scheduled_for IS NOT NULL
            OR coalesce(actor_kind = 'schedule', FALSE) OR coalesce(trigger_kind = 'schedule', FALSE)
        ) AS is_scheduled,
        list(DISTINCT trace_id) FILTER (trace_id IS NOT NULL) AS traces
    FROM events
    WHERE execution_id IN (SELECT execution_id FROM assigned)
    GROUP BY execution_id
),

placed AS (
    SELECT
        assigned.*,
        change.name AS field,
        change.before AS before_value,
        change.after AS after_value,
        work.by_person,
        work.is_scheduled,
        -- A worker may go on under one name through many traces.
        CASE WHEN assigned.trace_id IS NULL THEN work.traces ELSE [assigned.trace_id] END AS traces,
        root_id,
        own_clock,
        row_number() OVER (
            PARTITION BY record_hash, change.name
            ORDER BY true_time(occurred_at, own_clock) NULLS LAST, source_seq NULLS LAST, event_id
        ) AS place
    FROM assigned
    INNER JOIN work USING (execution_id)
    INNER JOIN clocks AS own_clock ON clock_of(assigned.clock, assigned.system, assigned.source) = own_clock.clock
    LEFT JOIN (
        SELECT execution_id, root_id
        FROM linked_executions
        WHERE execution_id IN (SELECT execution_id FROM assigned)
    ) AS run USING (execution_id)
    WHERE change.after IS NOT NULL AND change.before IS DISTINCT FROM change.after
),

-- Setting the own value once more is no turn.
changed AS (
    SELECT *
    FROM placed
    QUALIFY coalesce(
        lag((writer, after_value)) OVER (PARTITION BY record_hash, field ORDER BY place) <> (writer, after_value),
        TRUE
    )
),

compared AS (
    SELECT
        *,
        lag(writer) OVER fields AS writer_before,
        lag(writer, 2) OVER fields AS writer_twice_before,
        lag(after_value) OVER fields AS value_before,
        lag(after_value, 2) OVER fields AS value_twice_before,
        lag(occurred_at, 2) OVER fields AS at_twice_before,
        lag({
            'event_id': event_id, 'execution_id': execution_id, 'principal': principal, 'fields': fields,
            'root_id': root_id, 'traces': traces, 'is_scheduled': is_scheduled, 'by_person': by_person,
            'at': occurred_at, 'clock': own_clock, 'source': source, 'stream': source_stream, 'seq': source_seq
        }) OVER fields AS answered
    FROM changed
    WINDOW fields AS (PARTITION BY record_hash, field ORDER BY place)
),

judged AS (
    SELECT
        *,
        coalesce(
            writer <> writer_before AND writer = writer_twice_before
            AND after_value <> value_before AND after_value = value_twice_before
            AND NOT by_person AND NOT answered.by_person
            AND coalesce(list_has_any(fields, answered.fields), TRUE)
            AND CASE WHEN before_value IS NULL THEN field IS NOT NULL OR fields IS NOT NULL AND answered.fields IS NOT NULL
                ELSE before_value = value_before END
            AND epoch(greatest(occurred_at - answered.at, answered.at - at_twice_before)) <= $window_s, FALSE
        ) AS undoes,
        coalesce(root_id = answered.root_id, FALSE) OR coalesce(list_has_any(traces, answered.traces), FALSE) AS goes_on,
        before_value IS NULL AND coalesce(
            order_in_log(answered.source, answered.stream, answered.seq, source, source_stream, source_seq),
            order_of(answered.at, answered.clock, occurred_at, own_clock)
        ) <> 'before' AS is_unordered
    FROM compared
),

numbered AS (
    SELECT
        *,
        count(*) FILTER (WHERE NOT undoes) OVER (PARTITION BY record_hash, field ORDER BY place) AS round
    FROM judged
),

-- A round begins with the two writes that the third takes back the last of.
turns_taken AS (
    SELECT record_hash, field, round, event_id, execution_id, undoes
    FROM numbered
    UNION ALL
    SELECT record_hash, field, round, answered.event_id, answered.execution_id, FALSE
    FROM numbered
    WHERE NOT undoes
),

rounds AS (
    SELECT
        record_hash,
        field,
        round,
        any_value(concat_ws(' ', entity_type, entity_id)) AS record,
        list_sort(list(DISTINCT writer)) AS writers,
        count(DISTINCT principal) AS principals,
        any_value(fields) AS fields,
        count(*) FILTER (WHERE undoes) AS undone,
        bool_or(undoes AND is_unordered) AS is_unordered,
        bool_and(is_scheduled AND answered.is_scheduled) AS is_scheduled,
        bool_or(undoes AND goes_on) AS goes_on,
        min(least(occurred_at, answered.at)) AS first_at,
        max(occurred_at) AS last_at
    FROM numbered
    GROUP BY record_hash, field, round
    HAVING count(*) FILTER (WHERE undoes) + 2 >= $turns
),

-- Fields of one record that flip together are one finding.
apart AS (
    SELECT
        *,
        coalesce(first_at > max(last_at) OVER (
            PARTITION BY record_hash, writers ORDER BY first_at, field NULLS FIRST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), FALSE) AS begins
    FROM rounds
),

episodes AS (
    SELECT
        *,
        count(*) FILTER (WHERE begins) OVER (
            PARTITION BY record_hash, writers ORDER BY first_at, field NULLS FIRST
        ) AS episode
    FROM apart
),

-- A run that wrote is shown with all that it did to the record, and its first row speaks for it.
shown AS (
    SELECT
        episodes.record_hash,
        episodes.writers,
        episodes.episode,
        coalesce(turns.event_id, turns_taken.event_id) AS speaks,
        coalesce(turns.event_ids, [turns_taken.event_id]) AS event_ids,
        bool_or(turns_taken.undoes) AS undoes
    FROM episodes
    INNER JOIN turns_taken
        ON
            episodes.record_hash = turns_taken.record_hash AND episodes.round = turns_taken.round
            AND episodes.field IS NOT DISTINCT FROM turns_taken.field
    LEFT JOIN turns
        ON turns_taken.execution_id = turns.execution_id AND list_contains(turns.event_ids, turns_taken.event_id)
    GROUP BY ALL
),

evidence AS (
    SELECT
        record_hash, writers, episode,
        list({
            'event_id': event_id,
            'role': CASE WHEN event_id <> speaks THEN 'context' WHEN undoes THEN 'duplicate' ELSE 'original' END
        }) AS evidence
    FROM (SELECT * EXCLUDE (event_ids), unnest(event_ids) AS event_id FROM shown)
    GROUP BY ALL
)

SELECT
    episodes.writers AS subject,
    CASE WHEN max(principals) > 1 THEN 'probable' ELSE 'suspicion' END AS grade,
    CASE
        WHEN bool_or(is_unordered) THEN 'clock_uncertain'
        WHEN bool_or(goes_on) THEN 'handed_over'
        WHEN bool_and(is_scheduled) THEN 'two_schedules'
    END AS suppressor,
    any_value(evidence.evidence) AS evidence,
    max(undone) AS excess,
    to_json({
        'writers': episodes.writers,
        'record': any_value(record),
        'fields': list_sort(list_distinct(flatten(list(CASE WHEN field IS NULL THEN coalesce(fields, []) ELSE [field] END)))),
        'turns': max(undone) + 2,
        'duration_s': epoch(max(last_at) - min(first_at))
    })::VARCHAR AS facts
FROM episodes
INNER JOIN evidence USING (record_hash, writers, episode)
GROUP BY record_hash, episodes.writers, episode
