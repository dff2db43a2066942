-- Every effect of the actions in question, with what it says and whom and what it is about. A pair that
-- says the same within the window is what the pattern finds.
WITH questioned AS (
    SELECT DISTINCT by_action FROM effect_witnesses SEMI JOIN wondered USING (event_id)
)

SELECT
    min(by_action) AS stratum,
    CASE WHEN count(by_content) = 0 THEN effect_key ELSE hash(max(by_content), max(by_about), max(by_unit)) END AS thing,
    effect_key AS doer,
    epoch_us(min(occurred_at)) AS began,
    began + $window_s * 1000000 AS until,
    list(event_id) FILTER (event_id IN (SELECT event_id FROM wondered)) AS event_ids
FROM effect_witnesses
WHERE by_action IN (FROM questioned) AND happened AND NOT is_state AND occurred_at IS NOT NULL
GROUP BY effect_key
