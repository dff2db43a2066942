-- The runs of chains in which some workflow handled one record more than once.

-- What a run was about: its record, else its input. A queue, a table or a model is a place where
-- many records meet, and the same place is not the same record; a message is the envelope of what it says.
CREATE OR REPLACE MACRO record_of(entity_type, entity_id, payload_hash) AS
CASE
    WHEN
        entity_id IS NOT NULL
        AND coalesce(entity_type, '') NOT IN ('destination', 'url', 'model', 'tool')
        AND NOT coalesce(entity_type = 'message' AND payload_hash IS NOT NULL, FALSE)
        THEN concat_ws(' ', entity_type, entity_id)
    WHEN payload_hash IS NOT NULL THEN concat('input ', payload_hash)
END;

CREATE OR REPLACE TABLE recurring_roots AS
WITH groups AS (
    SELECT any_value(root_id) AS root_id
    FROM chain_runs
    WHERE
        chain_size > 2
        AND kind IN ('trigger', 'delivery', 'write', 'effect')
        AND record_of(entity_type, entity_id, payload_hash) IS NOT NULL
    GROUP BY hash(
        root_id, scope_of(tenant, environment), workflow, "system", record_of(entity_type, entity_id, payload_hash)
    )
    HAVING count(*) > 1
)

SELECT DISTINCT root_id
FROM groups;

-- Whether the log goes on for longer after a run than two of its chain's usual pauses: the next would be in it.
CREATE OR REPLACE MACRO stood_still(last_at, lasted, runs, log_ended_at) AS
last_at + 2 * lasted / runs < log_ended_at;

-- How many others a run set off on average, and between which numbers the mean lies at 95 %: the exact limits of a
-- Poisson count (Garwood), as Byar approximates them.
CREATE OR REPLACE MACRO reproduction(children, finished) AS
{
    'mean': round(children / nullif(finished, 0), 2),
    'low': round(
        CASE WHEN children = 0 THEN 0 ELSE children * (1 - 1 / (9 * children) - 1.96 / (3 * sqrt(children))) ** 3 END
        / nullif(finished, 0),
        2
    ),
    'high': round(
        (children + 1) * (1 - 1 / (9 * (children + 1)) + 1.96 / (3 * sqrt(children + 1))) ** 3 / nullif(finished, 0), 2
    )
};

-- Whether an error says that a limit was reached that somebody had set to chains. How often something may be called
-- in a minute is no such limit.
CREATE OR REPLACE MACRO names_budget(error) AS
regexp_matches(
    error,
    '(?i)^[\W_]*budget[\W_]*(exceeded|exhausted|reached)?[\W_]*$|(step|iteration|recursion|run|loop|tool|turn|hop)s?[\W_]*budget'
    || '|recursi|(max(imum)?|too many)[\W_]*((recursion|call|chain|loop|agent|graph|workflow)[\W_]+)?'
    || '(depth|iteration|turn|step|hop|loop)|(depth|iterations?|turns?|steps?|hops?|loops?)[\W_]*(limit|exceeded)'
);

CREATE OR REPLACE MACRO stopped_by_hand(outcome, actor_kind) AS
coalesce(outcome = 'cancelled' AND actor_kind = 'human', FALSE);

CREATE OR REPLACE MACRO how_it_ended(by_hand, over_budget, outcome, writes, idle_writes) AS
CASE
    WHEN by_hand THEN 'person'
    WHEN over_budget AND outcome NOT IN ('ok', 'partial', 'replayed') THEN 'budget'
    WHEN outcome IN ('rejected', 'skipped', 'cancelled') THEN 'guard'
    WHEN writes > 0 AND writes = idle_writes THEN 'converged'
    WHEN outcome IN ('error', 'timeout') THEN 'error'
    ELSE 'unknown'
END;

-- Where a person switched a workflow off.
CREATE OR REPLACE TABLE switched_off AS
SELECT
    scope_of(tenant, environment) AS scope,
    unnest(list_distinct([workflow, entity_id])) AS workflow,
    occurred_at
FROM events
WHERE
    kind = 'change' AND actor_kind = 'human' AND outcome = 'ok'
    AND regexp_matches(
        "action", '(?i)(^|[^a-z])(disable|deactivate|pause|stop|suspend|turn.?off|unpublish)(d|s|ped)?([^a-z_]|$)'
    );

-- What became of each run, from all its rows. Where the log shows how it began, its calls do not say what it was begun
-- with: they may have keys, messages and attempts of their own.
CREATE OR REPLACE TABLE run_results AS
SELECT
    execution_id,
    max(log_ends.ended_at) AS log_ended_at,
    arg_min(operation_key, opening) FILTER (is_of_run) AS operation_key,
    arg_min(delivery_id, opening) FILTER (is_of_run) AS delivery_id,
    arg_min(attempt, opening) FILTER (is_of_run) AS attempt,
    bool_or((actor_kind = 'human' AND outcome <> 'cancelled') OR trigger_kind = 'user') AS by_person,
    bool_or(stopped_by_hand(outcome, actor_kind)) AS by_hand,
    coalesce(bool_or(names_budget(error)), FALSE) AS over_budget,
    arg_max(outcome, (coalesce(occurred_at, '-infinity'), coalesce(source_seq, 0), event_id)) AS outcome,
    count(*) FILTER (WHERE kind IN ('write', 'effect')) AS writes,
    count(*) FILTER (WHERE kind = 'write' AND before_hash = after_hash) AS idle_writes
FROM (
    SELECT
        *,
        begins_run(kind) OR kind IN ('state', 'other')
        OR NOT bool_or(begins_run(kind)) OVER (PARTITION BY execution_id) AS is_of_run,
        (NOT begins_run(kind), coalesce(occurred_at, 'infinity'), event_id) AS opening
    FROM events
    WHERE execution_id IN (
        SELECT execution_id
        FROM chain_runs
        WHERE root_id IN (SELECT root_id FROM recurring_roots)
    )
)
INNER JOIN log_ends USING (source)
GROUP BY execution_id;

-- A run is a visit when it enters a workflow: it was triggered or handed a message, or it writes
-- and the run that caused it belongs to another workflow. Calls within one workflow are no visits.
CREATE OR REPLACE TABLE runs AS
SELECT
    run.*,
    result.* EXCLUDE (execution_id),
    record_of(run.entity_type, run.entity_id, run.payload_hash) AS record,
    concat_ws('@', coalesce(run.workflow, run.kind), run.system) AS place,
    record_of(run.entity_type, run.entity_id, run.payload_hash) IS NOT NULL
    AND (
        run.kind IN ('trigger', 'delivery')
        OR (
            run.kind IN ('write', 'effect') AND run.workflow IS NOT NULL
            AND (cause.workflow, cause.system) IS DISTINCT FROM (run.workflow, run.system)
        )
    ) AS is_visit
FROM chain_runs AS run
INNER JOIN recurring_roots USING (root_id)
INNER JOIN run_results AS result ON run.execution_id = result.execution_id
LEFT JOIN chain_runs AS cause ON run.cause_id = cause.execution_id;
