-- Which findings of this run share evidence with one of `earlier_findings`, and whether there is more of it.
-- Files that overlap (a log that was edited in place, rotated or copied) hold a line twice: of the
-- same text as many lines are counted as the file with most of them has.
WITH held AS (
    SELECT f.problem_id, e.finding_id, e.event_id
    FROM earlier_evidence AS e
    INNER JOIN earlier_findings AS f USING (finding_id)
),

shared AS (
    SELECT DISTINCT
        n.finding_id,
        h.finding_id AS earlier_id
    FROM candidate_evidence AS n
    INNER JOIN candidates AS c USING (finding_id)
    INNER JOIN held AS h ON n.event_id = h.event_id AND c.problem_id = h.problem_id
    WHERE n.suppressor IS NULL
),

-- What was given back is no more of what went wrong; a dispute has to be answered.
mended AS (
    SELECT DISTINCT
        n.finding_id,
        n.event_id
    FROM candidate_evidence AS n
    INNER JOIN events AS e USING (event_id)
    WHERE n.role = 'compensation' AND e.money_stage IS DISTINCT FROM 'disputed'
),

compared AS (
    SELECT
        'now' AS run,
        finding_id,
        event_id
    FROM candidate_evidence
    ANTI JOIN mended USING (finding_id, event_id)
    WHERE suppressor IS NULL AND finding_id IN (SELECT finding_id FROM shared)
    UNION ALL
    SELECT
        'before' AS run,
        finding_id,
        event_id
    FROM held
    ANTI JOIN (
        SELECT shared.earlier_id AS finding_id, mended.event_id
        FROM shared
        INNER JOIN mended USING (finding_id)
    ) AS since USING (finding_id, event_id)
    WHERE finding_id IN (SELECT earlier_id FROM shared)
),

lines AS (
    SELECT
        c.run,
        c.finding_id,
        sure_hash(coalesce(e.raw, e.event_id)) AS line,
        split_part(e.source_position, ':', 1) AS part,
        count(DISTINCT e.event_id) AS times
    FROM compared AS c
    INNER JOIN events AS e USING (event_id)
    GROUP BY ALL
),

sizes AS (
    SELECT
        run,
        finding_id,
        sum(most) AS size
    FROM (SELECT run, finding_id, line, max(times) AS most FROM lines GROUP BY ALL)
    GROUP BY ALL
)

SELECT
    shared.finding_id,
    any_value(present.size) > max(coalesce(earlier.size, 0)) AS has_grown,
    list(f.severity) AS severities,
    list(f.status) AS statuses
FROM shared
INNER JOIN earlier_findings AS f ON shared.earlier_id = f.finding_id
INNER JOIN sizes AS present ON shared.finding_id = present.finding_id AND present.run = 'now'
LEFT JOIN sizes AS earlier ON shared.earlier_id = earlier.finding_id AND earlier.run = 'before'
GROUP BY shared.finding_id
