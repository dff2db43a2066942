-- What a consumer was handed. Logs are not told apart: two may tell of one handing-over.
CREATE OR REPLACE VIEW handings AS
SELECT
    *,
    scope_of(tenant, environment) AS scope,
    hash(scope, sure_hash(delivery_id)) AS by_delivery
FROM events
WHERE
    kind IN ('delivery', 'trigger') AND phase <> 'end' AND outcome <> 'skipped'
    AND delivery_id IS NOT NULL AND consumer IS NOT NULL;

CREATE OR REPLACE TABLE handed_again AS
SELECT DISTINCT by_delivery
FROM handings
WHERE attempt > 1;

-- Messages whose attempts count on from one consumer to the next. Numbers of which none comes twice and the largest is
-- how many they are begin with one. A run may tell of its message without the number that the delivery has.
CREATE OR REPLACE TABLE counted_on AS
WITH numbered AS (
    SELECT by_delivery, consumer, attempt, min(occurred_at) AS handed_at
    FROM handings
    WHERE by_delivery IN (FROM handed_again)
    GROUP BY by_delivery, consumer, attempt
)

SELECT by_delivery, list(DISTINCT consumer) AS consumers
FROM numbered
GROUP BY by_delivery
HAVING
    count(DISTINCT consumer) > 1
    AND max(attempt) = count(attempt)
    AND list(attempt ORDER BY handed_at, attempt) FILTER (attempt IS NOT NULL)
    = list(attempt ORDER BY attempt) FILTER (attempt IS NOT NULL);

DROP TABLE handed_again;

-- All that the consumers of such messages were handed.
CREATE OR REPLACE TABLE consumers_handings AS
SELECT DISTINCT by_delivery, consumer, attempt
FROM handings
WHERE consumer IN (SELECT unnest(consumers) FROM counted_on);

-- Messages that several consumers had although they have but one subscription: the names are those of its workers.
-- Of two subscriptions each gets all, and counts what it is handed from one on; workers get each what another has not.
CREATE OR REPLACE TABLE handed_around AS
WITH loads AS (
    SELECT consumer, count(DISTINCT by_delivery) AS messages
    FROM consumers_handings
    GROUP BY consumer
),

pairs AS (
    SELECT one.consumer AS one, other.consumer AS other
    FROM consumers_handings AS one
    INNER JOIN consumers_handings AS other USING (by_delivery)
    INNER JOIN loads AS l ON one.consumer = l.consumer
    INNER JOIN loads AS o ON other.consumer = o.consumer
    WHERE one.consumer < other.consumer
    GROUP BY one.consumer, other.consumer
    HAVING
        NOT bool_or(one.attempt = other.attempt)
        AND 2 * count(DISTINCT by_delivery) < least(any_value(l.messages), any_value(o.messages))
)

SELECT
    c.by_delivery,
    -- A log that knows no tenant and no environment tells of the message that others know as somebody's.
    CASE
        WHEN any_value(h.tenant) IS NULL AND any_value(beside_live(h.environment)) IS NULL
            THEN sure_hash(any_value(h.delivery_id))
    END AS by_name
FROM counted_on AS c
INNER JOIN handings AS h USING (by_delivery)
WHERE
    len(c.consumers) * (len(c.consumers) - 1) / 2
    = (SELECT count(*) FROM pairs AS p WHERE list_contains(c.consumers, p.one) AND list_contains(c.consumers, p.other))
GROUP BY c.by_delivery;

DROP TABLE counted_on;
DROP TABLE consumers_handings;

CREATE OR REPLACE MACRO is_handed_around(tenant, environment, delivery_id) AS
    hash(scope_of(tenant, environment), sure_hash(delivery_id)) IN (SELECT by_delivery FROM handed_around)
    OR sure_hash(delivery_id) IN (SELECT by_name FROM handed_around WHERE by_name IS NOT NULL);

-- The consumer as a subscription: of messages that its workers hand on to each other it is one, without a name.
CREATE OR REPLACE MACRO subscription(tenant, environment, delivery_id, consumer) AS
    CASE WHEN NOT is_handed_around(tenant, environment, delivery_id) THEN consumer END;
