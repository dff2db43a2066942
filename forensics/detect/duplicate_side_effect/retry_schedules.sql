-- When senders deliver a webhook again that was not acknowledged: seconds after the last attempt. Those that many
-- senders keep to have no name; of others their name must stand in the log or the system that tells of the
-- delivery. Senders that publish no waits are left out (Stripe: up to three days; Shopify: eight times in four
-- hours), as is GitHub, which delivers again only by hand.
CREATE OR REPLACE TABLE retry_schedules AS
FROM (
    VALUES
    -- https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    ('Standard Webhooks', NULL, [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]),
    -- https://docs.svix.com/retries
    ('Svix', NULL, [5, 300, 1800, 7200, 18000, 36000, 36000]),
    -- https://docs.adyen.com/development-resources/webhooks/troubleshoot
    ('Adyen', 'adyen', [120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800]),
    -- https://developers.brevo.com/docs/retry-mechanism
    ('Brevo', 'brevo', [600, 3600, 7200, 28800]),
    -- https://developers.circle.com/cpn/references/webhook-retries
    ('Circle', 'circle', [1, 10, 30, 60, 900, 3600, 10800, 18000, 21600, 36000, 39600]),
    -- https://docs.nmi.com/reference/retry-logic
    ('NMI', 'nmi', [15, 60, 60, 60, 300, 900, 1800, 3600, 43200, 86400]),
    -- https://docs.slack.dev/apis/events-api/
    ('Slack', 'slack', [60, 300]),
    -- https://dev.wix.com/docs/rest/articles/getting-started/webhook-resend-policy
    ('Wix', 'wix', [60, 600, 3600, 7200, 14400, 28800, 43200])
) AS listed (sender, "name", waits_s);

-- After how long without an acknowledgement a queue hands a message out again, unless told otherwise. Waits
-- of seconds are left out: pauses between retries are as long.
CREATE OR REPLACE TABLE queue_timeouts AS
FROM (
    VALUES
    -- https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html#visibility-timeout
    ('Celery on Redis', 3600),
    -- https://github.com/contribsys/faktory/wiki/The-Job-Payload
    ('Faktory', 1800),
    -- https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout
    ('RabbitMQ', 1800)
) AS listed (queue, timeout_s);
