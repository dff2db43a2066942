-- What keeps it from being said of a group that it was only once:
--
--     possible, lacking, possible_kinds   as in `possible_effects`
--     doubts                              calls and messages that bear the name and were never settled
--     unrecorded                          systems that were asked, and of which no log of their own is here
--     untimed, torn, outside, spans       as in `books_of_groups`
--     is_once                             it was once, and nothing of this stands against it
CREATE OR REPLACE TEMP TABLE name_verdicts AS
WITH doubts AS (
    SELECT
        g.group_id,
        list(
            {
                'event_id': d.event_id,
                'action': d.action,
                'outcome': d.outcome,
                'at': d.occurred_at,
                'source': d.source,
                'is_answered': coalesce(list_contains(g.keys, d.operation_key), FALSE)
            }
            ORDER BY d.occurred_at, d.event_id
        ) AS doubts
    FROM open_doubts AS d
    INNER JOIN (SELECT DISTINCT * FROM names_of('open_doubts')) AS n USING (event_id)
    INNER JOIN named_groups AS g
        ON n.field = g.field
        AND n.value = g.value
        AND (
            coalesce(d.effect_class = g.effect_class, TRUE)
            OR (takes_money(d.money_stage) AND takes_money(g.money_stage))
        )
        AND may_be_one_owner(d.tenant, d.environment, g.tenant, g.environment)
    GROUP BY g.group_id
)

SELECT
    g.*,
    coalesce(p.possible, 0) AS possible,
    coalesce(p.lacking, 0) AS lacking,
    coalesce(p.possible_kinds, []) AS possible_kinds,
    takes_money(g.money_stage) AS takes_money,
    coalesce(d.doubts, []) AS doubts,
    list_filter(g.callees, lambda c: NOT list_contains(g.recorded_callees, c)) AS unrecorded,
    coalesce(b.torn, []) AS torn,
    coalesce(b.outside, []) AS outside,
    coalesce(b.spans, []) AS spans,
    coalesce(b.untimed, FALSE) AS untimed,
    g.times = 1 AND g.recorded = 1 AND g.unnamed = 0 AND p.possible IS NULL AND d.doubts IS NULL
    AND unrecorded = [] AND b.torn IS NULL AND b.outside IS NULL AND b.spans IS NOT NULL AND NOT b.untimed AS is_once
FROM named_groups AS g
LEFT JOIN possible_effects AS p USING (group_id)
LEFT JOIN doubts AS d USING (group_id)
LEFT JOIN books_of_groups AS b USING (group_id);
