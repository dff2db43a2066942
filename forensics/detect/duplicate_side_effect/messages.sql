-- The messages behind effects that name none themselves: a callee's log knows the order, the queue's log the
-- message and, from its content, the order too. A message that was handed over at least as often as the same
-- was done for a record that it names, each time before it, is taken for what set that off, if it is the only
-- one. Nothing more than `strong` rests on it.
CREATE OR REPLACE TABLE messages_behind AS
WITH
acts AS (
    SELECT
        effect_key,
        tenant,
        environment,
        entity_type,
        entity_id,
        delivery_id,
        stamp,
        occurred_at,
        event_id,
        compensated_at,
        hash(
            scope, sure_hash(callee), "action", sure_hash(entity), sure_hash(customer_id), sure_hash(item_key), sure_hash(period_key),
            money_stage, amount, currency,
            CASE WHEN amount IS NULL THEN payload_hash END
        ) AS act
    FROM suspect_effects
    WHERE counted AND entity_id IS NOT NULL
),

placed AS (
    SELECT
        *,
        row_number() OVER in_order AS place,
        coalesce(compensated_at < lead(occurred_at) OVER in_order, false) AS done_anew
    FROM acts
    WINDOW in_order AS (PARTITION BY act ORDER BY occurred_at, event_id)
),

repeated AS (
    SELECT *, count(*) OVER (PARTITION BY act) AS times
    FROM placed
    QUALIFY
        count(*) OVER (PARTITION BY act) > 1 AND count(delivery_id) OVER (PARTITION BY act) = 0
        AND NOT bool_or(done_anew) OVER (PARTITION BY act)
),

naming AS (
    SELECT
        e.*,
        {
            'event_id': e.event_id, 'at': e.occurred_at, 'actor': e.actor, 'source': e.source,
            'scope': scope_of(e.tenant, e.environment),
            'acknowledged': e.outcome = 'ok', 'refused': e.outcome IN ('error', 'rejected'), 'by_provider': e.attempt_kind IS NOT DISTINCT FROM 'provider',
            'replayed': coalesce(e.trigger_kind IN ('manual_retry', 'replay'), false),
            'stamp': {
                'source': e.source, 'stream': e.source_stream, 'seq': e.source_seq, 'position': e.source_position,
                'at': e.occurred_at, 'clock': c
            }
        } AS handing,
        unnest(list_distinct(list_concat(
            [{'type': e.entity_type, 'id': e.entity_id}],
            list_transform(e.related, lambda r: {'type': r.type, 'id': r.id})
        ))) AS record
    FROM (
        SELECT
            event_id, tenant, environment, delivery_id, source, source_stream, source_seq, source_position,
            occurred_at, actor, outcome, attempt_kind, trigger_kind, entity_type, entity_id, related,
            subscription(tenant, environment, delivery_id, consumer) AS consumer,
            clock_of("clock", "system", source) AS domain
        FROM events
        WHERE
            kind = 'delivery' AND phase IN ('single', 'start') AND delivery_id IS NOT NULL
            AND outcome <> 'skipped'
            AND EXISTS (FROM repeated)
    ) AS e
    INNER JOIN clocks AS c ON e.domain = c.clock
),

-- Of several logs that tell how often a message was handed over, the one that tells of most counts.
handed AS (
    SELECT
        tenant,
        min(environment) AS environment,
        delivery_id,
        consumer,
        record,
        list(handing ORDER BY occurred_at, event_id) AS handings
    FROM naming
    WHERE record.id IN (SELECT entity_id FROM repeated)
    GROUP BY tenant, beside_live(environment), delivery_id, consumer, record, source
    QUALIFY
        row_number() OVER (
            PARTITION BY tenant, beside_live(environment), delivery_id, consumer, record ORDER BY count(*) DESC, source
        ) = 1
),

-- An id means the same in both where both call it alike, or the message's field says no more than that it is
-- one. An hour is the longest that a message is usually held before it is worked on: Celery's default.
naming_it AS (
    SELECT
        r.act,
        r.effect_key,
        r.times,
        r.place,
        r.stamp,
        r.occurred_at,
        h.delivery_id,
        h.consumer,
        h.handings
    FROM repeated AS r
    INNER JOIN handed AS h
        ON r.entity_id = h.record.id
        AND (
            r.entity_type = h.record.type
            OR (
                h.record.type IN ('id', 'name', 'reference', 'number')
                AND regexp_matches(r.entity_id, '[A-Za-z].*[0-9]|[0-9].*[A-Za-z]')
            )
        )
        AND may_concern(h.tenant, h.environment, r.tenant, r.environment)
        AND h.handings[1].at <= r.occurred_at + INTERVAL 1 SECOND
),

-- Another message about the record may as well have done it.
alone AS (
    SELECT *
    FROM naming_it
    QUALIFY
        min(delivery_id) OVER (PARTITION BY act) = max(delivery_id) OVER (PARTITION BY act)
)

SELECT effect_key, delivery_id, consumer, handings[place] AS handing
FROM alone
WHERE
    order_of_stamps(handings[place].stamp, stamp) <> 'after'
    AND occurred_at - handings[place].at <= INTERVAL 1 HOUR
QUALIFY count(*) OVER (PARTITION BY act) = times;

CREATE OR REPLACE TABLE suspect_effects AS
SELECT
    s.* REPLACE (
        coalesce(s.delivery_id, m.delivery_id) AS delivery_id,
        coalesce(s.consumer, m.consumer) AS consumer,
        CASE WHEN m.delivery_id IS NULL THEN s.delivered_action ELSE s."action" END AS delivered_action,
        CASE WHEN m.delivery_id IS NULL THEN s.delivered_callee ELSE s.callee END AS delivered_callee,
        s.repeats_delivery OR m.delivery_id IS NOT NULL AS repeats_delivery
    ),
    m.handing
FROM suspect_effects AS s
LEFT JOIN messages_behind AS m USING (effect_key);

-- How often each delivery of a suspect was handed over, and what only those rows say of it.
CREATE OR REPLACE TABLE handovers AS
WITH
told AS (
    SELECT
        tenant,
        environment,
        delivery_id,
        subscription(tenant, environment, delivery_id, consumer) AS consumer,
        kind,
        source,
        event_id,
        coalesce(handoff_id, execution_id) AS name,
        workflow,
        CASE WHEN entity_id IS NOT NULL THEN concat_ws(' ', entity_type, entity_id) END AS entity,
        (occurred_at IS NULL, coalesce(occurred_at, 'epoch'::TIMESTAMPTZ), event_id) AS by_time
    FROM events
    WHERE
        kind IN ('delivery', 'trigger') AND phase IN ('single', 'start')
        AND delivery_id IN (SELECT delivery_id FROM suspect_effects WHERE delivery_id IS NOT NULL)
),

-- A broker, a worker and a monitor may tell of one handing-over: one kind of row in one log counts.
counted AS (
    SELECT
        tenant,
        min(environment) AS environment,
        delivery_id,
        consumer,
        list(event_id ORDER BY by_time) AS event_ids,
        count(DISTINCT name) AS names,
        (count(*), kind = 'delivery', source) AS by_size,
        arg_min(workflow, by_time) AS workflow,
        arg_min(entity, by_time) AS entity
    FROM told
    GROUP BY tenant, beside_live(environment), delivery_id, consumer, kind, source
)

SELECT
    tenant,
    min(environment) AS environment,
    delivery_id,
    consumer,
    arg_max(event_ids, by_size) AS event_ids,
    arg_max(names, by_size) AS names,
    min(workflow) AS workflow,
    min(entity) AS entity,
    count(*) OVER (PARTITION BY tenant, beside_live(environment), delivery_id) AS consumers
FROM counted
GROUP BY tenant, beside_live(environment), delivery_id, consumer;
