-- Two logs of the same effects against each other, a row a class of effect, system and pair of logs.
SELECT
    effect_class,
    callee,
    left_source AS "left",
    right_source AS "right",
    first_at,
    last_at,
    left_whole,
    right_whole,
    count(*) FILTER (verdict = 'matched') AS matched,
    count(*) FILTER (verdict = 'differing') AS differing,
    count(*) FILTER (verdict = 'left') AS left_only,
    count(*) FILTER (verdict = 'right') AS right_only,
    coalesce(
        list(
            effect_id || CASE verdict
                WHEN 'left' THEN ' (only ' || left_source || ')'
                WHEN 'right' THEN ' (only ' || right_source || ')'
                ELSE ' (amounts differ)'
            END
            ORDER BY verdict, effect_id
        ) FILTER (verdict IN ('differing', 'left', 'right'))[:5],
        []
    ) AS examples
FROM tied_effects
GROUP BY effect_class, callee, left_source, right_source, first_at, last_at, left_whole, right_whole
ORDER BY ALL
