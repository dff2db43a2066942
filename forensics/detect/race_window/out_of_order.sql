-- One row a record and an applier that ended on an older version than it had already applied.
WITH applications AS (
    SELECT *, hash(record, store, applier) AS collision
    FROM writes
    WHERE record IS NOT NULL AND written_number IS NOT NULL AND (committed OR refused) AND NOT "again"
),
regressed AS (
    SELECT
        collision,
        coalesce(min(stream) = max(stream) AND count(stream) = count(*), FALSE) AS serial
    FROM applications
    GROUP BY collision
    HAVING CASE WHEN serial THEN ends_older(seq, written_number) ELSE ends_older(began, written_number) END
),
applied AS (
    SELECT
        a.*,
        r.serial,
        row_number() OVER (
            PARTITION BY collision
            ORDER BY CASE WHEN serial THEN seq ELSE began END, seq, event_id
        ) AS place,
        count(*) OVER (PARTITION BY collision, written_number) AS applications
    FROM applications AS a
    INNER JOIN regressed AS r USING (collision)
),
newest AS (
    FROM applied
    WHERE committed
    QUALIFY row_number() OVER (PARTITION BY collision ORDER BY written_number DESC, place) = 1
),
-- What came after the newest version though it is older; the last of it is what stands now. Not so
-- where the newest names a version that it was built on: what had led there came before, whatever
-- the clocks say, unless it was applied again.
late AS (
    SELECT
        a.*,
        n.event_id AS newest_event,
        surely_before(n, a) AS certain,
        n.clock_id = a.clock_id AND n.consumed AND a.consumed AS one_consumer,
        n.removes AS newest_removes
    FROM applied AS a
    INNER JOIN newest AS n ON a.collision = n.collision
    WHERE a.place > n.place
        AND a.written_number < n.written_number
        AND NOT coalesce(n.base_kind = 'version' AND n.base_number >= a.written_number AND a.applications = 1, FALSE)
),
standing AS (
    SELECT
        collision,
        any_value(newest_event) AS newest_event,
        bool_and(certain) AS certain,
        bool_and(one_consumer) AS one_consumer,
        any_value(serial) AS serial,
        bool_or(removes) OR any_value(newest_removes) AS is_remade,
        bool_and(refused) AS all_refused,
        arg_max(written_number, place) FILTER (WHERE committed) AS stands
    FROM late
    GROUP BY collision
),
-- The newer versions that had been applied and are gone.
undone AS (
    SELECT a.collision, count(DISTINCT a.written_number) AS lost
    FROM applied AS a
    INNER JOIN standing AS s ON a.collision = s.collision AND a.written_number > s.stands
    WHERE a.committed
    GROUP BY a.collision
),
told AS (
    SELECT s.*, p.part, e.*
    FROM standing AS s
    INNER JOIN (
        SELECT collision, event_id, CASE WHEN refused THEN 'guard' ELSE 'duplicate' END AS part FROM late
        UNION ALL
        SELECT collision, newest_event AS event_id, 'original' AS part FROM standing
    ) AS p USING (collision)
    INNER JOIN accesses AS e USING (event_id)
),
contents AS (
    SELECT collision, fields_in_question(part, touches) AS shared
    FROM told
    WHERE took_part(part)
    GROUP BY collision
)

SELECT
    record_subject(entity_type, entity_id, tenant, environment) AS subject,
    CASE
        WHEN any_value(serial) THEN 'proven'
        WHEN any_value(one_consumer) THEN 'strong'
        ELSE 'probable'
    END AS grade,
    CASE
        WHEN any_value(all_refused) THEN 'guarded'
        WHEN any_value(is_remade) THEN 'recreated'
        WHEN bool_and(coalesce(commutative, FALSE)) FILTER (WHERE took_part(part)) THEN 'commutative'
        WHEN any_value(shared) = [] THEN 'disjoint_fields'
        WHEN last_wins(shared, passing, part) THEN 'last_write_wins'
        WHEN one_value(part, after_hash) THEN 'same_value'
        WHEN NOT any_value(certain) THEN 'clock_uncertain'
    END AS suppressor,
    witnesses(event_id, part) AS evidence,
    coalesce(any_value(lost), 0) AS excess,
    to_json({
        'record': record_name(entity_type, entity_id),
        'applier': min(coalesce(consumer, workflow, actor, "system", source)),
        'newest': max(whole_number(version_written)),
        'standing': any_value(stands),
        'late': count(*) FILTER (WHERE part = 'duplicate')
    })::VARCHAR AS facts
FROM told
INNER JOIN contents USING (collision)
LEFT JOIN undone USING (collision)
GROUP BY collision, tenant, environment, entity_type, entity_id
