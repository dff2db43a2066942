-- Retries that nothing but a number names are of as many operations at least as bear one number.
CREATE OR REPLACE MACRO operations_of(operation, unnamed, attempt) AS
count(DISTINCT operation) FILTER (NOT unnamed)
+ coalesce(list_max(map_values(histogram(attempt) FILTER (unnamed))), 0)::BIGINT;

-- What the patterns say of the streaks they choose. `chosen` names a relation with the columns
-- streak, suppressor and storm; where storm is NULL, streaks of an edge that no quiet period parts
-- are one storm.
CREATE OR REPLACE MACRO storm_report(chosen) AS TABLE
WITH ordered AS (
    SELECT
        c.suppressor, c.storm AS given, s.*,
        coalesce(s.first_at - max(s.last_at) OVER (
            PARTITION BY s.edge, c.suppressor ORDER BY s.first_at, s.streak
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) > INTERVAL 300 SECONDS, FALSE) AS quiet_before
    FROM query_table(chosen) AS c
    INNER JOIN streaks AS s USING (streak)
),

placed AS (
    SELECT
        streak, suppressor,
        coalesce(given, hash(edge, suppressor, sum(quiet_before::INTEGER) OVER (
            PARTITION BY edge, suppressor ORDER BY first_at, streak
        ))) AS storm
    FROM ordered
),

members AS (
    SELECT p.storm, p.suppressor, r.*
    FROM placed AS p
    INNER JOIN storm_retries AS r USING (streak)
),

parts AS (
    SELECT storm, suppressor, event_id, 'duplicate' AS role, occurred_at
    FROM members
    UNION ALL
    SELECT storm, suppressor, opening_id, 'original', previous_at
    FROM members
    WHERE opening_id IS NOT NULL
    UNION ALL
    SELECT storm, suppressor, unnest(list_filter(parts, lambda p: p <> event_id)), 'part', occurred_at
    FROM members
    UNION ALL
    SELECT
        storm, suppressor, unnest(list_filter(previous_parts, lambda p: p <> opening_id)), 'part', previous_at
    FROM members
),

each_once AS (
    SELECT storm, suppressor, event_id, min(role) AS role, min(occurred_at) AS occurred_at
    FROM parts
    GROUP BY storm, suppressor, event_id
),

witnessed AS (
    SELECT
        storm, suppressor,
        list({'event_id': event_id, 'role': role} ORDER BY occurred_at, event_id) AS evidence,
        min(occurred_at) AS begun_at
    FROM (
        SELECT * REPLACE (CASE
            WHEN role = 'part' THEN 'context'
            WHEN role = 'original' AND row_number() OVER (
                PARTITION BY storm, suppressor, role ORDER BY occurred_at, event_id
            ) = 1 THEN 'cause' ELSE role
        END AS role)
        FROM each_once
    )
    GROUP BY storm, suppressor
),

counted AS (
    SELECT
        storm, suppressor,
        called_by(caller, told_by) AS caller, any_value(callee) AS callee, list_sort(list(DISTINCT verb)) AS actions,
        CASE WHEN count(DISTINCT entity_id) = 1 THEN min(entity_id) END AS entity,
        count(*) FILTER (NOT wraps) AS retries,
        greatest(1, operations_of(CASE WHEN NOT wraps THEN operation END, unnamed, attempt)) AS operations,
        sum(greatest(0, epoch_us(ended_at) - epoch_us(occurred_at))) FILTER (NOT wraps AND ended_at IS NOT NULL)
            AS wasted_us,
        max(coalesce(ended_at, occurred_at)) AS ended_at,
        max(occurred_at) AS last_at,
        max(log_ends_at) AS log_ends_at,
        list_max(map_values(histogram(bucket) FILTER (NOT wraps))) AS peak,
        histogram(coalesce(error, error_kind::VARCHAR)) AS errors,
        count(*) FILTER (error_kind IN ('validation', 'auth', 'not_found')) AS permanent,
        median(gap_s) AS gap_s,
        count(DISTINCT operation) FILTER (last_outcome IN ('ok', 'replayed', 'skipped')) AS recovered
    FROM members
    GROUP BY storm, suppressor
)

SELECT
    counted.storm, counted.suppressor, counted.caller, counted.callee, evidence, retries, operations,
    {
        'caller': counted.caller, 'callee': counted.callee, 'actions': actions, 'entity': entity,
        'retries': retries, 'operations': operations, 'attempts': retries + operations,
        'amplification': round((retries + operations) / operations, 1),
        'wasted_s': round(wasted_us / 1e6, 1),
        'duration_s': round(epoch(ended_at - begun_at), 1),
        'peak_per_s': round(peak / 10, 1),
        'error': list_max(list_transform(map_entries(errors), lambda e: {'n': e.value, 'is': e.key}))['is'],
        'permanent': permanent,
        'gap_s': round(gap_s, 3),
        'resolution_s': p.resolution_s,
        'recovered': recovered,
        'still_failing': recovered < operations AND last_at > log_ends_at - INTERVAL 300 SECONDS,
        'policy': p.policy,
        'declared': coalesce(of_edge.policy, of_caller.policy)
    } AS facts
FROM counted
INNER JOIN witnessed ON counted.storm = witnessed.storm AND counted.suppressor IS NOT DISTINCT FROM witnessed.suppressor
INNER JOIN retry_policies('members') AS p ON counted.storm = p.storm
LEFT JOIN declared_retries AS of_edge ON counted.caller = of_edge.caller AND counted.callee = of_edge.callee
LEFT JOIN declared_retries AS of_caller ON counted.caller = of_caller.caller AND of_caller.callee IS NULL;
