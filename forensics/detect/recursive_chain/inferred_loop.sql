-- One row a record on which workflows took turns, each starting from the value the one before left.
WITH stamped AS (
    SELECT
        turns.*,
        began_by,
        wrote_by,
        row_number() OVER record_order AS turn,
        lag(turns.place) OVER record_order AS place_before,
        lag(turns.told) OVER record_order AS told_before,
        lag(turns.wrote) OVER record_order AS wrote_before,
        lag(wrote_by) OVER record_order AS wrote_before_by
    FROM turns
    INNER JOIN clocks AS began_by ON turns.began.clock_name = began_by.clock
    INNER JOIN clocks AS wrote_by ON turns.wrote.clock_name = wrote_by.clock
    WINDOW record_order AS (
        PARTITION BY tenant, environment, entity_type, entity_id
        ORDER BY true_time(turns.began.at, began_by) NULLS LAST, turns.moment
    )
),

ordered AS (
    SELECT
        *,
        coalesce(
            order_in_log(
                wrote_before.source, wrote_before.stream, wrote_before.seq, began.source, began.stream, began.seq
            ),
            order_of(wrote_before.at, wrote_before_by, began.at, began_by)
        ) AS write_was,
        -- What came by its schedule was not set off by what it found.
        list_has_any(set_off_by, told_before) AND NOT is_scheduled AS is_triggered
    FROM stamped
),

numbered AS (
    SELECT
        *,
        coalesce(
            place <> place_before AND list_has_any(heard, told_before) AND write_was <> 'after'
            AND epoch(began.at - wrote_before.at) <= $window_s, FALSE
        ) AS follows
    FROM ordered
),

rounds AS (
    SELECT
        *,
        count(*) FILTER (WHERE NOT follows) OVER (
            PARTITION BY tenant, environment, entity_type, entity_id ORDER BY turn
        ) AS round
    FROM numbered
),

visited AS (
    SELECT
        *,
        row_number() OVER here AS visit,
        count(*) FILTER (WHERE is_changing) OVER here AS changing_visit,
        coalesce(bool_and(is_scheduled) FILTER (WHERE follows) OVER (
            PARTITION BY tenant, environment, entity_type, entity_id, round, place
        ), FALSE) AS is_by_schedule
    FROM rounds
    WINDOW here AS (
        PARTITION BY tenant, environment, entity_type, entity_id, round, place
        ORDER BY turn ROWS UNBOUNDED PRECEDING
    )
)

SELECT
    list_sort(list(DISTINCT place)) AS subject,
    CASE WHEN bool_and(is_triggered) FILTER (WHERE follows) THEN 'probable' ELSE 'suspicion' END AS grade,
    CASE
        WHEN bool_or(follows AND write_was = 'possible') THEN 'clock_uncertain'
        WHEN max(changing_visit) < $visits THEN 'damped_echo'
        -- One side that is never set off breaks the circle.
        WHEN bool_or(is_by_schedule) THEN 'on_schedule'
    END AS suppressor,
    flatten(list(list_transform(event_ids, lambda id : {
        'event_id': id,
        'role': CASE WHEN id <> event_id THEN 'context' WHEN visit > 1 THEN 'duplicate' ELSE 'original' END
    }))) AS evidence,
    count(*) - count(DISTINCT place) AS excess,
    to_json({
        'cycle': list_sort(list(DISTINCT place)),
        'record': concat_ws(' ', entity_type, entity_id),
        'visits': max(visit),
        'turns': count(*),
        'duration_s': epoch(max(wrote.at) - min(began.at)),
        'triggered': bool_and(is_triggered) FILTER (WHERE follows),
        -- What was set off by the very value did not come by then by chance alone.
        'coincidence': CASE WHEN bool_and(is_triggered) FILTER (WHERE follows) THEN 'part' ELSE 'whole' END
    })::VARCHAR AS facts
FROM visited
GROUP BY tenant, environment, entity_type, entity_id, round
HAVING max(visit) >= $visits
