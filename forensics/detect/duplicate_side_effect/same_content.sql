-- One row a bout of effects that nothing connects but what they say, shortly after one another.
WITH
-- Actions with stamps finer than a second: those to the second all lie equally far after one.
finely_stamped AS (
    SELECT by_action
    FROM effect_witnesses
    WHERE by_action IN (SELECT by_action FROM suspect_effects WHERE NOT counted)
    GROUP BY by_action
    HAVING min(microsecond(occurred_at) % 1000000) <> max(microsecond(occurred_at) % 1000000)
),

-- Instants of a run that did several things in it: they bear the time at which it began.
crowded AS (
    SELECT by_execution, occurred_at
    FROM effect_witnesses
    WHERE by_execution IN (SELECT sure_hash(execution_id) FROM suspect_effects WHERE NOT counted)
    GROUP BY by_execution, occurred_at
    HAVING min(by_content) <> max(by_content)
),

-- Two parts of one log, such as a file and what it was rotated to, may both hold a line: the nth
-- of the one is the nth of the other.
lines AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY line, log_part ORDER BY event_id) AS nth
    FROM (
        SELECT
            *,
            regexp_extract(stamp.position, '^(.*):\d+(#.*)?$', 1) AS log_part,
            by_action IN (FROM finely_stamped)
            AND NOT EXISTS (
                FROM crowded AS c
                WHERE sure_hash(suspect_effects.execution_id) = c.by_execution AND suspect_effects.occurred_at = c.occurred_at
            ) AS stamped_apart,
            hash(
                sure_hash(stamp.source), scope, sure_hash(callee), action, occurred_at, sure_hash(record), sure_hash(customer_id), amount,
                currency, payload_hash, sure_hash(operation_key), sure_hash(cause), outcome
            ) AS line
        FROM suspect_effects
        WHERE repeats_content OR repeats_record OR repeats_run
    )
),

read_lines AS (
    SELECT
        *,
        NOT counted
        AND (
            row_number() OVER (PARTITION BY line, nth ORDER BY log_part, event_id) > 1
            -- A run does not do one thing twice in one instant; a logger with two handlers tells it so.
            OR (
                stamped_apart
                AND row_number() OVER (PARTITION BY line, execution_id ORDER BY log_part, event_id) > 1
            )
        ) AS read_again
    FROM lines
),

-- Three ways to be the same: what was said to the same customer or about the same thing; what was said about
-- one record of those that are owed once, however long after; what was done by two runs that began alike.
compared AS (
    SELECT
        l.* EXCLUDE (entity, record_id),
        coalesce(CASE WHEN l.record_type IS DISTINCT FROM 'task' THEN l.record END, r.entity, l.record) AS entity,
        l.counted OR (l.happened AND l.amount IS NOT NULL AND NOT l.read_again) AS likely,
        CASE WHEN l.record_type IS DISTINCT FROM 'task' THEN l.record_id END AS record_id,
        CASE
            WHEN l.amount IS NOT NULL OR l.payload_hash IS NOT NULL
                THEN hash(
                    l.scope, sure_hash(l.callee), l.action, l.amount, l.currency, l.payload_hash,
                    sure_hash(coalesce(l.customer_id, concat_ws(' ', l.record_type, spelt_alike(l.record_id))))
                )
        END AS content,
        CASE WHEN l.repeats_record AND owed_once(l.record_type) THEN hash(content, sure_hash(l.record)) END AS thing,
        CASE
            WHEN r.by_start IS NOT NULL
                THEN hash(l.scope, r.by_start, sure_hash(l.callee), l.action, sure_hash(l.customer_id))
        END AS beginning
    FROM read_lines AS l
    LEFT JOIN suspect_runs AS r USING (execution_id)
),

far_apart AS (
    SELECT DISTINCT thing
    FROM (
        SELECT
            thing,
            epoch(occurred_at - lag(occurred_at) OVER (PARTITION BY thing ORDER BY occurred_at, event_id)) AS pause_s
        FROM compared
        WHERE thing IS NOT NULL AND likely
    )
    WHERE pause_s > $window_s AND pause_s <= $record_window_s
),

alike AS (
    SELECT
        c.*,
        CASE WHEN f.thing IS NOT NULL THEN 'thing' WHEN content IS NULL THEN 'run' ELSE 'content' END AS likeness,
        CASE likeness WHEN 'thing' THEN c.thing WHEN 'run' THEN beginning ELSE content END AS common,
        CASE likeness WHEN 'content' THEN $window_s ELSE $record_window_s END AS longest_s
    FROM compared AS c
    LEFT JOIN far_apart AS f USING (thing)
    WHERE common IS NOT NULL
),

-- Effects without ids are told apart within one log only, and not at all where another has the ids.
told AS (
    SELECT *, hash(common, CASE WHEN happened AND NOT counted THEN sources END) AS claim
    FROM alike
    QUALIFY counted OR NOT happened OR NOT bool_or(counted) OVER (PARTITION BY common)
),

paused AS (
    SELECT
        *,
        epoch(occurred_at - lag(occurred_at) OVER (PARTITION BY claim ORDER BY occurred_at, event_id))
            AS pause_s
    FROM told
),

bouts AS (
    SELECT
        *,
        hash(claim, bout_of(claim, pause_s, longest_s, occurred_at, event_id)) AS bout
    FROM paused
),

parted AS (
    SELECT * REPLACE (struct_update(part, item := coalesce(part.item, apart(spelt_alike(business_key), bout))) AS part)
    FROM (
        SELECT
            *,
            part_of(
                bout,
                record_type,
                spelt_alike(record_id),
                customer_id,
                item_key,
                period_key,
                scheduled_for,
                money_stage,
                NULL,
                compensates_effect_id,
                NULL
            ) AS part
        FROM bouts
    )
),

placed AS (
    SELECT
        *,
        count(*) FILTER (likely) OVER same AS times,
        max(occurred_at) FILTER (likely) OVER same AS last_at,
        row_number() OVER in_order AS place,
        lead(occurred_at) OVER in_order AS next_at,
        lag({'execution_id': execution_id, 'at': occurred_at, 'until': ended_at}) OVER in_order AS before
    FROM parted
    WINDOW
        same AS (PARTITION BY bout, part),
        in_order AS (PARTITION BY bout, part ORDER BY NOT likely, occurred_at, event_id)
),

-- What speaks for one intention behind an effect and the one before it, beside what they say.
signed AS (
    SELECT
        placed.*,
        coalesce(run.by_start = earlier.by_start, false) AS begun_alike,
        CASE
            WHEN NOT likely THEN NULL
            WHEN likeness = 'run' AND placed.execution_id = before.execution_id THEN NULL
            WHEN before.until > occurred_at AND before.at <= occurred_at - INTERVAL 30 SECOND THEN 'still_at_work'
            WHEN placed.execution_id = before.execution_id THEN NULL
            WHEN
                run.replayed AND run.workflow = earlier.workflow AND run.entity = earlier.entity
                AND effect_class <> 'messaging'
                THEN 'replayed'
            WHEN NOT begun_alike THEN NULL
            WHEN run.begun_by = earlier.begun_by AND abs(epoch(run.begun_at - earlier.begun_at)) < 0.2
                THEN 'same_moment'
            WHEN run.attempt > earlier.attempt THEN 'delivered_again'
            WHEN
                EXISTS (
                    FROM rebalances AS r
                    WHERE
                        r.occurred_at BETWEEN before.at - INTERVAL 1 MINUTE AND placed.occurred_at
                        AND (r.entity_id = run.consumer OR r.system = placed.system)
                        AND may_concern(r.tenant, r.environment, placed.tenant, placed.environment)
                )
                THEN 'rebalanced'
        END AS sign
    FROM placed
    LEFT JOIN suspect_runs AS run ON placed.execution_id = run.execution_id
    LEFT JOIN suspect_runs AS earlier ON placed.before.execution_id = earlier.execution_id
),

settled AS (
    SELECT
        p.*,
        max(times) OVER (PARTITION BY bout) > 1 AS repeated,
        p.effect_key IN (FROM own_ids) AS own_id,
        in_doubt_before(doubts, doubted_at, answered_at, occurred_at, last_at) AS in_doubt,
        -- Taken back in full before the next one: that one stands in its place.
        place >= times OR coalesce(compensated_at < next_at AND compensated_amount = amount, false) AS replaced,
        a.alike - times AS others_alike,
        a.population - times AS others,
        share_of_amount(p.amount, a.alike - times, a.population - times, $prior_effects) AS amount_share,
        -- A thing that is owed, such as an order, is paid once, unless the log shows that its like are paid in parts.
        2 * (h.again - 1) > h.records - 1 AND h.records > 20 AS many_again,
        h.records > 20 AND 20 * (h.any_again - 1) <= h.records - 1 AS hardly_any_again,
        w.held,
        w.held_in_all
    FROM signed AS p
    LEFT JOIN amount_counts AS a ON hash(p.by_action, amount, currency) = a.by_amount
    LEFT JOIN record_habits AS h
        ON p.thing IS NOT NULL AND p.by_action = h.by_action
        AND p.record_type IS NOT DISTINCT FROM h.record_type
    LEFT JOIN held_amounts AS w
        ON p.scope = w.scope AND p.entity = w.entity AND p.currency IS NOT DISTINCT FROM w.currency
)

SELECT
    [any_value(callee), any_value(action), coalesce(min(entity), any_value(customer_id))] AS subject,
    CASE
        -- That two logs are one system's is taken from their names alone.
        WHEN bool_or(likely AND NOT counted) OR nowhere_named(unnamed_log, likely) THEN 'suspicion'
        -- Where two spellings exist, they may well be two records.
        WHEN coalesce(spellings(record_id, likely), spellings(business_key, likely)) IS NOT NULL THEN 'suspicion'
        WHEN bool_or(in_doubt) OR count(sign) > 0 THEN 'probable'
        WHEN more_than_held(amount, held, held_in_all, money_stage, likely) THEN 'probable'
        -- Three by the calendar may be instalments, or a nightly job that takes the money again.
        WHEN
            count(*) FILTER (likely) > 2 AND evenly_spaced(CASE WHEN pause_s <= longest_s THEN pause_s END)
            AND avg(CASE WHEN pause_s <= longest_s THEN pause_s END) >= epoch(INTERVAL 23 HOUR)
            THEN 'suspicion'
        WHEN any_value(amount_share) <= $rare_share THEN 'probable'
        WHEN bool_and(coalesce(hardly_any_again, false)) FILTER (likely) THEN 'probable'
        ELSE 'suspicion'
    END AS grade,
    CASE
        WHEN NOT repeated
            THEN coalesce(
                told_apart_by(part), held_back_by(replays, refusals), CASE WHEN bool_or(read_again) THEN 'read_twice' END
            )
        -- The callee knows of one alone, and nobody of two: the caller gave it an id of its own.
        WHEN
            count(*) FILTER (likely AND witness_grade IN ('recorded', 'settled')) = 1
            AND bool_and(own_id) FILTER (likely AND witness_grade NOT IN ('recorded', 'settled'))
            AND len(flatten(list(sources) FILTER (likely)))
            = len(list_distinct(flatten(list(sources) FILTER (likely))))
            THEN 'own_ids'
        WHEN
            regular(CASE WHEN pause_s <= longest_s THEN pause_s END) AND NOT bool_or(in_doubt)
            -- What is owed once is paid in parts by the calendar; every half minute a program tries again.
            AND NOT (
                bool_and(owed_once(record_type))
                AND avg(CASE WHEN pause_s <= longest_s THEN pause_s END) < epoch(INTERVAL 23 HOUR)
            )
            THEN 'instalment'
        WHEN any_value(likeness) = 'thing' AND any_value(many_again) AND count(sign) = 0 AND NOT bool_or(in_doubt)
            THEN 'instalment'
        WHEN
            count(*) FILTER (likely) * any_value(amount) <= any_value(held)
            AND bool_and(takes_money(money_stage)) FILTER (likely)
            THEN 'within_authorisation'
        WHEN bool_and(replaced) THEN 'reissued'
        WHEN any_value(environment) = 'test' THEN 'test_mode'
    END AS suppressor,
    evidence_of(
        list(told_by(event_id, happened AND NOT read_again, place, witnesses, replays, refusals, doubts)),
        list(compensations)
    ) AS evidence,
    count(*) FILTER (likely) - 1 AS excess,
    to_json({
        'action': any_value(action),
        'callee': any_value(callee),
        'about': min(entity),
        'customer': any_value(customer_id),
        'amount': any_value(amount)::VARCHAR,
        'currency': any_value(currency),
        'effects': count(*) FILTER (likely),
        'unidentified': bool_or(likely AND NOT counted),
        'doubt': min(doubt) FILTER (in_doubt),
        'others_alike': min(others_alike),
        'others': min(others),
        'amount_share': CASE WHEN isfinite(min(amount_share)) THEN min(amount_share) END,
        'sign': min(sign),
        'held': CASE
            WHEN more_than_held(amount, held, held_in_all, money_stage, likely) THEN min(held_in_all)::VARCHAR
        END,
        -- One order paid twice is no chance; nor is all of it chance what followed a call in doubt.
        'coincidence': CASE
            WHEN any_value(likeness) <> 'content' THEN NULL
            WHEN coalesce(spellings(record_id, likely), spellings(business_key, likely)) IS NOT NULL THEN NULL
            WHEN bool_or(in_doubt) OR count(sign) > 0 THEN 'part'
            ELSE 'whole'
        END,
        'likeness': any_value(likeness),
        'spellings': coalesce(spellings(record_id, likely), spellings(business_key, likely))[:2],
        'hardly_any_again': coalesce(bool_and(coalesce(hardly_any_again, false)) FILTER (likely), false),
        'rare': coalesce(min(amount_share) <= $rare_share, false),
        'effect_ids': list(effect_id ORDER BY occurred_at, event_id) FILTER (counted)[:3],
        'seconds': epoch(max(occurred_at) FILTER (likely) - min(occurred_at) FILTER (likely)),
        'first_unclear': first_unclear(stamp, place, likely AND place > 1),
        'compensated': count(compensated_by) FILTER (likely),
        'nowhere_named': nowhere_named(unnamed_log, likely),
        'asserted': bool_or(counted AND witness_grade = 'asserted')
    })::VARCHAR AS facts
FROM settled
WHERE NOT repeated OR times > 1
GROUP BY bout, repeated, CASE WHEN repeated THEN part END
HAVING
    CASE
        WHEN any_value(likeness) = 'run' THEN repeated AND count(sign) > 0
        ELSE repeated OR count(*) FILTER (likely) > 1 OR bool_or(likely) AND bool_or(guarded OR read_again)
    END
UNION ALL
SELECT
    [callee, action] AS subject,
    'suspicion' AS grade,
    reading AS suppressor,
    evidence_as('original', event_ids) || evidence_as('context', other_event_ids) AS evidence,
    0 AS excess,
    to_json({'action': action, 'callee': callee, 'effects': effects, 'lines': lines})::VARCHAR AS facts
FROM told_again
