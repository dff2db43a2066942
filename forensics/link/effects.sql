-- One row a change in the world, however many logs mention it. `effects_of` takes rows of
-- `effect_witnesses`, so that a query that needs a few effects does not merge millions.
CREATE OR REPLACE MACRO effects_of(witness_table) AS TABLE
WITH
-- Of several values the earliest stands; what the callee calls a thing outranks what its caller does,
-- and where one log tells of an effect in several ways, always the same way is taken: what was done before what was
-- tried, and what was taken before what was held for it.
placed AS (
    SELECT
        effect_key,
        event_id AS told_id,
        occurred_at AS told_at,
        trust,
        happened,
        row_number() OVER (PARTITION BY effect_key ORDER BY occurred_at, event_id) AS by_time,
        row_number() OVER (
            PARTITION BY effect_key ORDER BY trust, NOT happened, is_hold, "action", occurred_at, event_id
        ) AS by_trust,
        -- A state that rests on an effect, as a paid invoice on its charge, has a name of its own.
        row_number() OVER (
            PARTITION BY effect_key ORDER BY is_state, trust, NOT happened, is_hold, "action", occurred_at, event_id
        ) AS by_name,
        row_number() OVER (
            PARTITION BY effect_key
            ORDER BY NOT happened, is_state, trust = 5, is_hold, occurred_at, trust, "action", event_id
        ) AS by_worth,
        -- Who called is for the caller to say, whose clock may be behind or ahead.
        row_number() OVER (PARTITION BY effect_key ORDER BY trust < 3, trust < 5, occurred_at, event_id) AS by_call
    FROM query_table(witness_table)
),

merged AS (
    SELECT
        effect_key,
        arg_min(effect_id, by_time) AS effect_id,
        arg_min(event_id, by_worth) AS event_id,
        list({
            'place': by_time,
            'event_id': event_id,
            'outcome': outcome,
            'at': occurred_at,
            'denied': denied(outcome, error_kind, trust) AND effect_id IS NULL,
            'caller': caller_of(cause_id, trace_id, workflow, execution_id, event_id),
            'answer': CASE WHEN outcome IN ('ok', 'partial', 'replayed') THEN trust END,
            'source': source,
            'action': "action",
            'occurrence_id': occurrence_id
        }) AS mentions,
        trust_name(min(trust)) AS witness_grade,
        -- Who only asked names the callee by whom it asked, not by itself.
        coalesce(
            CASE
                WHEN min(trust) FILTER (coalesce(target_system, "system") IS NOT NULL) = min(trust)
                    THEN arg_min(coalesce(target_system, "system"), by_trust)
            END,
            arg_min(target_system, by_trust),
            log_family(arg_min(source, by_trust))
        ) AS callee,
        CASE WHEN count(coalesce(target_system, "system")) = 0 THEN arg_min(source, by_trust) END AS unnamed_log,
        arg_min("system", by_trust) AS "system",
        arg_min("action", by_name) AS "action",
        arg_min(effect_class, by_trust) AS effect_class,
        arg_min(operation_key, by_time) AS operation_key,
        arg_min(CASE WHEN operation_key IS NOT NULL THEN "action" END, by_trust) AS keyed_action,
        arg_min(delivery_id, by_time) AS delivery_id,
        -- What a call is called says how it was made, and counts where nothing else tells.
        coalesce(
            min(CASE WHEN delivery_id IS NOT NULL AND trust < 5 THEN "action" END),
            min(CASE WHEN delivery_id IS NOT NULL THEN "action" END)
        ) AS delivered_action,
        coalesce(
            min(CASE WHEN delivery_id IS NOT NULL AND trust < 5 THEN coalesce(target_system, "system") END),
            min(CASE WHEN delivery_id IS NOT NULL THEN coalesce(target_system, "system") END),
            min(CASE WHEN delivery_id IS NOT NULL THEN log_family(source) END)
        ) AS delivered_callee,
        arg_min(handoff_id, by_time) AS handoff_id,
        arg_min(CASE WHEN execution_id <> event_id THEN execution_id END, by_call) AS execution_id,
        arg_min(cause_id, by_call) AS cause_id,
        coalesce(
            min(CASE WHEN cause_id IS NOT NULL AND trust < 5 THEN "action" END),
            min(CASE WHEN trace_id IS NOT NULL AND trust < 5 THEN "action" END),
            min(CASE WHEN cause_id IS NOT NULL THEN "action" END),
            min(CASE WHEN trace_id IS NOT NULL THEN "action" END),
            min("action")
        ) AS caused_action,
        arg_min(trace_id, by_call) AS trace_id,
        arg_min(workflow, by_call) AS workflow,
        arg_min(consumer, by_time) AS consumer,
        arg_min(attempt, by_time) AS attempt,
        arg_min(trigger_kind, by_time) AS trigger_kind,
        arg_min(actor, by_time) AS actor,
        arg_min(actor_kind, by_time) AS actor_kind,
        arg_min(
            CASE WHEN entity_id IS DISTINCT FROM effect_id THEN {'type': entity_type, 'id': entity_id} END,
            CASE WHEN entity_id IS NOT NULL THEN by_time END
        ) AS entity,
        arg_min(natural_key, by_time) AS natural_key,
        arg_min(item_key, by_time) AS item_key,
        arg_min(period_key, by_time) AS period_key,
        arg_min(scheduled_for, by_time) AS scheduled_for,
        arg_min(customer_id, by_time) AS customer_id,
        arg_min(tenant, by_time) AS tenant,
        arg_min(environment, by_time) AS environment,
        arg_min(amount, by_trust) AS amount,
        arg_min(CASE WHEN amount IS NOT NULL THEN currency END, by_trust) AS currency,
        arg_min(money_stage, by_trust) AS money_stage,
        arg_min(payload_hash, by_trust) AS payload_hash,
        arg_min(compensates_effect_id, by_trust) AS compensates_effect_id,
        arg_min(occurred_at, by_worth) AS occurred_at,
        arg_min(ended_at, by_worth) AS ended_at,
        arg_min(
            {
                'source': source,
                'stream': source_stream,
                'seq': source_seq,
                'position': source_position,
                'at': occurred_at,
                'clock': clock_of("clock", "system", source)
            },
            by_worth
        ) AS stamp,
        arg_min(outcome, by_worth) AS outcome,
        coalesce(bool_or(happened), false) AS happened,
        bool_or(outcome IN ('timeout', 'unknown')) AS ambiguous,
        bool_or(trust > 2 AND outcome IN ('ok', 'partial', 'replayed')) AS answered,
        bool_and(kind = 'state') AS is_state,
        -- Nobody but the system that acted tells of it, and it names no other that it asked.
        bool_and(
            coalesce(vantage, 'server') IN ('client', 'server', 'database')
            AND coalesce(target_system, "system") IS NOT DISTINCT FROM "system"
        ) AS is_booking
    FROM placed
    INNER JOIN events ON told_id = event_id
    -- By time as well, so that few others are read whole; without a time, all that have none.
    WHERE coalesce(occurred_at, 'epoch') IN (SELECT coalesce(told_at, 'epoch') FROM placed)
    GROUP BY effect_key
),

told AS (
    SELECT * EXCLUDE (mentions), list_sort(mentions) AS mentions FROM merged
),

-- A caller that was told no, and never yes, of what happened is in doubt like one that was told nothing.
judged AS (
    SELECT
        *,
        [
            m FOR m IN mentions
            IF m.outcome IN ('timeout', 'unknown', 'error') OR (m.denied AND happened AND NOT answered)
        ] AS doubted
    FROM told
)

SELECT
    t.* EXCLUDE (mentions, entity, doubted, answered) REPLACE (struct_update(t.stamp, "clock" := clocks) AS stamp),
    [m.event_id FOR m IN mentions] AS witnesses,
    [m.event_id FOR m IN mentions IF m.outcome = 'replayed'] AS replays,
    [m.event_id FOR m IN mentions IF m.outcome IN ('rejected', 'skipped') AND NOT list_contains(doubted, m)]
        AS refusals,
    [m.event_id FOR m IN doubted] AS doubts,
    doubted[1].outcome AS doubt,
    list_min([m.at FOR m IN doubted]) AS doubted_at,
    -- A caller that made a bare call is answered by a call, not by what another caller was told.
    list_min([
        m.at FOR m IN mentions
        IF m.answer = 5 AND list_bool_or([coalesce(d.caller = m.caller, true) FOR d IN doubted])
    ]) AS answered_at,
    list_min([m.at FOR m IN mentions IF m.answer > 2]) AS settled_at,
    list_sort(list_distinct([m.source FOR m IN mentions])) AS sources,
    list_sort(list_distinct([m.action FOR m IN mentions])) AS actions,
    list_sort(list_distinct([m.occurrence_id FOR m IN mentions])) AS occurrences,
    t.entity.type AS entity_type,
    t.entity.id AS entity_id,
    c.compensated_by,
    c.compensations,
    c.compensated_at,
    -- What came back in another currency, or in none that is known, is no part of the amount.
    CASE
        WHEN c.effect_key IS NOT NULL AND t.amount IS NOT NULL
            THEN least(
                coalesce(list_sum([
                    r.amount FOR r IN c."returns" IF r.whole OR r.currency IS NOT DISTINCT FROM t.currency
                ]), 0),
                t.amount
            )::DECIMAL(18, 4)
    END AS compensated_amount,
    coalesce(
        list_bool_or([r.whole FOR r IN c."returns"]) OR compensated_amount >= t.amount, false
    ) AS taken_back
FROM judged AS t
LEFT JOIN clocks ON t.stamp.clock = clocks.clock
LEFT JOIN compensations AS c USING (effect_key);

CREATE OR REPLACE VIEW effects AS
FROM effects_of('effect_witnesses')
WHERE NOT is_state;
