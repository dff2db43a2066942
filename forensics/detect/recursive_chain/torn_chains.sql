-- Chains that lost causes, put together by their trace: `chain_runs` is `linked_executions`, with the
-- parts of such a chain under one root. `edge` is `trace` where the trace stands in for the cause.

-- What was set off, and the trace it shares with other runs. A run of two such traces belongs to neither.
CREATE OR REPLACE TABLE traced_runs AS
WITH told AS (
    SELECT execution_id, hash(scope_of(tenant, environment), sure_hash(trace_id)) AS trace
    FROM events
    WHERE trace_id IS NOT NULL AND begins_run(kind)
)

SELECT execution_id, any_value(trace) AS trace
FROM told
WHERE trace IN (SELECT trace FROM told GROUP BY trace HAVING min(execution_id) <> max(execution_id))
GROUP BY execution_id
HAVING min(trace) = max(trace);

-- A part hangs together by causes. Only parts of one trace matter here, where the trace has several
-- and knows some causes; a trace of its own, which a part has besides, says nothing of where it belongs.
CREATE OR REPLACE TABLE torn_parts AS
WITH parts AS (
    SELECT
        coalesce(run.root_id, traced_runs.execution_id) AS part,
        trace,
        any_value(coalesce(run.chain_size, 1)) AS length
    FROM traced_runs
    LEFT JOIN linked_executions AS run USING (execution_id)
    GROUP BY part, trace
),

of_several AS (
    SELECT *
    FROM parts
    QUALIFY count(*) OVER (PARTITION BY trace) > 1
),

of_one_trace AS (
    SELECT *
    FROM of_several
    QUALIFY count(*) OVER (PARTITION BY part) = 1
)

SELECT part, trace
FROM of_one_trace
QUALIFY count(*) OVER (PARTITION BY trace) > 1 AND max(length) OVER (PARTITION BY trace) > 1;

CREATE OR REPLACE VIEW torn_lone_events AS
SELECT *
FROM events
SEMI JOIN torn_parts ON events.execution_id = torn_parts.part
ANTI JOIN linked_executions USING (execution_id);

CREATE OR REPLACE VIEW told_torn_spans AS
FROM told_spans_of('torn_lone_events');

CREATE OR REPLACE VIEW torn_spans AS
FROM spans_of('told_torn_spans');

CREATE OR REPLACE TABLE torn_runs AS
WITH members AS (
    SELECT * FROM linked_executions WHERE root_id IN (SELECT part FROM torn_parts)
    UNION ALL BY NAME
    SELECT
        * EXCLUDE (member),
        execution_id AS root_id,
        0 AS depth,
        FALSE AS cause_unseen,
        FALSE AS in_cycle
    FROM described('torn_lone_events', 'torn_spans')
)

SELECT
    members.*,
    torn_parts.trace,
    begins_run(members.kind) AS is_begun,
    concat_ws('@', members.workflow, members.system) AS handler,
    coalesce(true_time(members.first_at, clocks), 'infinity') AS began_at
FROM members
INNER JOIN torn_parts ON members.root_id = torn_parts.part
INNER JOIN clocks USING ("clock");

-- Whether a run is known to have been begun by somebody, by a clock, or as a further attempt.
CREATE OR REPLACE MACRO is_begun_anew(actor_kind, trigger_kind, attempt) AS
    coalesce(actor_kind = 'human', FALSE)
    OR coalesce(trigger_kind NOT IN ('webhook', 'event'), FALSE)
    OR coalesce(attempt > 1, FALSE);

-- The first run of each part. Its cause may be missing where other runs of its workflow name theirs
-- within the trace, and nobody and nothing is known to have begun it.
CREATE OR REPLACE TABLE part_heads AS
WITH asked AS (
    SELECT
        execution_id,
        bool_or(is_begun_anew(actor_kind, trigger_kind, attempt)) AS is_begun_anew
    FROM events
    WHERE execution_id IN (SELECT root_id FROM torn_runs)
    GROUP BY execution_id
),

caused AS (
    SELECT DISTINCT trace, handler
    FROM torn_runs
    WHERE cause_id IS NOT NULL AND workflow IS NOT NULL
)

SELECT
    head.root_id AS part,
    head.trace,
    (head.began_at, head.execution_id) AS moment,
    head.is_begun AND NOT head.cause_unseen AND NOT head.in_cycle AND NOT asked.is_begun_anew
    AND caused.handler IS NOT NULL AS may_be_caused
FROM torn_runs AS head
INNER JOIN asked USING (execution_id)
LEFT JOIN caused ON head.trace = caused.trace AND head.handler = caused.handler;

-- What of a trace is one chain: it begins once, and every other part may have a cause in it. In a
-- line no run set off two others, and each part begins when the one before has got to its last run.
CREATE OR REPLACE TABLE mended_parts AS
WITH whole AS (
    SELECT trace
    FROM part_heads
    GROUP BY trace
    HAVING count(*) FILTER (NOT may_be_caused) = 0
        OR (count(*) FILTER (NOT may_be_caused) = 1 AND min(moment) = any_value(moment) FILTER (NOT may_be_caused))
),

branching AS (
    SELECT trace
    FROM (
        SELECT trace
        FROM torn_runs
        WHERE cause_id IS NOT NULL AND is_begun
        GROUP BY trace, cause_id
        HAVING count(*) > 1
    )
    GROUP BY trace
),

reached AS (
    SELECT
        root_id AS part,
        max(depth) + 1 AS length,
        arg_max({'execution_id': execution_id, 'at': first_at, 'clock': "clock"}, (began_at, depth, execution_id))
            FILTER (is_begun) AS last_run,
        arg_min({'at': first_at, 'clock': "clock"}, (depth, execution_id)) AS first_run
    FROM torn_runs
    GROUP BY root_id
),

ordered AS (
    SELECT
        head.part,
        head.trace,
        first_value(head.part) OVER parts AS root_id,
        lag(reached.last_run) OVER parts AS before,
        reached.first_run,
        coalesce(sum(reached.length) OVER (
            parts ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS steps_before
    FROM part_heads AS head
    INNER JOIN whole USING (trace)
    INNER JOIN reached USING (part)
    WINDOW parts AS (PARTITION BY head.trace ORDER BY head.moment)
),

compared AS (
    SELECT
        ordered.*,
        coalesce(order_of(before.at, before_clock, first_run.at, own_clock) = 'after', FALSE) AS is_early
    FROM ordered
    LEFT JOIN clocks AS before_clock ON before.clock = before_clock.clock
    INNER JOIN clocks AS own_clock ON first_run.clock = own_clock.clock
)

SELECT
    part,
    trace,
    root_id,
    before.execution_id AS cause_id,
    steps_before,
    NOT bool_or(is_early) OVER (PARTITION BY trace) AND branching.trace IS NULL AS is_line
FROM compared
LEFT JOIN branching USING (trace);

CREATE OR REPLACE TABLE mended_runs AS
SELECT
    run.* EXCLUDE (trace, is_begun, handler, began_at) REPLACE (
        mended.root_id AS root_id,
        CASE WHEN run.depth > 0 THEN run.cause_id WHEN mended.is_line THEN mended.cause_id END AS cause_id,
        CASE WHEN run.depth = 0 AND mended.part <> mended.root_id THEN 'trace' ELSE run.edge END AS edge,
        run.depth + CASE
            WHEN mended.is_line THEN mended.steps_before
            WHEN mended.part <> mended.root_id THEN 1
            ELSE 0
        END AS depth,
        count(*) OVER (PARTITION BY mended.root_id) AS chain_size
    )
FROM torn_runs AS run
INNER JOIN mended_parts AS mended ON run.root_id = mended.part;

DROP TABLE traced_runs;
DROP TABLE torn_runs;
DROP TABLE part_heads;

CREATE OR REPLACE VIEW chain_runs AS
SELECT *
FROM linked_executions
ANTI JOIN mended_runs USING (execution_id)
UNION ALL BY NAME
FROM mended_runs;
