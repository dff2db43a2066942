-- One row a bout of effects that nothing connects but what they say, shortly after one another.
WITH
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
            hash(
                stamp.source, scope, callee, action, occurred_at, entity, customer_id, amount, currency,
                payload_hash, operation_key, cause, outcome
            ) AS line
        FROM suspect_effects
        WHERE repeats_content
    )
),

read_lines AS (
    SELECT
        *,
        NOT counted
        AND row_number() OVER (PARTITION BY line, nth ORDER BY log_part, event_id) > 1 AS read_again
    FROM lines
),

alike AS (
    SELECT
        *,
        counted OR (happened AND amount IS NOT NULL AND NOT read_again) AS likely,
        hash(scope, callee, action, amount, currency, payload_hash, coalesce(customer_id, entity))
            AS content
    FROM read_lines
),

-- Effects without ids are told apart within one log only, and not at all where another has the ids.
told AS (
    SELECT *, hash(content, CASE WHEN happened AND NOT counted THEN sources END) AS claim
    FROM alike
    QUALIFY counted OR NOT happened OR NOT bool_or(counted) OVER (PARTITION BY content)
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
        hash(claim, bout_of(claim, pause_s, $window_s, occurred_at, event_id)) AS bout
    FROM paused
),

parted AS (
    SELECT
        *,
        part_of(
            bout, entity_type, entity_id, customer_id, item_key, period_key, scheduled_for, money_stage, NULL,
            compensates_effect_id,
            NULL
        ) AS part
    FROM bouts
),

placed AS (
    SELECT
        *,
        count(*) FILTER (likely) OVER same AS times,
        max(occurred_at) FILTER (likely) OVER same AS last_at,
        row_number() OVER in_order AS place,
        lead(occurred_at) OVER in_order AS next_at
    FROM parted
    WINDOW
        same AS (PARTITION BY bout, part),
        in_order AS (PARTITION BY bout, part ORDER BY NOT likely, occurred_at, event_id)
),

settled AS (
    SELECT
        p.*,
        max(times) OVER (PARTITION BY bout) > 1 AS repeated,
        in_doubt_before(doubts, doubted_at, answered_at, occurred_at, last_at) AS in_doubt,
        -- Taken back in full before the next one: that one stands in its place.
        place >= times OR coalesce(compensated_at < next_at AND compensated_amount = amount, false) AS replaced,
        a.alike - times AS others_alike,
        a.population - times AS others,
        share_of_amount(p.amount, a.alike - times, a.population - times, $prior_effects) AS amount_share
    FROM placed AS p
    LEFT JOIN amount_counts AS a ON hash(scope, callee, action, amount, currency) = a.by_amount
)

SELECT
    [any_value(callee), any_value(action), coalesce(min(entity), any_value(customer_id))] AS subject,
    CASE
        WHEN bool_or(likely AND NOT counted) THEN 'suspicion'
        WHEN bool_or(in_doubt) OR min(amount_share) <= $rare_share THEN 'probable'
        ELSE 'suspicion'
    END AS grade,
    CASE
        WHEN NOT repeated
            THEN coalesce(
                told_apart_by(part), held_back_by(replays, refusals), CASE WHEN bool_or(read_again) THEN 'read_twice' END
            )
        WHEN regular(CASE WHEN pause_s <= $window_s THEN pause_s END) AND NOT bool_or(in_doubt) THEN 'instalment'
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
HAVING repeated OR count(*) FILTER (likely) > 1 OR bool_or(likely) AND bool_or(guarded OR read_again)
UNION ALL
SELECT
    [callee, action] AS subject,
    'suspicion' AS grade,
    reading AS suppressor,
    evidence_as('original', event_ids) || evidence_as('context', other_event_ids) AS evidence,
    0 AS excess,
    to_json({'action': action, 'callee': callee, 'effects': effects, 'lines': lines})::VARCHAR AS facts
FROM told_again
