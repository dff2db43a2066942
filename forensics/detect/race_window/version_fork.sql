-- One row a record and a version that more than one committed transaction wrote, each with other
-- content. Hashes of a whole record compare only where one log, or one system, made them.
WITH finals AS (
    -- A transaction that writes a version twice means the second.
    FROM writes
    WHERE record IS NOT NULL AND written_token IS NOT NULL AND made_token IS NOT NULL AND committed
    QUALIFY row_number() OVER (
        PARTITION BY record, written_token, txn, source_id, target ORDER BY began DESC, seq DESC, event_id DESC
    ) = 1
),
compared AS (
    SELECT
        *,
        min(made_token) OVER in_log <> max(made_token) OVER in_log AS differs_in_log,
        -- A store's own images have the column in every row: it counts changes only where it was seen to move.
        NOT imaged
        OR min(written_token) OVER of_record <> max(written_token) OVER of_record
        OR coalesce(bool_or(read_token <> written_token) OVER of_record, FALSE) AS counts,
        min(txn) OVER by_teller <> max(txn) OVER by_teller
        AND min(made_token) OVER by_teller <> max(made_token) OVER by_teller AS differs_by_teller
    FROM finals
    WINDOW
        of_record AS (PARTITION BY record),
        in_log AS (PARTITION BY record, written_token, source_id, target),
        by_teller AS (PARTITION BY record, written_token, teller, target)
),
-- The same content under one version is one write, however many tell of it.
forks AS (
    SELECT *, hash(record, written_token) AS collision
    FROM compared
    WHERE counts AND (differs_in_log OR differs_by_teller)
    QUALIFY row_number() OVER (
        PARTITION BY record, written_token, made_token ORDER BY began, seq, event_id
    ) = 1
),
-- A record that was removed and made again counts its versions anew.
remade AS (
    SELECT f.collision
    FROM (
        SELECT collision, record, min(began) AS first_us, max(began) AS last_us
        FROM forks
        GROUP BY collision, record
    ) AS f
    INNER JOIN accesses AS a ON f.record = a.record AND a.removes AND a.committed
    WHERE a.began > f.first_us AND a.began < f.last_us
),
told AS (
    SELECT
        f.collision,
        f.collision IN (FROM remade) AS is_remade,
        CASE
            WHEN row_number() OVER (PARTITION BY f.collision ORDER BY e.occurred_at, e.source_seq, e.event_id) = 1
                THEN 'original'
            ELSE 'duplicate'
        END AS part,
        e.*
    FROM forks AS f
    INNER JOIN accesses AS e USING (event_id)
),
-- In a store's images a later row that was not seen to move the number may have been written by somebody who never
-- counts it: what it takes from the first is left to see in the fields.
judged AS (
    SELECT
        collision,
        fields_in_question(part, touches) AS shared,
        bool_or(part = 'duplicate' AND imaged AND coalesce(read_token = written_token, TRUE)) AS left_alone
    FROM told
    GROUP BY collision
    -- Nobody had read what stood there before the record was made.
    HAVING NOT (left_alone AND bool_or(part = 'original' AND creates))
)

SELECT
    record_subject(entity_type, entity_id, tenant, environment) AS subject,
    CASE
        WHEN NOT any_value(left_alone) THEN 'proven'
        WHEN any_value(shared) = ['*'] THEN 'suspicion'
        ELSE 'probable'
    END AS grade,
    CASE
        WHEN any_value(is_remade) THEN 'recreated'
        WHEN one_chain(part, root_id) THEN 'same_chain'
        WHEN any_value(left_alone) AND any_value(shared) = [] THEN 'disjoint_fields'
    END AS suppressor,
    witnesses(event_id, part) AS evidence,
    count(*) - 1 AS excess,
    to_json({
        'record': record_name(entity_type, entity_id),
        'version': any_value(version_written),
        'left_alone': any_value(left_alone),
        'writers': list(party(
            transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
        ) ORDER BY part DESC, occurred_at, event_id)
    })::VARCHAR AS facts
FROM told
INNER JOIN judged USING (collision)
GROUP BY collision, tenant, environment, entity_type, entity_id
