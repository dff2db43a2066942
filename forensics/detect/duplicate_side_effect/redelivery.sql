-- One row a message that was handed over again and had its effect again.
WITH
-- A try of which nobody knows what came of it, and after which the message was handed over again: it may have had
-- its effect.
unclear AS (
    SELECT
        tenant,
        min(environment) AS environment,
        delivery_id,
        consumer,
        target_system,
        min(again_at) AS again_at
    FROM (
        SELECT
            tenant,
            environment,
            delivery_id,
            consumer,
            CASE WHEN kind = 'attempt' THEN target_system END AS target_system,
            outcome IN ('timeout', 'unknown') OR coalesce(error_kind = 'timeout', false) AS is_unclear,
            CASE
                WHEN kind = 'attempt' THEN occurred_at
                ELSE min(occurred_at) FILTER (kind <> 'attempt' AND phase <> 'end') OVER (
                    PARTITION BY tenant, beside_live(environment), delivery_id, consumer
                    ORDER BY occurred_at
                    RANGE BETWEEN INTERVAL 1 MICROSECOND FOLLOWING AND UNBOUNDED FOLLOWING
                )
            END AS again_at
        FROM (SELECT * REPLACE (subscription(tenant, environment, delivery_id, consumer) AS consumer) FROM events)
        WHERE
            kind IN ('attempt', 'trigger', 'delivery')
            AND delivery_id IN (SELECT delivery_id FROM suspect_effects WHERE repeats_delivery)
    )
    WHERE is_unclear
    GROUP BY tenant, beside_live(environment), delivery_id, consumer, target_system
),

-- The callee's own log would tell of what that try did.
perhaps_again AS (
    SELECT s.effect_key
    FROM suspect_effects AS s
    INNER JOIN unclear AS u
        ON s.delivery_id = u.delivery_id
        AND coalesce(s.tenant = u.tenant, true)
        AND coalesce(s.environment = u.environment, true)
        AND coalesce(s.consumer = u.consumer, true)
        AND coalesce(s.callee = u.target_system, true)
        AND s.occurred_at >= u.again_at
    WHERE s.counted AND s.witness_grade IN ('answered', 'asserted')
),

handed AS (
    SELECT
        s.*,
        s.effect_key IN (FROM perhaps_again) AS perhaps_again,
        h.event_ids AS handed_over,
        len(h.event_ids) AS starts,
        h.names,
        coalesce(r.told_by_number, false) AS told_by_number,
        is_handed_around(s.tenant, s.environment, s.delivery_id) AS counted_on,
        coalesce(s.workflow, h.workflow) AS handler,
        CASE WHEN s.handing IS NULL THEN coalesce(h.entity, s.entity) ELSE s.entity END AS about,
        hash(s.scope, sure_hash(s.delivery_id), sure_hash(coalesce(s.consumer, h.consumer)), sure_hash(s.delivered_callee), s.delivered_action)
            AS claim,
        hash(sure_hash(coalesce(s.handing.event_id, s.handoff_id, s.execution_id, s.event_id)), s.attempt) AS handed_as
    FROM suspect_effects AS s
    LEFT JOIN suspect_runs AS r USING (execution_id)
    -- A queue's log may not know the tenant or environment that the callee's log names.
    LEFT JOIN handovers AS h
        ON s.delivery_id = h.delivery_id
        AND coalesce(s.tenant = h.tenant, true)
        AND coalesce(s.environment = h.environment, true)
        AND coalesce(s.consumer = h.consumer, h.consumers = 1)
    WHERE s.repeats_delivery
    QUALIFY row_number() OVER (PARTITION BY s.effect_key ORDER BY starts DESC, h.event_ids) = 1
),

parted AS (
    SELECT
        *,
        part_of(
            claim, entity_type, entity_id, customer_id, item_key, NULL, NULL, money_stage, amount, compensates_effect_id,
            NULL
        ) AS part
    FROM handed
),

-- More starts than names for them, and one for each effect: a worker ran the message again as itself.
named AS (
    SELECT
        *,
        CASE
            WHEN starts > names AND starts >= count(*) FILTER (counted) OVER (PARTITION BY claim, part)
                THEN sure_hash(event_id)
            ELSE handed_as
        END AS run
    FROM parted
),

placed AS (
    SELECT
        *,
        row_number() OVER in_order AS place,
        run = first_value(run) OVER in_order AS is_first,
        count(DISTINCT run) FILTER (counted) OVER same > 1 AS again
    FROM named
    WINDOW
        same AS (PARTITION BY claim, part),
        in_order AS (PARTITION BY claim, part ORDER BY NOT counted, occurred_at, event_id)
),

settled AS (
    SELECT *, bool_or(again) OVER (PARTITION BY claim) AS repeated
    FROM placed
)

SELECT
    -- Findings of one message share its deliveries: all that tells them apart belongs to the subject.
    list_filter(
        [
            any_value(delivered_callee), min(handler), any_value(delivered_action),
            coalesce(min(about), any_value(delivery_id)),
            CASE
                WHEN repeated
                    THEN concat_ws(
                        ' ', any_value(part.thing), any_value(part.item), any_value(part.stage), any_value(part.undone)
                    )
            END
        ],
        lambda name: name <> ''
    ) AS subject,
    grade_of(
        witness_grade, unnamed_log, counted,
        CASE
            WHEN count(handing) > 0 OR bool_or(told_by_number) OR bool_or(counted_on) THEN 'strong' ELSE 'proven'
        END
    ) AS grade,
    CASE
        WHEN repeated AND any_value(environment) = 'test' THEN 'test_mode'
        WHEN NOT repeated THEN coalesce(
            told_apart_by(part), held_back_by(replays, refusals),
            CASE WHEN any_value(starts) > 1 THEN 'absorbed_redelivery' ELSE 'fan_out' END
        )
    END AS suppressor,
    list_concat(
        evidence_of(
            list(told_by(event_id, happened, is_first::INTEGER, witnesses, replays, refusals, doubts)),
            list(compensations)
        ),
        list_transform(
            any_value(handed_over),
            lambda w, i: {'event_id': w, 'role': CASE i WHEN 1 THEN 'context' ELSE 'cause' END}
        )
    ) AS evidence,
    count(*) FILTER (counted AND NOT is_first) AS excess,
    to_json({
        'delivery': any_value(delivery_id),
        'action': any_value(delivered_action),
        'handler': min(handler),
        'about': min(about),
        'callee': any_value(delivered_callee),
        'effects': count(*) FILTER (counted),
        'runs': count(DISTINCT run) FILTER (counted),
        'effect_ids': list(effect_id ORDER BY occurred_at, event_id) FILTER (counted)[:3],
        'seconds': epoch(max(occurred_at) FILTER (counted) - min(occurred_at) FILTER (counted)),
        'first_unclear': first_unclear(stamp, place, counted AND NOT is_first),
        'compensated': count(compensated_by) FILTER (counted),
        'nowhere_named': nowhere_named(unnamed_log, counted),
        'asserted': bool_or(counted AND witness_grade = 'asserted'),
        'by_record': count(handing) > 0,
        'by_number': count(*) FILTER (counted AND told_by_number),
        'counted_on': bool_or(counted_on)
    })::VARCHAR AS facts
FROM settled
WHERE NOT repeated OR again
GROUP BY claim, repeated, CASE WHEN repeated THEN part END
HAVING
    bool_or(counted) AND (repeated OR bool_or(guarded) OR any_value(starts) > 1 OR count(*) FILTER (counted) > 1)
    AND NOT (suppressor IS NOT DISTINCT FROM 'absorbed_redelivery' AND bool_or(perhaps_again))
