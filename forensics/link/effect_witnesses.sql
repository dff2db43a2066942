-- Logs whose names differ only in numbers (rotated, or one a host) are taken for parts of one.
CREATE OR REPLACE MACRO log_family(source) AS
    coalesce(nullif(regexp_replace(source, '[^[:alpha:]]*[0-9]+[^[:alpha:]]*', '', 'g'), ''), 'log');

-- Whom an effect was asked of. Where no system is named, the log stands for it: that two logs name
-- none does not make their systems one.
CREATE OR REPLACE MACRO callee_of(target_system, "system", source) AS
    coalesce(target_system, "system", log_family(source));

-- An id by its letters and digits: people and systems write one with and without what stands between them.
CREATE OR REPLACE MACRO letters_of(id) AS lower(regexp_replace(id, '[^\pL\pN]+', '', 'g'));

-- Long enough that two systems do not draw the same by chance: a UUID, or sixteen letters or digits.
CREATE OR REPLACE MACRO beyond_chance(operation_key) AS
    regexp_matches(operation_key, '[[:alnum:]]{16}|[[:xdigit:]]{8}-[[:xdigit:]]{4}-');

-- Within whose books a key is compared: where no log names a system, a key beyond chance joins all.
CREATE OR REPLACE MACRO key_callee(callee, unnamed_log, operation_key) AS
    CASE WHEN unnamed_log IS NULL OR NOT beyond_chance(operation_key) THEN callee END;

CREATE OR REPLACE MACRO taken_back(money_stage) AS
    CASE WHEN money_stage IN ('refunded', 'reversed', 'disputed', 'reinstated', 'fee') THEN money_stage END;

-- Money that was taken is at one stage, whichever word a log has for it: what was captured is settled later.
CREATE OR REPLACE MACRO takes_money(money_stage) AS
    coalesce(money_stage IN ('captured', 'settled', 'debited'), false);

CREATE OR REPLACE MACRO stage_of(money_stage) AS
    CASE WHEN takes_money(money_stage) THEN 'captured' ELSE money_stage END;

-- Row numbers are unique only within one table of one system; other ids are unique by themselves.
CREATE OR REPLACE MACRO effect_identity(effect_id, money_stage, scope, callee_hash, thing) AS
    CASE
        -- Few ids begin with a digit, and the first letter is cheaper to compare than all of them.
        WHEN effect_id BETWEEN '0' AND ':' AND regexp_full_match(effect_id, '\d+')
            THEN hash(sure_hash(effect_id), taken_back(money_stage), scope, callee_hash, thing)
        ELSE hash(sure_hash(effect_id), taken_back(money_stage))
    END;

-- The caller was told no. A conflict is what a guard says of what has been done already.
CREATE OR REPLACE MACRO denied(outcome, error_kind, trust) AS
    outcome = 'rejected' AND error_kind IS DISTINCT FROM 'conflict' AND trust > 2;

-- What `trust` numbers, best first: settled, recorded by the callee, answered to the caller, asserted.
-- A call (5) has a grade of none of them: that something was asked for does not say that it was done.
CREATE OR REPLACE MACRO trust_name(trust) AS
    ['settled', 'recorded', 'answered', 'asserted'][trust];

-- What wanted an effect, as narrowly as the log tells: a trace may hold several workflows, each with wants of its own.
CREATE OR REPLACE MACRO caller_of(cause_id, trace_id, workflow, execution_id, event_id) AS coalesce(
    cause_id, trace_id || ' ' || workflow, CASE WHEN execution_id <> event_id THEN execution_id END, trace_id
);

CREATE OR REPLACE TABLE doubts AS
SELECT DISTINCT operation_key, caller_of(cause_id, trace_id, workflow, execution_id, event_id) AS caller
FROM events
WHERE
    kind IN ('attempt', 'effect', 'write')
    AND outcome IN ('timeout', 'unknown', 'error', 'rejected')
    AND operation_key IS NOT NULL;

-- What tells of an effect, and calls whose log does not say that they were to have one: their key may
-- say so. Only where one of a key or a cause was in doubt is it worth asking.
CREATE OR REPLACE VIEW effect_mentions AS
FROM events
WHERE
    kind = 'effect'
    OR (kind IN ('write', 'attempt') AND effect_class IS NOT NULL)
    OR (kind = 'state' AND effect_id IS NOT NULL)
    OR (
        kind = 'attempt'
        AND operation_key IS NOT NULL
        AND (
            operation_key IN (SELECT operation_key FROM doubts)
            OR caller_of(cause_id, trace_id, workflow, execution_id, event_id) IN (SELECT caller FROM doubts)
        )
    );

-- One row a mention of an effect, with hashes of what could show that it happened more than once.
-- Wide columns stay in `events`: a case holds millions of mentions, few of which are ever compared.
CREATE OR REPLACE TABLE effect_witnesses AS
WITH told AS (
    SELECT
        *,
        scope_of(tenant, environment) AS scope,
        sure_hash(callee_of(target_system, system, source)) AS callee_hash,
        CASE WHEN coalesce(target_system, system) IS NULL THEN source END AS unnamed_log,
        coalesce(entity_type, action) AS thing,
        -- What was made is not what it is about: a charge's own id as entity or as business key says nothing. Where no
        -- record is named, the business key stands for it.
        nullif(entity_id, effect_id) AS named,
        coalesce(named, nullif(natural_key, effect_id)) AS about,
        coalesce(period_key, strftime(scheduled_for, '%x %X'), CASE WHEN item_key IS NOT NULL THEN entity_id END)
            AS occasion
    FROM effect_mentions
)

SELECT
    event_id,
    occurred_at,
    action,
    kind = 'state' AS is_state,
    coalesce(money_stage = 'authorised', false) AS is_hold,
    CASE
        WHEN kind = 'attempt' AND effect_class IS NULL THEN 5
        WHEN kind = 'state' OR money_stage = 'settled' THEN 1
        WHEN vantage IN ('provider', 'server', 'database', 'broker') AND coalesce(target_system = system, true)
            THEN 2
        WHEN effect_id IS NOT NULL AND (vantage IN ('client', 'server', 'proxy') OR target_system <> system)
            THEN 3
        ELSE 4
    END::TINYINT AS trust,
    outcome IN ('ok', 'partial') AND trust < 5 AS happened,
    effect_id IS NOT NULL AS identified,
    outcome IN ('replayed', 'rejected', 'skipped') AS guarded,
    outcome IN ('timeout', 'unknown', 'error') AS doubted,
    denied(outcome, error_kind, trust) AS denied,
    CASE
        WHEN effect_id IS NOT NULL THEN effect_identity(effect_id, money_stage, scope, callee_hash, thing)
        WHEN occurrence_id IS NOT NULL THEN hash('occurrence', scope, callee_hash, sure_hash(occurrence_id))
        WHEN phase <> 'single'
            THEN hash('phases', scope, sure_hash(execution_id), action, sure_hash(entity_id), sure_hash(item_key))
        ELSE hash('event', sure_hash(event_id))
    END AS effect_key,
    CASE WHEN tenant IS NOT NULL OR environment IS NOT NULL THEN scope END AS owner,
    CASE
        WHEN operation_key IS NOT NULL
            THEN hash(scope, key_callee(callee_hash, unnamed_log, operation_key), sure_hash(operation_key))
    END AS by_key,
    CASE WHEN occurrence_id IS NOT NULL THEN hash(scope, callee_hash, sure_hash(occurrence_id)) END AS by_occurrence,
    CASE
        WHEN phase <> 'single' THEN hash(scope, sure_hash(execution_id), action, sure_hash(entity_id), sure_hash(item_key))
    END AS by_phase,
    CASE WHEN delivery_id IS NOT NULL THEN hash(scope, sure_hash(delivery_id)) END AS by_delivery,
    CASE WHEN delivery_id IS NOT NULL THEN hash(scope, sure_hash(delivery_id), action) END
        AS by_delivered,
    hash(scope, sure_hash(coalesce(caller_of(cause_id, trace_id, workflow, execution_id, event_id), event_id)), action)
        AS by_cause,
    hash(scope, callee_hash, action) AS by_action,
    CASE
        WHEN coalesce(customer_id, about) IS NOT NULL AND (amount IS NOT NULL OR payload_hash IS NOT NULL)
            THEN hash(by_action, sure_hash(coalesce(customer_id, letters_of(about))), amount, currency, payload_hash)
    END AS by_content,
    CASE
        WHEN natural_key IS NOT NULL OR (about IS NOT NULL AND money_stage IS NOT NULL)
            THEN hash(scope, effect_class, money_stage, sure_hash(coalesce(natural_key, about)), amount, currency)
    END AS by_obligation,
    CASE WHEN occasion IS NOT NULL THEN hash(scope, sure_hash(workflow), sure_hash(occasion)) END AS by_occasion,
    CASE
        WHEN occasion IS NOT NULL
            THEN hash(
                by_occasion, action, sure_hash(named), sure_hash(customer_id), sure_hash(item_key), amount, currency
            )
    END AS by_unit,
    CASE WHEN about IS NOT NULL THEN hash(by_action, sure_hash(about)) END AS by_about,
    CASE WHEN execution_id <> event_id THEN sure_hash(execution_id) END AS by_execution,
    hash(by_action, amount, currency) AS by_amount,
    callee_hash
FROM told;

DROP TABLE doubts;

CREATE OR REPLACE TABLE keyed_calls AS
FROM effect_witnesses
WHERE trust = 5;

DELETE FROM effect_witnesses
WHERE trust = 5;
