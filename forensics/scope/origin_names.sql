-- By which names the work is known that a finding says was done too often: a line that bears all names of one
-- set tells of it. `origin_acts` are the lines of what was done.
--
-- Runs whose causes the log names need none of this, nor do storms that began with a failure. What a race was
-- about is no work that was asked for.

-- Of what is stamped to the second, the end of the second. Logs of one clock that write thousandths and those
-- that write millionths tie within one.
CREATE OR REPLACE TEMP MACRO may_have_been_at("at", resolution_us, clock_row) AS
    true_time("at", clock_row)
    + to_microseconds(
        CASE WHEN coalesce(resolution_us, clock_row.resolution_us) >= 1000000
                THEN coalesce(resolution_us, clock_row.resolution_us)
            ELSE 0 END
    );

CREATE OR REPLACE TEMP TABLE origin_acts AS
WITH seeking AS (
    SELECT finding_id, detector
    FROM finding_events
    LEFT JOIN linked_executions USING (execution_id)
    WHERE "role" <> 'context' AND detector IN ('duplicate_side_effect', 'retry_storm', 'recursive_chain')
    GROUP BY finding_id, detector
    HAVING bool_and(cause_id IS NULL) OR detector = 'recursive_chain'
    EXCEPT
    SELECT finding_id, detector FROM finding_failures
),

told AS (
    SELECT f.finding_id, w.event_id
    FROM finding_effects AS f
    INNER JOIN found_witnesses AS w USING (effect_key)
    WHERE f.detector = 'duplicate_side_effect' AND NOT f.is_context
    UNION
    SELECT finding_id, event_id
    FROM finding_events
    WHERE "role" IN ('original', 'duplicate') OR ("role" = 'cause' AND detector = 'recursive_chain')
)

SELECT
    t.finding_id,
    s.detector,
    e.event_id,
    e.execution_id,
    e.kind,
    e.entity_id,
    e.effect_id,
    e.customer_id,
    e.delivery_id,
    e.tenant,
    e.environment,
    may_have_been_at(e.occurred_at, e.clock_resolution_us, k) AS told_at
FROM told AS t
INNER JOIN seeking AS s USING (finding_id)
INNER JOIN events AS e USING (event_id)
INNER JOIN clocks AS k ON clock_of(e.clock, e.system, e.source) = k.clock
WHERE e.occurred_at IS NOT NULL;

CREATE OR REPLACE TEMP TABLE origin_names AS
WITH named AS (
    SELECT DISTINCT finding_id, 'record' AS kind, entity_id AS "name"
    FROM origin_acts
    WHERE detector = 'duplicate_side_effect' AND entity_id IS DISTINCT FROM effect_id
    UNION ALL
    SELECT DISTINCT finding_id, 'customers', customer_id
    FROM origin_acts
    WHERE detector = 'duplicate_side_effect'
    UNION ALL
    SELECT finding_id, 'message', arg_min(delivery_id, (told_at, event_id))
    FROM origin_acts
    WHERE delivery_id IS NOT NULL
    GROUP BY finding_id
),

counted AS (
    SELECT *, count(*) OVER (PARTITION BY finding_id, kind) AS names
    FROM named
    WHERE length("name") BETWEEN 5 AND 128
)

-- One customer has many orders; of a batch only its list of customers is its own.
FROM counted
WHERE CASE kind WHEN 'customers' THEN names > 1 ELSE true END AND names <= 100;
