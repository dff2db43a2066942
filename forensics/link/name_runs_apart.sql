-- From here on `events` tells such runs apart by name; `logged_events` keeps them as logged.
ALTER VIEW events RENAME TO logged_events;

CREATE VIEW events AS
SELECT
    * REPLACE (
        CASE
            WHEN execution_id = event_id THEN event_id
            ELSE run_name(execution_id, source, tenant, environment)
        END AS execution_id,
        run_name(cause_id, source, tenant, environment) AS cause_id,
        run_name(previous_execution_id, source, tenant, environment) AS previous_execution_id
    )
FROM logged_events;

INSERT INTO numbered_runs
SELECT
    execution_id,
    unnest(list(DISTINCT run_name(execution_id, source, tenant, environment)))
FROM logged_events
WHERE is_number(execution_id) AND execution_id <> event_id
GROUP BY execution_id
HAVING min(source) = max(source);
