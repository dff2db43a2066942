-- Effects under an id that their caller gave them: its log has no id in common with the callee's own logs, and these
-- go on beyond the effect that they do not hold.
CREATE OR REPLACE TABLE own_ids AS
WITH
answered AS (
    SELECT effect_key, callee, occurred_at, unnest(sources) AS source
    FROM suspect_effects
    WHERE counted AND witness_grade NOT IN ('recorded', 'settled')
),

lines AS (
    SELECT
        callee_of(target_system, "system", source) AS callee,
        source,
        log_family(source) AS family,
        effect_id,
        coalesce(
            vantage IN ('provider', 'server', 'database', 'broker') AND coalesce(target_system = "system", TRUE), FALSE
        ) AS by_callee
    FROM events
    WHERE effect_id IS NOT NULL AND callee_of(target_system, "system", source) IN (SELECT callee FROM answered)
),

-- Parts of one log follow each other; of several logs any may lack what came after its end.
kept AS (
    SELECT callee, min(ended_at) AS kept_until
    FROM (
        SELECT lines.callee, lines.family, max(log_ends.ended_at) AS ended_at
        FROM lines
        INNER JOIN log_ends USING (source)
        WHERE lines.by_callee
        GROUP BY lines.callee, lines.family
    )
    GROUP BY callee
),

sharing AS (
    SELECT DISTINCT told.callee, told.family
    FROM lines AS told
    INNER JOIN lines AS held ON told.callee = held.callee AND told.effect_id = held.effect_id
    WHERE held.by_callee AND NOT told.by_callee
)

SELECT a.effect_key
FROM answered AS a
INNER JOIN kept AS k USING (callee)
LEFT JOIN sharing AS s ON a.callee = s.callee AND log_family(a.source) = s.family
WHERE k.kept_until > a.occurred_at
GROUP BY a.effect_key
HAVING count(s.family) = 0;
