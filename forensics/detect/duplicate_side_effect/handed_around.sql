-- Messages that more than one consumer had, told by hashes, of logs in which most messages had but one: two subscriptions
-- share most.
CREATE OR REPLACE TABLE met_by_several AS
WITH messages AS MATERIALIZED (
    SELECT
        source,
        hash(scope_of(tenant, environment), sure_hash(delivery_id)) AS by_delivery,
        min(sure_hash(consumer)) <> max(sure_hash(consumer)) AS by_several
    FROM events
    WHERE
        kind IN ('delivery', 'trigger') AND phase <> 'end' AND outcome <> 'skipped'
        AND delivery_id IS NOT NULL AND consumer IS NOT NULL
    GROUP BY source, by_delivery
)

SELECT by_delivery
FROM messages
WHERE
    by_several
    AND source IN (SELECT source FROM messages GROUP BY source HAVING 2 * count(*) FILTER (by_several) < count(*));

CREATE OR REPLACE TABLE handed_to_several AS
SELECT
    source,
    hash(scope_of(tenant, environment), sure_hash(delivery_id)) AS by_delivery,
    consumer,
    attempt,
    min(occurred_at) AS handed_at
FROM events
WHERE
    kind IN ('delivery', 'trigger') AND phase <> 'end' AND outcome <> 'skipped'
    AND consumer IS NOT NULL
    AND hash(scope_of(tenant, environment), sure_hash(delivery_id)) IN (FROM met_by_several)
GROUP BY ALL;

-- How many messages each consumer of such a log had.
CREATE OR REPLACE TABLE consumer_loads AS
SELECT source, consumer, count(DISTINCT hash(scope_of(tenant, environment), sure_hash(delivery_id))) AS messages
FROM events
WHERE
    kind IN ('delivery', 'trigger') AND phase <> 'end' AND outcome <> 'skipped'
    AND delivery_id IS NOT NULL
    AND (source, consumer) IN (SELECT (source, consumer) FROM handed_to_several)
GROUP BY source, consumer;

-- Messages that several consumers had although they have but one subscription: the names are those of its workers.
-- Of two subscriptions each gets all, and counts what it is handed from one on; workers get each what another has not,
-- and their attempts count on from one to the next.
CREATE OR REPLACE TABLE handed_around AS
WITH
-- Numbers of which none comes twice and the largest is how many they are begin with one.
several AS (
    SELECT
        source,
        by_delivery,
        count(attempt) = count(*) AND max(attempt) = count(*)
        AND list(attempt ORDER BY handed_at, attempt) = list(attempt ORDER BY attempt) AS counts_on,
        count(attempt) = 0 AS uncounted
    FROM handed_to_several
    GROUP BY source, by_delivery
),

met AS (
    SELECT
        source,
        by_delivery,
        one.consumer AS one,
        other.consumer AS other,
        one.attempt = other.attempt AS counted_apart
    FROM several
    INNER JOIN handed_to_several AS one USING (source, by_delivery)
    INNER JOIN handed_to_several AS other USING (source, by_delivery)
    WHERE one.consumer < other.consumer
),

-- How many messages the one of two who got fewer had, and how many of them the other had as well.
pairs AS (
    SELECT
        m.source,
        m.one,
        m.other,
        count(DISTINCT m.by_delivery) AS shared,
        coalesce(bool_or(m.counted_apart), false) AS counted_apart,
        least(any_value(l.messages), any_value(o.messages)) AS fewer
    FROM met AS m
    INNER JOIN consumer_loads AS l ON m.source = l.source AND m.one = l.consumer
    INNER JOIN consumer_loads AS o ON m.source = o.source AND m.other = o.consumer
    GROUP BY m.source, m.one, m.other
),

judged AS (
    SELECT
        s.by_delivery,
        s.counts_on AND bool_and(NOT p.counted_apart AND 2 * p.shared < p.fewer) AS by_count,
        s.uncounted AND bool_and(10 * p.shared <= p.fewer) AS by_share
    FROM several AS s
    INNER JOIN (SELECT DISTINCT source, by_delivery, one, other FROM met) AS m USING (source, by_delivery)
    INNER JOIN pairs AS p USING (source, one, other)
    GROUP BY s.source, s.by_delivery, s.counts_on, s.uncounted
),

-- Two subscriptions, of which a filter rarely lets one message through to both, may each tell somebody of it, but
-- not each charge the same.
charged AS (
    SELECT hash(scope_of(tenant, environment), sure_hash(delivery_id)) AS by_delivery
    FROM events
    WHERE kind = 'effect' AND delivery_id IS NOT NULL AND EXISTS (FROM judged WHERE by_share)
    GROUP BY by_delivery
    HAVING bool_and(amount IS NOT NULL)
)

-- What one log counts apart, another's silence does not join.
SELECT by_delivery, bool_and(by_count) AS by_count
FROM judged
GROUP BY by_delivery
HAVING bool_and(by_count OR (by_share AND by_delivery IN (FROM charged)));

-- The consumer as a subscription: of messages that its workers hand on to each other it is one, without a name.
CREATE OR REPLACE MACRO subscription(tenant, environment, delivery_id, consumer) AS
    CASE
        WHEN hash(scope_of(tenant, environment), sure_hash(delivery_id)) NOT IN (SELECT by_delivery FROM handed_around)
            THEN consumer
    END;
