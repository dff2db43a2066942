-- One row an obligation that two systems settled, each with its own effect.
WITH
-- Copies of data in two systems are what a sync is for.
settling AS (
    SELECT
        s.*,
        coalesce(s.natural_key, s.entity) AS own_name,
        n.joins,
        coalesce(n.obligation, own_name) AS obligation_name,
        -- Its own log alone tells of it: nobody else's says that the system was asked.
        s.witness_grade IN ('recorded', 'settled') AND s.settled_at IS NULL AND len(s.doubts) = 0 AS unasked,
        CASE WHEN s.tenant IS NOT NULL OR s.environment IS NOT NULL THEN s.scope END AS books,
        hash(s.scope, s.effect_class, s.money_stage, sure_hash(obligation_name), s.amount, s.currency) AS obligation
    FROM suspect_effects AS s
    LEFT JOIN obligation_names AS n ON s.scope = n.scope AND coalesce(s.natural_key, s.entity) = n.name
    WHERE
        repeats_obligation AND counted AND coalesce(effect_class, 'other') NOT IN ('crm', 'data')
        AND (natural_key IS NOT NULL OR NOT owes_again(entity_type))
),

paused AS (
    SELECT
        *,
        epoch(occurred_at - lag(occurred_at) OVER (PARTITION BY obligation ORDER BY occurred_at, event_id))
            AS pause_s
    FROM settling
),

-- After a pause longer than the window the name is taken to come again for another occasion.
bouts AS (
    SELECT
        *,
        hash(obligation, bout_of(obligation, pause_s, $window_s, occurred_at, event_id)) AS claim
    FROM paused
),

parted AS (
    SELECT
        *,
        part_of(
            claim,
            entity_type,
            -- Without a natural key the record is what was owed, and may have another id elsewhere.
            CASE WHEN natural_key IS NOT NULL THEN entity_id END,
            NULL,
            item_key,
            period_key,
            scheduled_for,
            NULL,
            NULL,
            compensates_effect_id,
            NULL
        ) AS part
    FROM bouts
),

-- What one system did twice is another pattern's business: each stands as its first effect.
firsts AS (
    SELECT *
    FROM parted
    QUALIFY row_number() OVER (PARTITION BY claim, part, callee ORDER BY occurred_at, event_id) = 1
),

-- Who settled what, where a log of one's own may only book what another system paid.
meetings AS (
    SELECT u.callee, u.books, u.effect_class, u.money_stage, o.callee AS other_callee
    FROM firsts AS u
    INNER JOIN firsts AS o ON u.claim = o.claim AND u.part = o.part AND u.callee <> o.callee
    WHERE u.is_booking OR o.is_booking
    GROUP BY ALL
),

own_names AS (
    SELECT
        scope_of(tenant, environment) AS scope,
        callee_of(target_system, "system", source) AS callee,
        CASE WHEN tenant IS NOT NULL OR environment IS NOT NULL THEN scope END AS books,
        effect_class,
        money_stage,
        coalesce(natural_key, concat_ws(' ', entity_type, entity_id)) AS name,
        occurred_at
    FROM events
    WHERE
        kind = 'effect' AND effect_id IS NOT NULL AND outcome IN ('ok', 'partial')
        AND (natural_key IS NOT NULL OR (owed_once(entity_type) AND entity_id <> effect_id))
        AND callee_of(target_system, "system", source) IN (SELECT callee FROM meetings)
),

named AS (
    SELECT
        o.callee,
        o.books,
        o.effect_class,
        o.money_stage,
        coalesce(n.obligation, o.name) AS obligation_name,
        min(o.occurred_at) AS occurred_at
    FROM own_names AS o
    LEFT JOIN obligation_names AS n ON o.scope = n.scope AND o.name = n.name
    GROUP BY ALL
),

spans AS (
    SELECT callee, books, effect_class, money_stage, min(occurred_at) AS began_at, max(occurred_at) AS ended_at
    FROM named
    GROUP BY ALL
),

-- One that settles mostly what the other does not know, of three obligations or more in the time of both.
unmirrored AS (
    SELECT m.*
    FROM meetings AS m
    INNER JOIN spans AS s
        ON m.other_callee = s.callee AND m.books IS NOT DISTINCT FROM s.books
        AND m.effect_class IS NOT DISTINCT FROM s.effect_class AND m.money_stage IS NOT DISTINCT FROM s.money_stage
    INNER JOIN named AS mine
        ON m.callee = mine.callee AND m.books IS NOT DISTINCT FROM mine.books
        AND m.effect_class IS NOT DISTINCT FROM mine.effect_class
        AND m.money_stage IS NOT DISTINCT FROM mine.money_stage
        AND mine.occurred_at BETWEEN s.began_at AND s.ended_at
    LEFT JOIN named AS theirs
        ON m.other_callee = theirs.callee AND m.books IS NOT DISTINCT FROM theirs.books
        AND m.effect_class IS NOT DISTINCT FROM theirs.effect_class
        AND m.money_stage IS NOT DISTINCT FROM theirs.money_stage
        AND mine.obligation_name = theirs.obligation_name
    GROUP BY ALL
    HAVING
        count(mine.obligation_name) > 2
        AND 2 * count(theirs.obligation_name) <= count(mine.obligation_name)
),

strangers AS (
    SELECT u.callee, u.books, u.effect_class, u.money_stage, list(u.other_callee) AS strangers
    FROM unmirrored AS u
    INNER JOIN unmirrored AS o
        ON u.callee = o.other_callee AND u.other_callee = o.callee AND u.books IS NOT DISTINCT FROM o.books
        AND u.effect_class IS NOT DISTINCT FROM o.effect_class AND u.money_stage IS NOT DISTINCT FROM o.money_stage
    GROUP BY ALL
),

weighed AS (
    SELECT
        f.*,
        f.is_booking
        AND NOT coalesce(
            list_has_all(s.strangers || [f.callee], list(f.callee) OVER (PARTITION BY f.claim, f.part)), false
        ) AS is_mirror
    FROM firsts AS f
    LEFT JOIN strangers AS s
        ON f.callee = s.callee AND f.books IS NOT DISTINCT FROM s.books
        AND f.effect_class IS NOT DISTINCT FROM s.effect_class AND f.money_stage IS NOT DISTINCT FROM s.money_stage
),

-- A booking beside two payments is no third one; beside one, it is its mirror.
paid AS (
    SELECT *, count(*) FILTER (NOT is_mirror) OVER (PARTITION BY claim, part) > 1 AS paid_twice
    FROM weighed
    QUALIFY NOT is_mirror OR NOT paid_twice
),

placed AS (
    SELECT
        *,
        count(*) OVER (PARTITION BY claim, part) AS times,
        row_number() OVER in_order AS place,
        lead(occurred_at) OVER in_order AS next_at,
        max(len(doubts)) OVER (PARTITION BY claim, part) > 0 AS in_doubt,
        list(callee) OVER (PARTITION BY claim, part) AS callees
    FROM paid
    WINDOW in_order AS (PARTITION BY claim, part ORDER BY occurred_at, event_id)
),

-- What of most that two systems settle both settle, and nobody asked the one for it, it was passed by the other.
shared AS (
    SELECT
        u.callee,
        u.books,
        o.callee AS other_callee,
        o.books AS other_books,
        count(DISTINCT u.claim) AS claims
    FROM placed AS u
    INNER JOIN placed AS o ON u.claim = o.claim AND u.part = o.part AND u.callee <> o.callee
    WHERE u.unasked
    GROUP BY ALL
    HAVING claims > 2
),

owed AS (
    SELECT
        w.callee_hash,
        w.owner,
        count(DISTINCT w.by_obligation) AS obligations
    FROM effect_witnesses AS w
    WHERE
        w.happened AND w.identified
        AND w.callee_hash IN (SELECT unnest([sure_hash(callee), sure_hash(other_callee)]) FROM shared)
    GROUP BY w.callee_hash, w.owner
),

passed AS (
    SELECT s.callee, s.books, s.other_callee
    FROM shared AS s
    INNER JOIN owed AS u ON sure_hash(s.callee) = u.callee_hash AND s.books IS NOT DISTINCT FROM u.owner
    INNER JOIN owed AS o ON sure_hash(s.other_callee) = o.callee_hash AND s.other_books IS NOT DISTINCT FROM o.owner
    WHERE u.obligations < 2 * s.claims AND o.obligations < 2 * s.claims
),

settled AS (
    SELECT
        *,
        unasked
        AND EXISTS (
            FROM passed AS p
            WHERE
                placed.callee = p.callee AND placed.books IS NOT DISTINCT FROM p.books
                AND list_contains(placed.callees, p.other_callee)
        )
            AS passed_on,
        max(times) OVER (PARTITION BY claim) > 1 AS repeated,
        place = times OR coalesce(compensated_at < next_at AND compensated_amount = amount, false) AS replaced
    FROM placed
)

SELECT
    ['obligation', any_value(effect_class), any_value(obligation_name)] AS subject,
    grade_of(
        witness_grade, unnamed_log, counted, CASE WHEN bool_or(is_booking) THEN 'probable' ELSE 'strong' END
    ) AS grade,
    CASE
        WHEN NOT repeated THEN told_apart_by(part)
        WHEN count(*) FILTER (NOT is_mirror) < 2 THEN 'booked_elsewhere'
        WHEN bool_or(unasked) AND bool_and(passed_on OR NOT unasked) AND NOT any_value(in_doubt) THEN 'passed_on'
        WHEN bool_and(replaced) THEN 'reissued'
        WHEN any_value(environment) = 'test' THEN 'test_mode'
    END AS suppressor,
    evidence_of(
        list(told_by(event_id, happened, place, witnesses, replays, refusals, doubts)),
        list(compensations)
    ) AS evidence,
    count(*) - 1 AS excess,
    json_merge_patch(to_json({
        'obligation': any_value(obligation_name),
        'effect_class': any_value(effect_class),
        'stage': any_value(money_stage),
        'callees': list(callee ORDER BY occurred_at, event_id),
        'amount': any_value(amount)::VARCHAR,
        'currency': any_value(currency),
        'effects': count(*),
        'effect_ids': list(effect_id ORDER BY occurred_at, event_id)[:3],
        'seconds': epoch(max(occurred_at) - min(occurred_at)),
        'first_unclear': first_unclear(stamp, place, place > 1),
        'compensated': count(compensated_by),
        'nowhere_named': nowhere_named(unnamed_log, counted),
        'asserted': bool_or(witness_grade = 'asserted')
    }), CASE
        WHEN count(DISTINCT own_name) > 1 THEN to_json({
            'names': list(DISTINCT own_name ORDER BY own_name),
            'joins': list_sort(list_distinct(flatten(list(joins) FILTER (joins IS NOT NULL))))
        })
        ELSE '{}'::JSON
    END)::VARCHAR AS facts
FROM settled
GROUP BY claim, repeated, CASE WHEN repeated THEN part END
HAVING count(DISTINCT callee) > 1
