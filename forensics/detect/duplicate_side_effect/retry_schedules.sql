-- When senders deliver a webhook again that was not acknowledged: seconds after the last attempt.
CREATE OR REPLACE TEMP TABLE retry_schedules AS
FROM (
    VALUES
    -- https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    ('Standard Webhooks', [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]),
    -- https://docs.svix.com/retries
    ('Svix', [5, 300, 1800, 7200, 18000, 36000, 36000])
) AS listed (sender, waits_s);

-- After how long without an acknowledgement a queue hands a message out again, unless told otherwise. Waits
-- of seconds are left out: pauses between retries are as long.
CREATE OR REPLACE TEMP TABLE queue_timeouts AS
FROM (
    VALUES
    -- https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html#visibility-timeout
    ('Celery on Redis', 3600),
    -- https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout
    ('RabbitMQ', 1800)
) AS listed (queue, timeout_s);
