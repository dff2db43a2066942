-- What the agreement weighs, in bits, as Fellegi and Sunter have it: log2(m / u). `m` was counted on duplicates that
-- are known (`python -m benchmarks.reach.weights`); `u` is how often the very value is met in this log. A pair asks for
-- as many bits as there are pairs of effects, of which one would be it.
CREATE OR REPLACE TABLE match_weights AS
WITH found AS (
    SELECT
        c.finding_id,
        any_value(c.facts) AS facts,
        any_value(w.by_action) AS by_action,
        coalesce(min(e.customer_id), min(e.entity_id), min(e.natural_key)) AS whom,
        count(*) AS effects
    FROM candidates AS c
    INNER JOIN candidate_evidence AS v USING (finding_id)
    INNER JOIN effect_witnesses AS w USING (event_id)
    INNER JOIN events AS e USING (event_id)
    WHERE c.suppressor IS NULL AND c.pattern = 'same_content' AND v.role IN ('original', 'duplicate')
    GROUP BY c.finding_id
),

populations AS (
    SELECT
        by_action,
        count(DISTINCT effect_key) AS effects,
        epoch(max(occurred_at) - min(occurred_at)) AS span_s
    FROM effect_witnesses
    WHERE by_action IN (SELECT by_action FROM found) AND happened AND NOT is_state
    GROUP BY by_action
),

parties AS (
    SELECT f.finding_id, count(DISTINCT w.effect_key) AS effects
    FROM found AS f
    INNER JOIN events AS e ON f.whom = coalesce(e.customer_id, e.entity_id, e.natural_key)
    INNER JOIN effect_witnesses AS w ON e.event_id = w.event_id AND f.by_action = w.by_action
    WHERE w.happened AND NOT w.is_state
    GROUP BY f.finding_id
),

weighed AS (
    SELECT
        f.finding_id,
        -- Of the others, one more would be the next of them.
        log2(0.956 * (p.effects - f.effects + 1) / greatest(1, q.effects - f.effects + 1)) AS about,
        log2(0.981 / nullif((f.facts ->> '$.amount_share')::DOUBLE, 0)) AS amount,
        -- What the stamps do not tell apart may lie as far apart as they tell.
        log2(greatest(1, p.span_s / (2 * greatest(
            1, (f.facts ->> '$.seconds')::DOUBLE, (f.facts ->> '$.resolution_s')::DOUBLE
        )))) AS pause,
        log2(p.effects * (p.effects - 1) / 2) AS asked
    FROM found AS f
    INNER JOIN populations AS p USING (by_action)
    INNER JOIN parties AS q USING (finding_id)
    WHERE p.effects - f.effects >= 20
)

SELECT
    finding_id,
    {
        -- Nought added makes a plain nought of one with a sign.
        'about': round(about, 1) + 0, 'amount': round(amount, 1) + 0, 'pause': round(pause, 1),
        'sum': round(about + coalesce(amount, 0) + pause, 1) + 0, 'asked': round(asked, 1)
    } AS weights
FROM weighed
WHERE isfinite(about + coalesce(amount, 0) + pause + asked);

UPDATE candidates
SET facts = json_merge_patch(facts, to_json({'weights': match_weights.weights}))::VARCHAR
FROM match_weights
WHERE candidates.finding_id = match_weights.finding_id;
