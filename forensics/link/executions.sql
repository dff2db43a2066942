-- One row an execution, with the execution that caused it, its root and its depth.
--
--     cause_id      the execution that caused it; NULL for a root
--     edge          how that is known: `cause`, `previous` (the run that it continues), `other`
--     root_id       the first of its chain, itself when nothing caused it
--     depth         causes between it and its root
--     chain_size    executions with the same root
--     cause_unseen  its cause is named, but happened before the log or outside of it
--     in_cycle      it is on a circle of ids that name each other; see `cause_cycles`
--     event_id      the row that speaks for it: workflow, record and kind are that row's

-- Only the executions that cause something or name a cause.
CREATE OR REPLACE TABLE linked_executions AS
WITH roots AS (
    SELECT
        sizes.root,
        members.execution_id,
        sizes.chain_size
    FROM (SELECT root, count(*) AS chain_size FROM arrived GROUP BY root) AS sizes
    INNER JOIN members ON sizes.root = members.member
),

unseen AS (
    SELECT DISTINCT member
    FROM named_causes
    ANTI JOIN parents USING (member)
)

SELECT
    run.* EXCLUDE (member),
    cause.execution_id AS cause_id,
    CASE WHEN arrived.depth > 0 THEN ['cause', 'previous', 'other'][parents.edge] END AS edge,
    roots.execution_id AS root_id,
    arrived.depth,
    roots.chain_size,
    unseen.member IS NOT NULL AS cause_unseen,
    cut_circles.member IS NOT NULL AS in_cycle
FROM described('events', 'members') AS run
INNER JOIN arrived ON run.member = arrived.member
INNER JOIN roots ON arrived.root = roots.root
LEFT JOIN unseen ON run.member = unseen.member
LEFT JOIN parents ON run.member = parents.member
LEFT JOIN members AS cause ON parents.parent = cause.member AND arrived.depth > 0
LEFT JOIN cut_circles ON run.member = cut_circles.member;

-- One row an execution on a circle: the ids contradict each other, so its first cause is unknown.
CREATE OR REPLACE TABLE cause_cycles AS
SELECT
    root.execution_id AS root_id,
    here.execution_id,
    cause.execution_id AS cause_id
FROM cut_circles
INNER JOIN arrived USING (member)
INNER JOIN members AS root ON arrived.root = root.member
INNER JOIN members AS here USING (member)
INNER JOIN parents USING (member)
INNER JOIN members AS cause ON parents.parent = cause.member;

CREATE OR REPLACE VIEW lone_events AS
SELECT * FROM events ANTI JOIN linked_executions USING (execution_id);

CREATE OR REPLACE VIEW told_lone_spans AS
FROM told_spans_of('lone_events');

CREATE OR REPLACE VIEW lone_spans AS
FROM spans_of('told_lone_spans');

-- The others are described only when somebody asks: most executions of a log stand alone.
CREATE OR REPLACE VIEW executions AS
FROM linked_executions
UNION ALL BY NAME
SELECT
    * EXCLUDE (member),
    NULL::VARCHAR AS cause_id,
    NULL::VARCHAR AS edge,
    execution_id AS root_id,
    0 AS depth,
    1 AS chain_size,
    FALSE AS cause_unseen,
    FALSE AS in_cycle
FROM described('lone_events', 'lone_spans');
