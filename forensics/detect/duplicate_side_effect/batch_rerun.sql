-- One row an occasion (a period, a tick or a batch) whose work a later run did again.
WITH
worked AS (
    SELECT
        *,
        coalesce(workflow, action) AS job,
        coalesce(period_key, strftime(scheduled_for, '%Y-%m-%d %H:%M:%S'), CASE WHEN item_key IS NOT NULL THEN entity END)
            AS occasion,
        hash(scope, job, occasion) AS claim,
        hash(action, entity, customer_id, item_key, amount, currency, compensates_effect_id) AS unit
    FROM suspects
    WHERE repeats_occasion AND counted
),

-- A run is the execution that did several of them, else what caused their executions.
ran AS (
    SELECT
        *,
        CASE
            WHEN count(*) OVER (PARTITION BY claim, execution_id) > 1 THEN execution_id
            ELSE coalesce(cause, execution_id)
        END AS run
    FROM worked
),

begun AS (
    SELECT *, min(occurred_at) OVER (PARTITION BY claim, run) AS run_at
    FROM ran
    WHERE run IS NOT NULL
),

ticked AS (
    SELECT *, coalesce(scheduled_for, min(scheduled_for) OVER (PARTITION BY claim, unit)) AS tick
    FROM begun
),

done AS (
    SELECT
        *,
        first_value(run) OVER ever AS first_ever,
        row_number() OVER ever AS place_ever,
        first_value(run) OVER this_tick AS first_run,
        row_number() OVER this_tick AS place
    FROM ticked
    WINDOW
        ever AS (PARTITION BY claim, unit ORDER BY run_at, run, occurred_at, event_id),
        this_tick AS (PARTITION BY claim, unit, tick ORDER BY run_at, run, occurred_at, event_id)
),

sized AS (
    SELECT *, count(DISTINCT unit) OVER (PARTITION BY claim, run) AS units, run = first_run AS other_tick
    FROM done
),

reruns AS (
    SELECT claim, run, other_tick
    FROM sized
    WHERE run <> first_ever
    GROUP BY claim, run, other_tick
    HAVING
        count(DISTINCT unit) >= $min_entities
        AND count(DISTINCT unit) >= $min_overlap * any_value(units)
),

again AS (
    SELECT sized.*
    FROM sized
    INNER JOIN reruns USING (claim, run, other_tick)
    WHERE run <> first_ever
),

-- The reruns' repeats, and what they repeat.
involved AS (
    SELECT *, 2 AS turn FROM again
    UNION ALL
    SELECT s.* REPLACE (a.other_tick AS other_tick), 1 AS turn
    FROM sized AS s
    INNER JOIN again AS a
        ON s.claim = a.claim AND s.unit = a.unit
        AND CASE
            WHEN a.other_tick THEN s.place_ever = 1
            ELSE s.place = 1 AND s.tick IS NOT DISTINCT FROM a.tick
        END
    QUALIFY row_number() OVER (PARTITION BY s.event_id, a.other_tick) = 1
)

SELECT
    [any_value(callee), any_value(job)] AS subject,
    grade_of(witness_grade, counted, 'proven') AS grade,
    CASE
        WHEN other_tick THEN 'scheduled_run'
        WHEN any_value(environment) = 'test' THEN 'test_mode'
    END AS suppressor,
    evidence_of(
        list(told_by(event_id, happened, turn, witnesses, replays, refusals, doubts)),
        list(compensations)
    ) AS evidence,
    count(*) FILTER (turn = 2) AS excess,
    to_json({
        'job': any_value(job),
        'occasion': any_value(occasion),
        'callee': any_value(callee),
        'action': any_value(action),
        'entities': count(DISTINCT unit),
        'effects': count(*) FILTER (turn = 2),
        'runs': count(DISTINCT run),
        'customers': count(DISTINCT customer_id),
        'amount': sum(amount) FILTER (turn = 2)::VARCHAR,
        'currency': CASE WHEN count(DISTINCT currency) = 1 THEN any_value(currency) END,
        'seconds': epoch(min(run_at) FILTER (turn = 2) - min(run_at) FILTER (turn = 1)),
        'compensated': count(compensated_by) FILTER (turn = 2),
        'asserted': bool_or(witness_grade = 'asserted')
    })::VARCHAR AS facts
FROM involved
GROUP BY claim, other_tick
