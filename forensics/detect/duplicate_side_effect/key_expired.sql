-- One row a key that was used again after the callee had forgotten it, and worked again.
WITH
keyed AS (
    SELECT *, hash(scope, sure_hash(key_callee(callee, unnamed_log, operation_key)), keyed_action, sure_hash(operation_key)) AS claim
    FROM suspect_effects
    WHERE repeats_key AND counted
),

paused AS (
    SELECT
        *,
        coalesce(remembered.lifetime_s, $key_lifetime_s) AS lifetime_s,
        epoch(occurred_at - lag(occurred_at) OVER (PARTITION BY claim ORDER BY occurred_at, event_id)) AS pause_s
    FROM keyed
),

used AS (
    SELECT
        *,
        bout_of(claim, pause_s, lifetime_s, occurred_at, event_id) AS use,
        part_of(
            claim, entity_type, entity_id, customer_id, item_key, period_key, scheduled_for, money_stage, NULL,
            compensates_effect_id,
            log_apart(unnamed_log, operation_key, effect_id, amount, currency, payload_hash, claim)
        ) AS part
    FROM paused
),

-- What follows within one lifetime is another pattern's business: each use stands as its first effect.
firsts AS (
    SELECT *
    FROM used
    QUALIFY row_number() OVER (PARTITION BY claim, part, use ORDER BY occurred_at, event_id) = 1
),

placed AS (
    SELECT
        *,
        hash(claim, part) AS series,
        hash(scope, sure_hash(key_callee(callee, unnamed_log, operation_key)), sure_hash(operation_key)) AS by_key,
        hash(scope, sure_hash(key_callee(callee, unnamed_log, operation_key)), keyed_action) AS by_keyed_action,
        count(*) OVER (PARTITION BY claim, part) AS times,
        row_number() OVER same AS place,
        epoch(occurred_at - lag(occurred_at) OVER same) AS gap_s
    FROM firsts
    WINDOW same AS (PARTITION BY claim, part ORDER BY occurred_at, event_id)
),

answers AS (
    SELECT hash(scope, sure_hash(key_callee(callee, unnamed_log, operation_key)), sure_hash(operation_key)) AS by_key, settled_at
    FROM suspect_effects
),

-- What was unclear within a lifetime before the last use is that use's own; earlier, it may be what led to it,
-- unless the caller had its answer within a lifetime.
in_doubt AS (
    SELECT u.series
    FROM (
        SELECT
            series,
            by_key,
            max(lifetime_s) AS lifetime_s,
            max(occurred_at) - to_seconds(max(lifetime_s)) AS before_last
        FROM placed
        GROUP BY series, by_key
    ) AS u
    INNER JOIN suspect_effects AS s
        ON u.by_key = hash(s.scope, sure_hash(key_callee(s.callee, s.unnamed_log, s.operation_key)), sure_hash(s.operation_key))
    WHERE
        in_doubt_before(s.doubts, s.doubted_at, NULL, s.occurred_at, u.before_last)
        AND NOT EXISTS (
            FROM answers AS a
            WHERE
                a.by_key = u.by_key
                AND a.settled_at BETWEEN s.doubted_at AND s.doubted_at + to_seconds(u.lifetime_s)
        )
),

-- The calendar's names for the pauses of each series, if each has one, and what says that it was a retry.
-- One run is no sign: some live as long as the subscription that they renew.
timed AS (
    SELECT
        series,
        any_value(by_keyed_action) AS by_keyed_action,
        CASE
            WHEN count(calendar_length(gap_s)) = count(gap_s)
                THEN string_agg(DISTINCT calendar_length(gap_s), ' or ' ORDER BY calendar_length(gap_s))
        END AS pause_name,
        named_twice(period_key)
        OR named_twice(scheduled_for)
        OR named_twice(compensates_effect_id)
        OR named_twice(CASE WHEN entity_type = 'invoice' THEN entity_id END) AS one_occasion,
        -- No retry keeps to the months.
        count(gap_s) > 1 AND pause_name IN ('month', 'quarter', 'half-year', 'year') AND NOT one_occasion AS is_rhythm,
        one_occasion
        OR any_value(series IN (FROM in_doubt))
        OR named_twice(coalesce(cause_id, trace_id))
        OR bool_or(attempt > 1 AND place > 1) AS retried
    FROM placed
    WHERE times > 1
    GROUP BY series
),

-- Many keys of one action that come again after the same length of the calendar name what is due each time.
renewals AS (
    SELECT
        series,
        is_rhythm,
        retried,
        CASE WHEN NOT retried THEN pause_name END AS due_each,
        count(*) OVER (PARTITION BY by_keyed_action, due_each) AS alike,
        count(*) OVER (PARTITION BY by_keyed_action) AS renewed,
        due_each IS NOT NULL AND alike >= $min_keys AND 2 * alike > renewed AS is_crowd
    FROM timed
),

settled AS (
    SELECT p.*, r.is_rhythm, r.is_crowd, r.due_each, r.retried, max(times) OVER (PARTITION BY claim) > 1 AS repeated
    FROM placed AS p
    LEFT JOIN renewals AS r USING (series)
)

SELECT
    [min(callee), any_value(keyed_action), coalesce(min(entity), any_value(operation_key))] AS subject,
    grade_of(
        witness_grade, unnamed_log, counted,
        CASE
            WHEN content_differs(counted, amount, currency, payload_hash) OR any_value(due_each) IS NOT NULL
                THEN 'probable'
            WHEN any_value(retried) THEN 'proven'
            ELSE 'strong'
        END
    ) AS grade,
    CASE
        WHEN NOT repeated THEN told_apart_by(part)
        WHEN regular(gap_s) OR any_value(is_rhythm) OR any_value(is_crowd) THEN 'instalment'
        WHEN any_value(environment) = 'test' THEN 'test_mode'
    END AS suppressor,
    evidence_of(
        list(told_by(event_id, happened, place, witnesses, replays, refusals, doubts)),
        list(compensations)
    ) AS evidence,
    count(*) - 1 AS excess,
    to_json({
        'key': any_value(operation_key),
        'action': any_value(keyed_action),
        'callee': string_agg(DISTINCT callee, ' and ' ORDER BY callee),
        'effects': count(*),
        'effect_ids': list(effect_id ORDER BY occurred_at, event_id)[:3],
        'seconds': epoch(max(occurred_at) - min(occurred_at)),
        'lifetime_s': max(lifetime_s),
        'remembered': arg_max(remembered, (lifetime_s, remembered)),
        'due_each': any_value(due_each),
        'retried': any_value(retried),
        'content_differs': content_differs(counted, amount, currency, payload_hash),
        'compensated': count(compensated_by),
        'nowhere_named': nowhere_named(unnamed_log, counted),
        'asserted': bool_or(witness_grade = 'asserted')
    })::VARCHAR AS facts
FROM settled
GROUP BY claim, repeated, CASE WHEN repeated THEN part END
HAVING count(DISTINCT use) > 1
