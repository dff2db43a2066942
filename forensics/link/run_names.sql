-- Where the runs of several logs, tenants or environments bear the same names.
--
-- An id names one run in whatever log it occurs: trace ids and UUIDs travel between systems. Except:
--
--     a number     counts the runs of one log: where two logs number theirs, 7 names one in each;
--     a shared id  occurs for two tenants or environments: it names a run of each, unless it is no
--                  number and one log itself tells of that run for both, as of a batch

-- Nine digits count something; longer numbers are made to be unique, as GitHub's and Datadog's are.
CREATE OR REPLACE MACRO is_number(id) AS
length(id) <= 9 AND regexp_full_match(id, '\d+');

-- The name of a run among the numbered runs of several logs.
CREATE OR REPLACE MACRO name_in_log(id, source) AS
CASE
    WHEN is_number(id) AND list_contains(getvariable('numbering_logs')::VARCHAR [], source)
        THEN source || '/' || id
    ELSE id
END;

SET VARIABLE numbering_logs = (
    SELECT CASE WHEN count(DISTINCT source) > 1 THEN list(DISTINCT source) END
    FROM events
    WHERE is_number(execution_id) AND execution_id <> event_id
);

CREATE OR REPLACE TABLE shared_runs AS
WITH owners AS (
    SELECT
        min(tenant) <> max(tenant) AS several_tenants,
        min(environment) <> max(environment) AS several_environments
    FROM events
),

told AS (
    SELECT
        name_in_log(execution_id, source) AS run,
        is_number(execution_id) AS is_number,
        min(tenant) AS first_tenant,
        max(tenant) AS last_tenant,
        min(environment) AS first_environment,
        max(environment) AS last_environment
    FROM events
    WHERE
        (tenant IS NOT NULL OR environment IS NOT NULL) AND execution_id <> event_id
        AND (SELECT several_tenants OR several_environments FROM owners)
    GROUP BY execution_id, source
)

SELECT run
FROM told
GROUP BY run
HAVING
    (min(first_tenant) <> max(last_tenant) OR min(first_environment) <> max(last_environment))
    AND (
        bool_or(is_number)
        OR NOT coalesce(bool_or(first_tenant <> last_tenant OR first_environment <> last_environment), FALSE)
    );

CREATE OR REPLACE MACRO run_name(id, source, tenant, environment) AS
CASE
    WHEN (tenant IS NOT NULL OR environment IS NOT NULL) AND name_in_log(id, source) IN (FROM shared_runs)
        THEN concat_ws('/', tenant, beside_live(environment), name_in_log(id, source))
    ELSE name_in_log(id, source)
END;

-- Numbers that only one log gives to its runs: a log that numbers none of its own may name them.
CREATE OR REPLACE TABLE numbered_runs ("name" VARCHAR, execution_id VARCHAR);
