-- What the patterns say in the same words. A *claim* is the key under which one effect was meant;
-- a *part* of it is what the log itself tells apart: another thing, customer, item, period, tick, stage,
-- amount, or effect that was taken back. `any_value` is only ever of what claim and part fix.
CREATE OR REPLACE MACRO apart(value, claim) AS
    CASE WHEN min(value) OVER (PARTITION BY claim) <> max(value) OVER (PARTITION BY claim) THEN value END;

-- What an effect says of itself: a sum, or where there is none, what was sent.
CREATE OR REPLACE MACRO said(amount, currency, payload_hash) AS
    CASE
        WHEN amount IS NOT NULL THEN hash(amount, currency)
        WHEN payload_hash IS NOT NULL THEN hash(payload_hash)
    END;

-- Records that are paid, sent or settled once, by what they are called, and what a business key names; an account or a
-- customer is not.
CREATE OR REPLACE MACRO owed_once(entity_type) AS coalesce(
    regexp_matches(
        entity_type,
        '(?i)(order|invoice|bill|cart|basket|booking|reservation|purchase|checkout)s?$|^natural key$'
    ),
    false
);

-- Records for which something is owed again and again.
CREATE OR REPLACE MACRO owes_again(entity_type) AS coalesce(
    regexp_matches(
        entity_type,
        '(?i)(account|customer|client|user|member|contact|card|wallet|contract|subscription|merchant|seller|employee)s?$'
    ),
    false
);

-- What names no tenant or environment, such as a broker's log, may concern any.
CREATE OR REPLACE MACRO may_concern(tenant, environment, other_tenant, other_environment) AS
    coalesce(tenant = other_tenant, true) AND coalesce(environment = other_environment, true);

-- Which bout of a claim a row belongs to: a pause that is longer than `longest_s` begins the next.
CREATE OR REPLACE MACRO bout_of(claim, pause_s, longest_s, occurred_at, event_id) AS
    count(*) FILTER (pause_s > longest_s) OVER (PARTITION BY claim ORDER BY occurred_at, event_id);

-- An id without what is only its spelling: case, and what stands between a letter and what follows. Between two digits
-- it tells 1-11 from 11-1.
CREATE OR REPLACE MACRO spelt_alike(id) AS
    coalesce(
        nullif(
            regexp_replace(
                regexp_replace(regexp_replace(lower(id), '[^\pL\pN]+(\pN)', '~\1', 'g'), '[^\pL\pN~]+', '', 'g'),
                '(^|\pL)~', '\1', 'g'
            ),
            ''
        ),
        id
    );

-- Ids of one type of thing can be compared; a task's id beside an order's says nothing.
CREATE OR REPLACE MACRO thing_apart(entity_type, entity_id, claim) AS
    CASE
        WHEN min(entity_id) OVER (PARTITION BY claim, entity_type)
            <> max(entity_id) OVER (PARTITION BY claim, entity_type) THEN entity_id
    END;

-- Logs that name no system may tell of two: what their lines say must show that it is one.
CREATE OR REPLACE MACRO log_apart(unnamed_log, operation_key, effect_id, amount, currency, payload_hash, claim) AS
    CASE
        WHEN
            NOT coalesce(
                min(effect_id) OVER (PARTITION BY claim) <> max(effect_id) OVER (PARTITION BY claim)
                AND (
                    beyond_chance(operation_key)
                    OR min(said(amount, currency, payload_hash)) OVER (PARTITION BY claim)
                    = max(said(amount, currency, payload_hash)) OVER (PARTITION BY claim)
                ),
                false
            )
            THEN apart(unnamed_log, claim)
    END;

CREATE OR REPLACE MACRO part_of(
    claim, entity_type, entity_id, customer_id, item_key, period_key, scheduled_for, money_stage, amount, undone, log
) AS {
    'thing': thing_apart(entity_type, entity_id, claim),
    'customer': apart(customer_id, claim),
    'item': apart(item_key, claim),
    'period': apart(period_key, claim),
    'tick': apart(scheduled_for, claim),
    'stage': apart(stage_of(money_stage), claim),
    'amount': apart(amount, claim),
    'undone': apart(undone, claim),
    'log': log
};

-- The ids of effects where two differ in nothing but their spelling.
CREATE OR REPLACE MACRO spellings(id, likely) AS
    CASE
        WHEN count(DISTINCT id) FILTER (likely) > count(DISTINCT spelt_alike(id)) FILTER (likely)
            THEN list(DISTINCT id ORDER BY id) FILTER (likely)
    END;

-- Why the effects of one claim are not one effect done twice.
CREATE OR REPLACE MACRO told_apart_by(part) AS
    CASE
        WHEN bool_or(part.stage IS NOT NULL) THEN
            CASE
                WHEN bool_and(part.stage IN ('authorised', 'captured')) THEN 'authorise_then_capture'
                ELSE 'other_stage'
            END
        WHEN bool_or(part.tick IS NOT NULL) THEN 'scheduled_run'
        WHEN bool_or(part.period IS NOT NULL) THEN 'instalment'
        WHEN bool_or(coalesce(part.thing, part.customer, part.item, part.undone) IS NOT NULL) THEN 'fan_out'
        WHEN bool_or(part.amount IS NOT NULL) THEN 'part_payment'
        WHEN bool_or(part.log IS NOT NULL) THEN 'unnamed_systems'
    END;

-- Whether effects of one key differ in what they did: sums, or where there are none, what was sent.
CREATE OR REPLACE MACRO content_differs(counted, amount, currency, payload_hash) AS
    count(DISTINCT amount) FILTER (counted) > 1
    OR count(DISTINCT currency) FILTER (counted) > 1
    OR (count(amount) FILTER (counted) = 0 AND count(DISTINCT payload_hash) FILTER (counted) > 1);

-- Of a payment that was held first, more was taken than was ever held.
CREATE OR REPLACE MACRO more_than_held(amount, held, held_in_all, money_stage, likely) AS
coalesce(
    bool_and(takes_money(money_stage)) FILTER (likely) AND min(amount) <= min(held)
    AND count(*) FILTER (likely) * min(amount) > min(held_in_all),
    FALSE
);

-- What held a second effect back.
CREATE OR REPLACE MACRO held_back_by(replays, refusals) AS
    CASE
        WHEN bool_or(len(replays) > 0) THEN 'idempotent_replay'
        WHEN bool_or(len(refusals) > 0) THEN 'refused_attempt'
    END;

-- The calendar's name for a pause: whole days, but for what a change of the clock and a late job may make;
-- a month, and what is made of months, may be a day short or long.
CREATE OR REPLACE MACRO calendar_length(pause_s) AS
    CASE
        WHEN abs(pause_s - round(pause_s / 86400) * 86400) > 5400 THEN NULL
        WHEN round(pause_s / 86400) = 7 THEN 'week'
        WHEN round(pause_s / 86400) = 14 THEN 'fortnight'
        WHEN round(pause_s / 86400) BETWEEN 27 AND 32 THEN 'month'
        WHEN round(pause_s / 86400) BETWEEN 89 AND 93 THEN 'quarter'
        WHEN round(pause_s / 86400) BETWEEN 180 AND 185 THEN 'half-year'
        WHEN round(pause_s / 86400) BETWEEN 364 AND 367 THEN 'year'
    END;

-- How often an amount is met by chance: a tenth as often for each of its digits after the first, not
-- counting the noughts and the nines or five in which prices end.
CREATE OR REPLACE MACRO chance_of(amount) AS
    power(10, 1 - greatest(1, length(regexp_replace(trim(replace(amount::VARCHAR, '.', ''), '0'), '(9+5?|5)$', ''))));

-- The share of effects that have an amount, as if `weight` more had been seen, of which as many had it as chance
-- lets expect: few effects are no reason to call 9.99 rare. What others have, one more may have.
CREATE OR REPLACE MACRO share_of_amount(amount, others_alike, others, weight) AS
    greatest(
        (others_alike + weight * chance_of(amount)) / (others + weight),
        CASE WHEN others_alike > 0 THEN (others_alike + 1) / (others + 1) END
    );

CREATE OR REPLACE MACRO named_twice(value) AS count(value) > count(DISTINCT value);

-- Whether all that ties one run to another is keys that nobody remembered any more.
CREATE OR REPLACE MACRO outlived(keyed, pause_s, lifetime_s) AS
    keyed AND coalesce(min(pause_s) FILTER (pause_s > 0) > lifetime_s, false);

-- Whether a call was in doubt when another was made: it had failed by then, and had not been answered
-- under its own key.
CREATE OR REPLACE MACRO in_doubt_before(doubts, doubted_at, answered_at, occurred_at, next_at) AS
    len(doubts) > 0 AND occurred_at < next_at
    AND coalesce(doubted_at < next_at, true) AND coalesce(answered_at >= next_at, true);

-- The lines that tell of one effect. Its earliest witness stands for it; attempts whose outcome
-- the caller did not learn are the cause of the next.
CREATE OR REPLACE MACRO told_by(event_id, happened, place, witnesses, replays, refusals, doubts) AS
    list_transform(witnesses, lambda w: {
        'event_id': w,
        'role': CASE
            WHEN list_contains(replays, w) OR list_contains(refusals, w) THEN 'guard'
            WHEN list_contains(doubts, w) THEN 'cause'
            WHEN w <> event_id OR NOT happened THEN 'context'
            WHEN place = 1 THEN 'original'
            ELSE 'duplicate'
        END
    });

CREATE OR REPLACE MACRO evidence_as(given_role, event_ids) AS
    list_transform(event_ids::VARCHAR [], lambda w: {'event_id': w, 'role': given_role::VARCHAR});

CREATE OR REPLACE MACRO evidence_of(told, compensations) AS list_concat(
    flatten(told)::STRUCT(event_id VARCHAR, "role" VARCHAR) [],
    evidence_as('compensation', list_distinct(flatten(compensations)::VARCHAR []))
);

-- Whether the log leaves open that another than the first came first.
CREATE OR REPLACE MACRO first_unclear(stamp, place, again) AS
    list_bool_or(list_transform(
        list(stamp) FILTER (again),
        lambda later: order_of_stamps(arg_min(stamp, place), later) <> 'before'
    ));

-- Several logs tell of the effects, and none of them names a system.
CREATE OR REPLACE MACRO nowhere_named(unnamed_log, counted) AS
    count(DISTINCT unnamed_log) FILTER (counted) > 1;

-- Two effects that only their actor asserts may be one, told twice; those of two logs may be two systems'.
CREATE OR REPLACE MACRO grade_of(witness_grade, unnamed_log, counted, best) AS
    CASE
        WHEN bool_or(counted AND witness_grade = 'asserted') OR nowhere_named(unnamed_log, counted) THEN 'probable'
        ELSE best
    END;
