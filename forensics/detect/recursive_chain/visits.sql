-- Where a workflow came back to a record that it had handled before on the same line of causes.

-- The visits, each with the nearest visit above it.
CREATE OR REPLACE TABLE visits AS
WITH RECURSIVE climbing AS (
    SELECT execution_id, cause_id AS above, 0 AS steps, coalesce(edge = 'trace', FALSE) AS is_joined
    FROM runs
    WHERE is_visit
    UNION ALL
    SELECT
        climbing.execution_id,
        runs.cause_id,
        climbing.steps + 1,
        climbing.is_joined OR coalesce(runs.edge = 'trace', FALSE)
    FROM climbing
    INNER JOIN runs ON climbing.above = runs.execution_id
    -- Beyond this many plain calls in between, two visits are not joined.
    WHERE NOT runs.is_visit AND climbing.steps < 256
),

arrived AS (
    SELECT climbing.execution_id, climbing.above, climbing.is_joined
    FROM climbing
    INNER JOIN runs ON climbing.above = runs.execution_id
    WHERE runs.is_visit
)

SELECT
    runs.execution_id,
    runs.root_id,
    runs.place,
    runs.system,
    {
        'tenant': runs.tenant, 'environment': beside_live(runs.environment), 'workflow': runs.workflow, 'place': runs.place,
        'record': runs.record
    } AS visited,
    runs.by_person,
    arrived.above,
    arrived.is_joined,
    count(*) OVER (PARTITION BY runs.root_id, visited) AS met
FROM runs
LEFT JOIN arrived USING (execution_id)
WHERE runs.is_visit;

-- A visit and the nearest one above it to the same record by the same workflow, with what lies
-- between them, and whether a person asked for any of that. A visit that a person asked for starts afresh.
CREATE OR REPLACE TABLE returns AS
WITH RECURSIVE walking AS (
    SELECT
        visits.execution_id,
        visits.visited,
        visits.above,
        visits.is_joined,
        FALSE AS is_asked_for,
        []::VARCHAR [] AS between_runs,
        []::VARCHAR [] AS between_places,
        []::VARCHAR [] AS between_systems
    FROM visits
    WHERE visits.met > 1 AND NOT coalesce(visits.by_person, FALSE)
    UNION ALL
    SELECT
        walking.execution_id,
        walking.visited,
        visits.above,
        walking.is_joined OR visits.is_joined,
        walking.is_asked_for OR coalesce(visits.by_person, FALSE),
        list_prepend(visits.execution_id, walking.between_runs),
        list_prepend(visits.place, walking.between_places),
        list_prepend(visits.system, walking.between_systems)
    FROM walking
    INNER JOIN visits ON walking.above = visits.execution_id
    -- A circle of more workflows than this is not looked for.
    WHERE visits.visited <> walking.visited AND len(walking.between_runs) < 64
)

SELECT
    walking.execution_id,
    visits.execution_id AS earlier,
    walking.is_joined,
    walking.is_asked_for,
    walking.between_runs,
    walking.between_places,
    walking.between_systems
FROM walking
INNER JOIN visits ON walking.above = visits.execution_id AND walking.visited = visits.visited;

-- Which visit of its line each one is; a line starts where the record is met first. By pointer
-- doubling: after twenty rounds a million visits are counted.
CREATE OR REPLACE TABLE lines AS
WITH RECURSIVE doubling AS (
    SELECT execution_id, earlier AS up, 1 AS steps, 0 AS round
    FROM returns
    UNION ALL
    SELECT DISTINCT earlier, earlier, 0, 0
    FROM returns
    WHERE earlier NOT IN (SELECT execution_id FROM returns)
    UNION ALL
    SELECT here.execution_id, above.up, here.steps + above.steps, here.round + 1
    FROM doubling AS here
    INNER JOIN doubling AS above ON here.up = above.execution_id
    WHERE here.round < 20
)

SELECT
    execution_id,
    up AS line,
    steps + 1 AS visit
FROM doubling
WHERE round = 20;
