-- Operations attempted again and again without a growing pause.
-- What went over the usual cap but not so far, or did back off, is kept as `few` or `backoff`.
WITH loops AS (
    SELECT
        streak,
        NULL::UBIGINT AS storm,
        coalesce(excuse, CASE
            WHEN retries + 1 < $attempts THEN 'few'
            WHEN growth >= $backoff_growth THEN 'backoff'
        END) AS suppressor
    FROM streaks
    WHERE NOT wraps AND NOT unnamed
        AND retries + 1 > CASE WHEN excuse IS NULL THEN $attempt_cap ELSE $attempts - 1 END
)

SELECT
    [caller, callee] AS subject,
    CASE WHEN facts.gap_s <= $hot_gap_s THEN 'strong' ELSE 'probable' END AS grade,
    suppressor,
    evidence,
    retries AS excess,
    to_json(facts)::VARCHAR AS facts
FROM storm_report('loops')
