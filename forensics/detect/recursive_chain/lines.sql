-- One row a line of returns, with all that would make it harmless.

-- Each return, compared with the visit that it returns to.
CREATE OR REPLACE TABLE steps AS
SELECT
    lines.line,
    lines.visit,
    visits.visited,
    here.execution_id,
    returns.between_runs,
    returns.is_joined,
    returns.is_asked_for,
    epoch(here.first_at - before.first_at) AS pause_s,
    list_prepend(here.place, returns.between_places) AS cycle,
    list_prepend(here.system, returns.between_systems) AS systems,
    returns.between_runs = []
    AND coalesce(
        here.operation_key = before.operation_key OR here.delivery_id = before.delivery_id
        OR (here.edge = 'previous' AND here.trigger_kind IN ('manual_retry', 'replay', 'backfill'))
        OR (here.edge = 'previous' AND here.attempt > before.attempt), FALSE
    ) AS is_retry,
    coalesce(
        here.trigger_kind = 'continue_as_new' OR (here.edge = 'previous' AND here.progress IS NOT NULL), FALSE
    ) AS is_continued,
    coalesce(try_cast(here.progress AS DOUBLE) < try_cast(before.progress AS DOUBLE), FALSE) AS is_falling,
    CASE
        WHEN here.progress <> before.progress THEN here.progress
        WHEN returns.between_runs = [] AND here.payload_hash <> before.payload_hash THEN here.payload_hash::VARCHAR
    END AS position
FROM lines
INNER JOIN returns USING (execution_id)
INNER JOIN visits USING (execution_id)
INNER JOIN runs AS here ON lines.execution_id = here.execution_id
INNER JOIN runs AS before ON returns.earlier = before.execution_id;

-- Every run on the circles of a line, with how often its own record had been visited by then.
CREATE OR REPLACE TABLE line_runs AS
WITH members AS (
    SELECT line, line AS execution_id
    FROM steps
    UNION
    SELECT line, execution_id
    FROM steps
    UNION
    SELECT line, unnest(between_runs)
    FROM steps
)

SELECT
    members.line,
    coalesce(lines.visit, 1) AS visit,
    runs.*
FROM members
INNER JOIN runs USING (execution_id)
LEFT JOIN lines USING (execution_id);

CREATE OR REPLACE TABLE loops AS
WITH circled AS (
    SELECT
        line,
        any_value(visited) AS visited,
        max(visit) AS visits,
        bool_or(is_joined) AS is_torn,
        -- Nobody answers as evenly as a clock.
        bool_and(is_asked_for) AND NOT regular(pause_s) AS is_asked_for,
        count(DISTINCT visit) FILTER (WHERE is_retry) AS retries,
        bool_and(is_continued) AS is_continued,
        bool_and(is_falling) AS is_falling,
        count(DISTINCT position) = count(*) AS is_moving,
        -- Where the trace joins two visits, others may lie between them.
        max(len(cycle)) FILTER (NOT is_joined) = 1 AS is_own,
        len(list_distinct(flatten(list(systems)))) > 1 AS is_across,
        arg_max(cycle, (NOT is_joined, visit, execution_id)) AS cycle
    FROM steps
    GROUP BY line
    -- A trace alone makes no circle: somewhere the causes must lead round.
    HAVING NOT bool_and(is_joined)
),

ran AS (
    SELECT
        line,
        any_value(root_id) AS root_id,
        min(first_at) AS first_at,
        max(last_at) AS last_at,
        count(*) AS executions,
        max(log_ended_at) AS log_ended_at,
        sum(writes) FILTER (WHERE visit > 1) AS later_writes,
        sum(idle_writes) FILTER (WHERE visit > 1) AS later_idle_writes,
        arg_max(outcome, (coalesce(first_at, '-infinity'), depth, execution_id)) AS last_outcome
    FROM line_runs
    GROUP BY line
)

SELECT
    *,
    CASE WHEN is_own THEN 'self_trigger' WHEN is_across THEN 'cross_system_loop' ELSE 'loop' END AS pattern,
    NOT coalesce(stood_still(last_at, last_at - first_at, executions, log_ended_at), FALSE) AS is_running
FROM circled
INNER JOIN ran USING (line);

-- A chain that lost causes stands still between two of its runs. Another by which the same workflow came back to
-- the same record, that nobody is known to have begun, and that lies in one such pause as a whole, is a piece
-- of it that lost its trace as well.
CREATE OR REPLACE TABLE loop_pieces AS
WITH on_circle AS (
    SELECT line_runs.root_id, line_runs.execution_id, true_time(line_runs.first_at, clocks) AS began_at
    FROM line_runs
    INNER JOIN clocks USING ("clock")
),

pauses AS (
    SELECT
        root_id,
        began_at AS from_at,
        lead(began_at) OVER (PARTITION BY root_id ORDER BY began_at, execution_id) AS to_at
    FROM on_circle
    WHERE root_id IN (SELECT root_id FROM loops WHERE is_torn)
),

spans AS (
    SELECT
        root_id,
        min(began_at) AS from_at,
        max(began_at) AS to_at
    FROM on_circle
    GROUP BY root_id
    HAVING bool_or(execution_id = root_id)
        AND NOT bool_or(execution_id = root_id AND execution_id IN (
            SELECT execution_id
            FROM events
            WHERE is_begun_anew(actor_kind, trigger_kind, attempt) AND execution_id IN (SELECT root_id FROM loops)
        ))
)

SELECT piece.root_id AS piece, arg_max(whole.root_id, (pauses.to_at - pauses.from_at, whole.root_id)) AS root_id
FROM loops AS piece
INNER JOIN loops AS whole USING (pattern, visited)
INNER JOIN spans ON piece.root_id = spans.root_id
INNER JOIN pauses ON whole.root_id = pauses.root_id AND spans.from_at > pauses.from_at AND spans.to_at < pauses.to_at
WHERE whole.is_torn
GROUP BY piece.root_id;

-- Whose doing each run was: a run's own, and that of the plain calls below it up to the next visit. In a trace each
-- call is a run of its own.
CREATE OR REPLACE TABLE doers AS
WITH RECURSIVE below AS (
    SELECT execution_id AS doer, execution_id
    FROM line_runs
    UNION
    SELECT below.doer, runs.execution_id
    FROM below
    INNER JOIN runs ON below.execution_id = runs.cause_id
    WHERE NOT runs.is_visit
)

FROM below;

-- What the runs of circles did. Two effects are alike where they are about one thing, and nothing says that they
-- were meant apart; of what names nothing that it is about, nobody knows.
CREATE OR REPLACE TABLE loop_events AS
SELECT
    doers.doer AS execution_id,
    e.event_id,
    e.kind IN ('attempt', 'effect', 'inference') AND e.phase IN ('single', 'start') AS is_call,
    w.effect_key,
    CASE
        WHEN coalesce(w.by_about::VARCHAR, e.item_key, e.customer_id, e.compensates_effect_id) IS NOT NULL
            THEN hash(
                w.by_action, w.by_about, w.by_occasion, sure_hash(e.item_key), sure_hash(e.customer_id),
                sure_hash(e.compensates_effect_id), e.payload_hash
            )
    END AS alike,
    (coalesce(e.occurred_at, 'infinity'), e.event_id) AS moment,
    (w.trust, e.event_id) AS trust,
    CASE WHEN e.money_stage IS DISTINCT FROM 'authorised' THEN e.amount END AS amount,
    coalesce(e.currency, '') AS currency
FROM events AS e
INNER JOIN doers USING (execution_id)
-- Of millions of effects few are of these runs.
LEFT JOIN (
    FROM effect_witnesses
    WHERE coalesce(by_execution, sure_hash(event_id)) IN (SELECT sure_hash(execution_id) FROM doers)
) AS w ON e.event_id = w.event_id AND w.happened AND e.kind = 'effect';
