-- One row an occasion whose work a later run did again: a period, a tick, a batch, or, where the log names
-- none, what one run did under keys that came again; where no run is named, what was paid again in one go.
WITH
-- The same, once more: of records that are owed once, how long after and among which others.
doings AS (
    SELECT
        event_id,
        occurred_at,
        by_action,
        hash(
            by_action, sure_hash(entity), sure_hash(customer_id), sure_hash(item_key), sure_hash(period_key), amount,
            currency, stage_of(money_stage)
        ) AS unit,
        row_number() OVER in_turn AS nth,
        lag(occurred_at) OVER in_turn AS done_at,
        epoch(occurred_at - done_at) AS pause_s,
        -- Equal pauses differ by one tick of the clock that stamped them.
        stamp.clock.resolution_us / 1e6 AS tick_s
    FROM suspect_effects
    WHERE
        -- A message, a key or a call in doubt that is behind both says more than that they are alike.
        counted AND repeats_record AND NOT (repeats_delivery OR repeats_key OR repeats_cause)
        AND owed_once(entity_type)
        AND amount IS NOT NULL AND compensates_effect_id IS NULL
        -- What was held for a record may be taken in parts.
        AND NOT EXISTS (
            FROM held_amounts AS h
            WHERE
                h.scope = suspect_effects.scope AND h.entity = suspect_effects.entity
                AND h.currency IS NOT DISTINCT FROM suspect_effects.currency AND 2 * suspect_effects.amount <= h.held
        )
    WINDOW in_turn AS (PARTITION BY unit ORDER BY occurred_at, event_id)
),

-- Pauses of one length and no more than six days, that the next longer one is not like, and of those what
-- followed in ten minutes.
alike_paused AS (
    SELECT
        *,
        count(*) FILTER (pause_s > 1.05 * shorter_s + tick_s)
            OVER (PARTITION BY by_action ORDER BY pause_s, event_id) AS length
    FROM (
        SELECT *, lag(pause_s) OVER (PARTITION BY by_action ORDER BY pause_s, event_id) AS shorter_s
        FROM doings
        WHERE pause_s <= 518400
    )
),

in_one_go AS (
    SELECT
        *,
        hash(
            by_action, length,
            count(*) FILTER (occurred_at > last_at + INTERVAL 10 MINUTE)
                OVER (PARTITION BY by_action, length ORDER BY occurred_at, event_id)
        ) AS pass
    FROM (
        SELECT
            *,
            lag(occurred_at) OVER (PARTITION BY by_action, length ORDER BY occurred_at, event_id) AS last_at
        FROM alike_paused
    )
),

-- A pass begins when the one before is through, and does things in the same order. After whole days what is
-- done may be the day's own.
passes AS (
    SELECT pass
    FROM (
        SELECT
            *,
            epoch(lag(done_at) OVER (PARTITION BY pass ORDER BY occurred_at, done_at, event_id) - done_at) <= tick_s
                AS in_order
        FROM in_one_go
    )
    GROUP BY pass
    HAVING
        count(*) >= $min_entities
        AND max(pause_s) <= 1.05 * min(pause_s) + max(tick_s)
        AND max(done_at) < min(occurred_at)
        AND count(*) FILTER (in_order) >= 0.9 * (count(*) - 1)
        AND count(*) FILTER (pause_s > 43200 AND abs(pause_s - round(pause_s / 86400) * 86400) <= 5400) = 0
),

turns AS (
    SELECT
        event_id,
        unit AS paid,
        nth,
        first_value(pass IGNORE NULLS) OVER (
            PARTITION BY unit ORDER BY occurred_at, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS series
    FROM (
        SELECT d.*, p.pass
        FROM doings AS d
        LEFT JOIN (SELECT event_id, pass FROM in_one_go INNER JOIN passes USING (pass)) AS p USING (event_id)
    )
),

-- A few items of an order are no batch: their keys say more.
batches AS (
    SELECT
        *,
        entity IS NOT NULL
        AND count(DISTINCT item_key) OVER (PARTITION BY scope, coalesce(workflow, action), entity) >= $min_entities
            AS batched
    FROM suspect_effects
    LEFT JOIN turns USING (event_id)
    WHERE counted
),

worked AS (
    SELECT
        *,
        coalesce(workflow, action) AS job,
        -- Messages that came again are another pattern's business.
        repeats_key AND NOT repeats_delivery AND period_key IS NULL AND scheduled_for IS NULL
        AND NOT batched AS keyed,
        CASE
            WHEN NOT keyed
                THEN coalesce(
                    period_key, strftime(scheduled_for, '%Y-%m-%d %H:%M:%S'),
                    CASE WHEN item_key IS NOT NULL THEN entity END
                )
        END AS occasion,
        hash(scope, sure_hash(job), sure_hash(occasion)) AS called,
        -- Whoever does not say whom it asked is known by its own name: two hosts of one job may have asked one system.
        coalesce(
            witness_grade IN ('answered', 'asserted') AND is_booking AND callee = "system"
            AND workflow IS NOT NULL AND coalesce(period_key, scheduled_for::VARCHAR) IS NOT NULL
            AND (amount IS NOT NULL OR payload_hash IS NOT NULL),
            false
        ) AS asked_unnamed,
        hash(
            called, action, sure_hash(entity), sure_hash(customer_id), sure_hash(item_key), amount, currency,
            money_stage, sure_hash(compensates_effect_id),
            CASE WHEN keyed THEN sure_hash(operation_key) END,
            -- The same sum is the same again, whatever else is told of it; a message is what it says.
            CASE WHEN amount IS NULL THEN payload_hash END
        ) AS matter,
        hash(matter, sure_hash(callee)) AS unit
    FROM batches
    WHERE repeats_occasion OR keyed OR series IS NOT NULL
),

-- A run is the execution that did several of them, else what caused their executions, at once or at all.
ran AS (
    SELECT
        w.*,
        CASE
            WHEN w.execution_id IS NOT NULL AND count(*) OVER (PARTITION BY called, w.execution_id) > 1
                THEN w.execution_id
            WHEN count(*) OVER (PARTITION BY called, w.cause) > 1 THEN w.cause
            ELSE coalesce(l.root_id, w.cause, w.execution_id)
        END AS run
    FROM worked AS w
    LEFT JOIN linked_executions AS l ON w.execution_id = l.execution_id
),

-- Where no occasion is named, or some of a pass are of no run or of one too small to be a batch, the passes
-- stand for the runs.
told AS (
    SELECT
        * REPLACE (
            CASE WHEN by_pass THEN 'pass ' || nth ELSE run END AS run,
            CASE WHEN by_pass THEN series ELSE called END AS called,
            CASE WHEN by_pass THEN paid ELSE unit END AS unit
        )
    FROM (
        SELECT
            *,
            NOT keyed AND series IS NOT NULL
            AND (occasion IS NULL OR bool_or(alone) OVER (PARTITION BY series)) AS by_pass
        FROM (SELECT *, run IS NULL OR count(*) OVER (PARTITION BY called, run) < $min_entities AS alone FROM ran)
    )
),

begun AS (
    SELECT *, min(occurred_at) OVER (PARTITION BY called, run) AS run_at
    FROM told
    WHERE run IS NOT NULL
),

ticked AS (
    SELECT *, coalesce(scheduled_for, min(scheduled_for) OVER (PARTITION BY unit)) AS tick
    FROM begun
),

-- What one system did twice is settled by its own name. Of what is left, systems that do not say whom they asked
-- are compared with each other: each stands as what it did first.
compared AS (
    SELECT *, false AS across
    FROM ticked
    UNION ALL
    SELECT * REPLACE (matter AS unit, coalesce(tick, min(tick) OVER (PARTITION BY matter)) AS tick), true AS across
    FROM (
        FROM ticked
        WHERE asked_unnamed AND NOT by_pass
        QUALIFY row_number() OVER (PARTITION BY unit, tick ORDER BY run_at, run, occurred_at, event_id) = 1
    )
),

claimed AS (
    SELECT
        *,
        hash(
            called,
            across,
            CASE
                WHEN keyed
                    THEN first_value(run) OVER (
                        PARTITION BY unit ORDER BY run_at, run, occurred_at, event_id
                    )
            END
        ) AS claim
    FROM compared
),

done AS (
    SELECT
        *,
        first_value(run) OVER ever AS first_ever,
        callee = first_value(callee) OVER ever AS at_home,
        row_number() OVER ever AS place_ever,
        first_value(run) OVER this_tick AS first_run,
        row_number() OVER this_tick AS place
    FROM claimed
    WINDOW
        ever AS (PARTITION BY unit ORDER BY run_at, run, occurred_at, event_id),
        this_tick AS (PARTITION BY unit, tick ORDER BY run_at, run, occurred_at, event_id)
),

sized AS (
    SELECT *, count(DISTINCT unit) OVER (PARTITION BY claim, run) AS units, run = first_run AS other_tick
    FROM done
),

reruns AS (
    SELECT claim, run, other_tick
    FROM sized
    WHERE run <> first_ever AND NOT (across AND other_tick AND at_home)
    GROUP BY claim, run, other_tick
    HAVING
        count(DISTINCT unit) >= $min_entities
        AND count(DISTINCT unit) >= $min_overlap * any_value(units)
),

again AS (
    SELECT sized.*
    FROM sized
    INNER JOIN reruns USING (claim, run, other_tick)
    WHERE run <> first_ever AND NOT (across AND other_tick AND at_home)
),

-- The reruns' repeats, and what they repeat.
involved AS (
    SELECT *, 2 AS turn FROM again
    UNION ALL
    SELECT s.* REPLACE (a.other_tick AS other_tick), 1 AS turn
    FROM sized AS s
    INNER JOIN again AS a
        ON s.unit = a.unit
        AND CASE
            WHEN a.other_tick THEN s.place_ever = 1
            ELSE s.place = 1 AND s.tick IS NOT DISTINCT FROM a.tick
        END
    QUALIFY row_number() OVER (PARTITION BY s.event_id, s.across, a.other_tick) = 1
),

paused AS (
    SELECT
        *,
        coalesce(remembered.lifetime_s, $key_lifetime_s) AS lifetime_s,
        epoch(run_at - lag(run_at) OVER (PARTITION BY claim, other_tick ORDER BY run_at, event_id)) AS pause_s
    FROM involved
)

SELECT
    -- Where it ran again.
    [CASE WHEN any_value(across) THEN min(callee) FILTER (turn = 2) ELSE min(callee) END, any_value(job)] AS subject,
    CASE
        WHEN any_value(across) THEN 'suspicion'
        ELSE grade_of(
            witness_grade, unnamed_log, counted,
            CASE WHEN outlived(keyed, pause_s, max(lifetime_s)) OR any_value(by_pass) THEN 'probable' ELSE 'proven' END
        )
    END AS grade,
    CASE
        WHEN other_tick THEN 'scheduled_run'
        -- Keys that come again each month name what is paid each month.
        WHEN keyed AND regular(CASE WHEN pause_s > lifetime_s THEN pause_s END) THEN 'instalment'
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
        'callee': string_agg(DISTINCT callee, ' and ' ORDER BY callee),
        'action': string_agg(DISTINCT action, ' and ' ORDER BY action),
        'entities': count(DISTINCT unit),
        'effects': count(*) FILTER (turn = 2),
        'runs': count(DISTINCT run),
        'by_pass': any_value(by_pass),
        'runs_unnamed': bool_or(alone),
        'customers': count(DISTINCT customer_id),
        'amount': sum(amount) FILTER (turn = 2)::VARCHAR,
        'currency': CASE WHEN count(DISTINCT currency) = 1 THEN min(currency) END,
        'seconds': epoch(min(run_at) FILTER (turn = 2) - min(run_at) FILTER (turn = 1)),
        'first_unclear': first_unclear(stamp, (turn, occurred_at, event_id), turn = 2),
        'compensated': count(compensated_by) FILTER (turn = 2),
        'lifetime_s': CASE WHEN outlived(keyed, pause_s, max(lifetime_s)) THEN max(lifetime_s) END,
        'nowhere_named': nowhere_named(unnamed_log, counted),
        'asserted': bool_or(witness_grade = 'asserted'),
        'elsewhere': CASE WHEN any_value(across) THEN list(DISTINCT callee ORDER BY callee) END
    })::VARCHAR AS facts
FROM paused
GROUP BY claim, keyed, other_tick
