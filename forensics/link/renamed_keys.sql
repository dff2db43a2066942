-- What one log calls `api.stripe.com` or the gateway, another's own log calls `stripe`. A call under a key that its callee
-- is not known to hold is a call to the only system that tells of an effect under it: where the key is beyond chance, or
-- that system's name is part of the host. One key for two callees says of neither. Nor does a call that was answered say
-- whom it was asked of where another of its cause was asked of somebody else: that is what a failover looks like.
CREATE OR REPLACE TABLE renamed_keys AS
WITH
calls AS (
    SELECT event_id, occurred_at, by_key, by_cause, callee_hash, "owner", doubted, identified FROM keyed_calls
    UNION ALL
    SELECT event_id, occurred_at, by_key, by_cause, callee_hash, "owner", doubted, identified FROM effect_witnesses
    WHERE trust > 2 AND by_cause IN (SELECT by_cause FROM effect_witnesses WHERE doubted)
),

of_two_callees AS (
    SELECT by_cause
    FROM calls
    GROUP BY by_cause
    HAVING min(callee_hash) <> max(callee_hash)
),

-- Calls whose callee is not known to hold them.
unplaced AS (
    SELECT event_id, occurred_at
    FROM calls AS called
    WHERE
        NOT called.identified
        AND (called.doubted OR called.by_cause NOT IN (FROM of_two_callees))
        AND called.by_key NOT IN (
            SELECT by_key FROM effect_witnesses WHERE identified AND NOT is_state AND by_key IS NOT NULL
        )
        AND NOT EXISTS (
            FROM effect_witnesses AS w
            WHERE
                w.identified AND w.trust < 3
                AND called.callee_hash = w.callee_hash AND coalesce(called.owner = w.owner, TRUE)
        )
),

asked AS (
    SELECT
        event_id,
        operation_key,
        effect_class,
        scope_of(tenant, environment) AS scope,
        callee_of(target_system, "system", source) AS callee
    FROM events
    WHERE
        event_id IN (SELECT event_id FROM unplaced)
        -- By time as well, so that few others are read whole; without a time, all that have none.
        AND coalesce(occurred_at, 'epoch') IN (SELECT coalesce(occurred_at, 'epoch') FROM unplaced)
),

of_one_callee AS (
    SELECT
        operation_key,
        scope_of(tenant, environment) AS scope
    FROM events
    WHERE
        operation_key IN (SELECT operation_key FROM asked)
        AND kind IN ('attempt', 'effect', 'write')
        AND NOT (
            vantage IN ('provider', 'server', 'database', 'broker') AND coalesce(target_system = "system", TRUE)
        )
    GROUP BY ALL
    HAVING
        min(callee_of(target_system, "system", source)) = max(callee_of(target_system, "system", source))
),

told AS (
    SELECT
        w.by_key,
        e.operation_key,
        e.effect_class,
        scope_of(e.tenant, e.environment) AS scope,
        callee_of(e.target_system, e.system, e.source) AS callee
    FROM events AS e
    INNER JOIN effect_witnesses AS w USING (event_id)
    WHERE
        e.operation_key IN (SELECT operation_key FROM asked)
        AND w.identified AND w.trust < 3 AND NOT w.is_state
)

SELECT asked.event_id, min(told.by_key) AS by_key
FROM asked
INNER JOIN of_one_callee USING (operation_key, scope)
INNER JOIN told ON asked.operation_key = told.operation_key AND asked.scope = told.scope
WHERE
    coalesce(asked.effect_class = told.effect_class, TRUE)
    AND (
        beyond_chance(asked.operation_key)
        OR list_contains(string_split(lower(asked.callee), '.'), lower(told.callee))
    )
GROUP BY asked.event_id
HAVING min(told.by_key) = max(told.by_key);

UPDATE keyed_calls
SET by_key = renamed_keys.by_key
FROM renamed_keys
WHERE keyed_calls.event_id = renamed_keys.event_id;

UPDATE effect_witnesses
SET by_key = renamed_keys.by_key
FROM renamed_keys
WHERE effect_witnesses.event_id = renamed_keys.event_id;

DROP TABLE renamed_keys;
