-- Causes that no id shows and a detector found by values: a run that was set off by what the run before it had
-- just written, in the order of the turns, with the probability that this was none of chance; NULL where the log
-- was too small to count chance, or refutes the count. What is a suspicion leads nowhere.
CREATE OR REPLACE TEMP TABLE inferred_causes AS
WITH turns AS (
    SELECT
        f.finding_id,
        f.execution_id,
        min((true_time(f.occurred_at, k), coalesce(e.source_seq, 0), f.event_id)) AS moment
    FROM finding_events AS f
    INNER JOIN events AS e USING (event_id)
    INNER JOIN clocks AS k ON clock_of(e.clock, e.system, e.source) = k.clock
    WHERE f.role IN ('original', 'duplicate')
    GROUP BY f.finding_id, f.execution_id
),

ordered AS (
    SELECT
        t.finding_id,
        lag(t.execution_id) OVER (PARTITION BY t.finding_id ORDER BY t.moment) AS cause_id,
        t.execution_id,
        (c.facts ->> '$.chance.probability')::DECIMAL(4, 3) AS chance
    FROM turns AS t
    INNER JOIN candidates AS c USING (finding_id)
    WHERE c.pattern = 'inferred_loop' AND c.suppressor IS NULL AND c.grade <> 'suspicion'
)

FROM ordered
WHERE cause_id IS NOT NULL;
