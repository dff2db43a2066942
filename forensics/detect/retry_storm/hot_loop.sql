-- Operations attempted again and again without a growing pause.
-- What went over the usual cap but not so far, or did back off, is kept as `few` or `backoff`;
-- operations in company are the business of `fleet`.
WITH loops AS (
    SELECT
        streak,
        NULL::UBIGINT AS storm,
        coalesce(excuse, CASE
            WHEN retries + 1 < $attempts THEN 'few'
            WHEN growth >= $backoff_growth THEN 'backoff'
        END) AS suppressor
    FROM streaks
    WHERE NOT wraps
        AND (
            retries + 1 >= $attempts
            OR (excuse IS NULL AND retries + 1 > $attempt_cap AND company = 1)
        )
)

SELECT
    [caller, callee] AS subject,
    CASE WHEN facts.gap_s <= $hot_gap_s THEN 'strong' ELSE 'probable' END AS grade,
    suppressor,
    evidence,
    retries AS excess,
    to_json(facts)::VARCHAR AS facts
FROM storm_report('loops')
