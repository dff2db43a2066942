-- Every write, with the state of the record that it was built on.
--
--     base        the version it names; else the version, the place in the serial log or the value
--                 that its transaction (else its execution) last saw of the record before
--     base_kind   `version`, `order`, `value`; null when nothing tells: a blind write
--     base_number the version as an integer, where it is one
--     read_event  the read that the base was taken from; null when the write names it itself
CREATE OR REPLACE TEMP TABLE writes AS
WITH telling AS (
    SELECT record FROM accesses WHERE NOT is_write AND committed AND record IS NOT NULL
    INTERSECT
    SELECT record FROM accesses WHERE is_write AND read_token IS NULL
),
-- How many writes a serial log had taken when each access came: a version without a column.
history AS (
    SELECT
        a.*,
        CASE
            WHEN a.stream IS NOT NULL
                THEN count(*) FILTER (WHERE is_write AND committed) OVER (
                    PARTITION BY record, stream ORDER BY seq, event_id
                )
        END AS state
    FROM accesses AS a
    SEMI JOIN telling USING (record)
    WHERE a.stream IS NOT NULL OR a.began IS NOT NULL
),
seen AS (
    SELECT
        *,
        CASE
            WHEN NOT is_write AND committed THEN {
                'token': coalesce(
                    read_token,
                    CASE WHEN state IS NOT NULL THEN hash('order', stream, state) END,
                    seen_token
                ),
                'kind': CASE
                    WHEN read_token IS NOT NULL THEN 'version'
                    WHEN state IS NOT NULL THEN 'order'
                    WHEN seen_token IS NOT NULL THEN 'value'
                END,
                'number': read_number,
                'guarded': guarded,
                'event_id': event_id
            }
            -- Its own write is what the transaction sees from then on.
            WHEN is_write AND committed AND written_token IS NOT NULL THEN {
                'token': written_token,
                'kind': 'version',
                'number': written_number,
                'guarded': FALSE,
                'event_id': NULL
            }
        END AS sight
    FROM history
),
remembered AS (
    SELECT
        * EXCLUDE (state, sight),
        coalesce(
            last_value(sight IGNORE NULLS) OVER (
                PARTITION BY record, txn
                ORDER BY began NULLS FIRST, seq NULLS FIRST, is_write, event_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            last_value(sight IGNORE NULLS) OVER (
                PARTITION BY record, execution
                ORDER BY began NULLS FIRST, seq NULLS FIRST, is_write, event_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
        ) AS memory
    FROM seen
),
plain AS (
    SELECT a.*
    FROM accesses AS a
    ANTI JOIN remembered USING (event_id)
    WHERE a.is_write
)

SELECT
    * EXCLUDE (memory),
    coalesce(read_token, memory.token, seen_token) AS base,
    CASE
        WHEN read_token IS NOT NULL THEN 'version'
        ELSE coalesce(memory.kind, CASE WHEN seen_token IS NOT NULL THEN 'value' END)
    END AS base_kind,
    coalesce(read_number, memory.number) AS base_number,
    CASE WHEN read_token IS NULL THEN memory.event_id END AS read_event,
    guarded OR (read_token IS NULL AND coalesce(memory.guarded, FALSE)) AS held
FROM (
    FROM (SELECT * FROM remembered WHERE is_write)
    UNION ALL BY NAME
    SELECT *, NULL AS memory FROM plain
);
