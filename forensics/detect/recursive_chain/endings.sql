-- How it ended what no walk of causes tells of: by the last run, and by what came next on the record, of those who
-- took turns there or of a person, before the next turn was due.
CREATE OR REPLACE TABLE endings AS
WITH involved AS (
    SELECT
        c.finding_id,
        c.pattern,
        hash(scope_of(e.tenant, e.environment), e.entity_type, sure_hash(e.entity_id)) AS record_hash,
        scope_of(e.tenant, e.environment) AS scope,
        (coalesce(e.occurred_at, '-infinity'), coalesce(e.source_seq, 0), e.event_id) AS moment,
        e.*
    FROM candidates AS c
    INNER JOIN candidate_evidence AS v USING (finding_id)
    INNER JOIN events AS e USING (event_id)
    WHERE c.suppressor IS NULL AND c.pattern IN ('fan_out', 'flip_flop', 'inferred_loop')
),

spans AS (
    SELECT
        finding_id,
        any_value(record_hash) FILTER (pattern <> 'fan_out') AS record_hash,
        list(DISTINCT hash(sure_hash(actor), sure_hash("system"))) AS doers,
        arg_max(execution_id, moment) AS last_run,
        max(involved.occurred_at) AS last_began_at,
        max(greatest(involved.occurred_at, involved.ended_at)) AS last_at,
        last_at + 2 * (last_at - min(involved.occurred_at)) / count(DISTINCT execution_id) AS due_at,
        coalesce(max(log_ends.ended_at) <= due_at, FALSE) AS is_running
    FROM involved
    INNER JOIN log_ends USING (source)
    GROUP BY finding_id
),

closing AS (
    SELECT s.finding_id, TRUE AS is_own, e.*
    FROM spans AS s
    INNER JOIN events AS e ON s.last_run = e.execution_id
    UNION ALL
    SELECT s.finding_id, e.execution_id = s.last_run AS is_own, e.* EXCLUDE (record_hash)
    FROM spans AS s
    INNER JOIN (SELECT *, hash(scope_of(tenant, environment), entity_type, sure_hash(entity_id)) AS record_hash FROM events) AS e
        USING (record_hash)
    WHERE
        e.occurred_at > s.last_began_at AND e.occurred_at <= s.due_at
        AND e.kind = 'write'
        AND (e.actor_kind = 'human' OR list_contains(s.doers, hash(sure_hash(e.actor), sure_hash(e.system))))
),

last_words AS (
    SELECT
        finding_id,
        bool_or(stopped_by_hand(outcome, actor_kind))
        OR arg_max(NOT is_own AND coalesce(actor_kind = 'human', FALSE), moment) AS by_hand,
        coalesce(bool_or(names_budget(error)), FALSE) AS over_budget,
        arg_max(outcome, moment) AS outcome,
        count(*) FILTER (kind = 'write') AS writes,
        count(*) FILTER (kind = 'write' AND before_hash = after_hash) AS idle_writes
    FROM (
        SELECT
            *,
            (coalesce(occurred_at, '-infinity'), coalesce(source_seq, 0), event_id) AS moment,
            execution_id = arg_max(execution_id, moment) OVER (PARTITION BY finding_id) AS is_last
        FROM closing
    )
    WHERE is_last
    GROUP BY finding_id
),

-- A person switched one of the workflows off before the next run was due.
stopped AS (
    SELECT s.finding_id
    FROM spans AS s
    INNER JOIN involved AS i USING (finding_id)
    INNER JOIN switched_off AS off ON i.scope = off.scope AND i.workflow = off.workflow
    WHERE off.occurred_at BETWEEN s.last_began_at AND s.due_at
)

SELECT
    s.finding_id,
    CASE
        WHEN s.finding_id IN (FROM stopped) THEN 'person'
        WHEN how_it_ended(coalesce(by_hand, FALSE), over_budget, outcome, writes, idle_writes) <> 'unknown'
            THEN how_it_ended(coalesce(by_hand, FALSE), over_budget, outcome, writes, idle_writes)
        WHEN s.is_running THEN 'running'
        ELSE 'unknown'
    END AS ended
FROM spans AS s
INNER JOIN last_words USING (finding_id);

UPDATE candidates
SET facts = json_merge_patch(facts, to_json({'ended': ended}))::VARCHAR
FROM endings
WHERE candidates.finding_id = endings.finding_id;
