-- For each id in `asked`, the events that tell of it and the groups that answer for it.
--
-- asked_groups: those of the id as a name, of several kinds of name with the same effects the one of which
-- least can be said; else, of a charge or a run, those of the thing that it was for:
-- of its names the one that fewest effects lack, as that says most.
CREATE OR REPLACE TEMP TABLE asked_groups AS
WITH named AS (
    SELECT a.id, v.group_id
    FROM asked AS a
    INNER JOIN name_verdicts AS v ON a.id = v.value
    QUALIFY
        row_number() OVER (
            PARTITION BY a.id, v.effect_class, v.money_stage, v.lone_callee, v.tenant, v.environment, v.effects
            ORDER BY v.is_once, v.field IN ('operation_key', 'delivery_id'), v.possible DESC, v.field
        ) = 1
),

touched AS (
    SELECT DISTINCT a.id, g.group_id
    FROM asked_events AS a
    INNER JOIN (SELECT group_id, unnest(witnesses) AS event_id FROM named_groups) AS g USING (event_id)
    -- A charge is named by its refund, and is also one of its order's.
    WHERE a.field = 'effect_id' OR (a.field NOT IN ('attributes', 'text') AND a.id NOT IN (SELECT id FROM named))
),

-- A thing is whose effect or run it was only when it is the only one of its kind.
alone AS (
    SELECT t.id, t.group_id, v.*
    FROM touched AS t
    INNER JOIN name_verdicts AS v USING (group_id)
    QUALIFY min(v.value) OVER (PARTITION BY t.id, v.field) = max(v.value) OVER (PARTITION BY t.id, v.field)
)

SELECT id, group_id FROM named
UNION ALL
SELECT id, group_id
FROM alone
QUALIFY
    row_number() OVER (
        PARTITION BY id, tenant, environment, effect_class, money_stage, lone_callee
        ORDER BY
            field IN ('customer_id', 'entity_id:customer'),
            field IN ('operation_key', 'delivery_id'),
            lacking,
            is_once,
            field
    ) = 1;

CREATE OR REPLACE TEMP VIEW asked_values AS SELECT id AS value FROM asked;

CREATE OR REPLACE TEMP TABLE telling_events AS
SELECT id, event_id FROM asked_events WHERE field NOT IN ('attributes', 'text')
UNION
SELECT value, event_id FROM naming('asked_values')
UNION
SELECT a.id, unnest(g.witnesses) FROM asked AS a INNER JOIN named_groups AS g ON a.id = g.value;
