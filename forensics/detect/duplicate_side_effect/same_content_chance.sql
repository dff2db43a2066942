-- Every effect of the actions in question, with what it says and whom and what it is about. A pair that
-- says the same within the window is what the pattern finds. Amounts that many have are counted apart from
-- the rare ones, or the chances of 9.99 would be those of 143.37.
WITH questioned AS (
    SELECT DISTINCT by_action FROM effect_witnesses SEMI JOIN wondered USING (event_id)
),

made AS (
    SELECT
        effect_key,
        min(by_action) AS stratum,
        min(by_amount) AS by_amount,
        CASE WHEN count(by_content) = 0 THEN effect_key ELSE hash(max(by_content), max(by_about), max(by_unit)) END
            AS thing,
        epoch_us(min(occurred_at)) AS began,
        list(event_id) FILTER (event_id IN (SELECT event_id FROM wondered)) AS event_ids
    FROM effect_witnesses
    WHERE by_action IN (FROM questioned) AND happened AND NOT is_state AND occurred_at IS NOT NULL
    GROUP BY effect_key
)

SELECT
    stratum,
    thing,
    effect_key AS doer,
    began,
    began + ($window_s * 1e6)::BIGINT AS until,
    event_ids,
    -- The pair in question is no sign that others have the amount.
    (count(*) OVER (PARTITION BY stratum, by_amount) > 2 + $rare_share * count(*) OVER (PARTITION BY stratum))::UBIGINT
        AS sort
FROM made
