-- What the patterns say in the same words. A *claim* is the key under which one effect was meant;
-- a *part* of it is what the log itself tells apart: another item, period, tick or stage.
CREATE OR REPLACE TEMP MACRO apart(value, claim) AS
    CASE WHEN min(value) OVER (PARTITION BY claim) <> max(value) OVER (PARTITION BY claim) THEN value END;

CREATE OR REPLACE TEMP MACRO part_of(claim, entity, item_key, period_key, scheduled_for, money_stage) AS [
    apart(entity, claim),
    apart(item_key, claim),
    apart(period_key, claim),
    apart(scheduled_for::VARCHAR, claim),
    apart(money_stage, claim)
];

-- Why the effects of one claim are not one effect done twice.
CREATE OR REPLACE TEMP MACRO told_apart_by(entity, item_key, period_key, scheduled_for, money_stage) AS
    CASE
        WHEN count(DISTINCT money_stage) > 1 THEN 'authorise_then_capture'
        WHEN count(DISTINCT scheduled_for) > 1 THEN 'scheduled_run'
        WHEN count(DISTINCT period_key) > 1 THEN 'instalment'
        WHEN count(DISTINCT item_key) > 1 OR count(DISTINCT entity) > 1 THEN 'fan_out'
    END;

-- What held a second effect back.
CREATE OR REPLACE TEMP MACRO held_back_by(replays, refusals) AS
    CASE
        WHEN count(replays) > 0 THEN 'idempotent_replay'
        WHEN count(refusals) > 0 THEN 'refused_attempt'
    END;

-- The lines that tell of one effect: its earliest witness stands for it.
CREATE OR REPLACE TEMP MACRO told_by(event_id, happened, place, witnesses, replays, refusals) AS
    list_transform(witnesses, lambda w: {
        'event_id': w,
        'role': CASE
            WHEN list_contains(replays, w) OR list_contains(refusals, w) THEN 'guard'
            WHEN w <> event_id OR NOT happened THEN 'context'
            WHEN place = 1 THEN 'original'
            ELSE 'duplicate'
        END
    });

CREATE OR REPLACE TEMP MACRO evidence_of(told, compensations) AS list_concat(
    flatten(told)::STRUCT(event_id VARCHAR, "role" VARCHAR) [],
    list_transform(
        list_distinct(flatten(compensations)::VARCHAR []),
        lambda w: {'event_id': w, 'role': 'compensation'}
    )
);
