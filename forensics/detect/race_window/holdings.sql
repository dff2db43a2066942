-- Who held which lock when. A holding starts at the acquisition (`phase` start, or a single row)
-- that finds the execution without the lock, and ends at the release that leaves it without. A
-- lease that ran out ends it too, and so does a renewal that was refused. A release that was refused
-- lets go of nothing: it tells that the lock had been lost, unless its lease still ran.
--
-- Where several logs tell of one step, one of them is heard: the lock service's own.
--
--     began, seq          when it started, by the clock and in the log
--     granted_by          when it had been granted, for certain: a caller's clock starts when it asks
--     released, last_seq  when the holder let go, however late; null when the log has no release
--     lapsed              when the lease ran out or its renewal was refused; null without a lease
--     alive               last renewal: held until then at least
CREATE OR REPLACE TABLE holdings AS
WITH steps AS (
    SELECT
        e.event_id,
        hash(scope_of(e.tenant, e.environment), e.entity_type, sure_hash(e.entity_id)) AS lock_id,
        e.entity_type,
        e.entity_id,
        e.execution_id,
        coalesce(x.root_id, e.execution_id) AS root_id,
        sure_hash(e.source) AS source_id,
        coalesce(e.vantage, '') IN ('client', 'orchestrator', 'agent') AS by_caller,
        CASE WHEN e.source_seq IS NOT NULL AND NOT by_caller THEN hash(sure_hash(e.source), sure_hash(e.source_stream)) END AS stream,
        e.source_seq AS seq,
        epoch_us(e.occurred_at) - c.offset_us AS began,
        began + unseen_us(e.occurred_at, e.ended_at, by_caller) AS answered,
        epoch_us(e.lock.expires_at) - c.offset_us AS expires,
        coalesce(e.lock.mode, 'exclusive') AS mode,
        e.outcome IN ('ok', 'partial') AS granted,
        e.outcome IN ('rejected', 'skipped') OR coalesce(e.error_kind, '') IN ('conflict', 'not_found') AS refused,
        CASE
            WHEN e.phase = 'end' THEN 'release'
            WHEN e.phase = 'progress' THEN 'renewal'
            WHEN e.phase = 'single' AND regexp_matches(e.action, '(?i)release|unlock') THEN 'release'
            ELSE 'acquisition'
        END AS step,
        c.clock_id,
        c.reference_id,
        c.error_us,
        c.resolution_us
    FROM events AS e
    INNER JOIN hashed_clocks AS c ON clock_of(e.clock, e.system, e.source) = c.clock
    LEFT JOIN linked_executions AS x ON e.execution_id = x.execution_id
    WHERE e.kind = 'lock' AND e.entity_id IS NOT NULL
),
-- A step that another log has told just before is that one told again; the lock service is believed
-- before those who asked it.
retold AS (
    SELECT
        *,
        (lag(step) OVER own = step AND lag(source_id) OVER own <> source_id AND by_caller >= lag(by_caller) OVER own)
        OR (lead(step) OVER own = step AND lead(source_id) OVER own <> source_id AND by_caller > lead(by_caller) OVER own)
            AS is_retold
    FROM steps
    WHERE granted AND step <> 'renewal'
    WINDOW own AS (
        PARTITION BY lock_id, execution_id
        ORDER BY began NULLS FIRST, seq NULLS FIRST, event_id
    )
),
leased AS (
    SELECT
        *,
        step = 'release' AND refused AS lost,
        max(expires) OVER (own ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS lease
    FROM steps
    ANTI JOIN (SELECT event_id FROM retold WHERE is_retold) AS again USING (event_id)
    WHERE granted OR step <> 'acquisition'
    WINDOW own AS (
        PARTITION BY lock_id, execution_id
        ORDER BY began NULLS FIRST, seq NULLS FIRST, event_id
    )
),
broken AS (
    SELECT
        *,
        count(*) FILTER (WHERE lost) OVER (own ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        + count(*) FILTER (WHERE step = 'acquisition' AND began >= lease) OVER own AS breaks
    FROM leased
    WHERE NOT (lost AND coalesce(began < lease, FALSE))
    WINDOW own AS (
        PARTITION BY lock_id, execution_id
        ORDER BY began NULLS FIRST, seq NULLS FIRST, event_id
    )
),
-- A re-entrant holder takes the lock again and has to give it back as often.
nested AS (
    SELECT
        *,
        sum(CASE step WHEN 'acquisition' THEN 1 WHEN 'release' THEN -1 ELSE 0 END) OVER (
            PARTITION BY lock_id, execution_id, breaks
            ORDER BY began NULLS FIRST, seq NULLS FIRST, event_id
        ) AS balance
    FROM broken
),
-- What is given back though the log does not say that it was taken had been taken before the log.
measured AS (
    SELECT
        *,
        balance - least(0, min(balance) OVER (
            PARTITION BY lock_id, execution_id, breaks
            ORDER BY began NULLS FIRST, seq NULLS FIRST, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )) AS depth
    FROM nested
),
spells AS (
    SELECT
        *,
        breaks + count(*) FILTER (WHERE depth <= 0) OVER (
            PARTITION BY lock_id, execution_id
            ORDER BY began NULLS FIRST, seq NULLS FIRST, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS spell
    FROM measured
)

SELECT
    lock_id,
    execution_id,
    spell,
    hash(lock_id, sure_hash(execution_id), spell) AS holding,
    any_value(entity_type) AS entity_type,
    any_value(entity_id) AS entity_id,
    any_value(root_id) AS root_id,
    bool_or(mode <> 'shared') FILTER (WHERE step = 'acquisition') AS exclusive,
    min(began) AS began,
    min(answered) AS granted_by,
    min(seq) AS seq,
    CASE WHEN min(stream) = max(stream) AND count(stream) = count(*) THEN any_value(stream) END AS stream,
    bool_and(by_caller) AS by_caller,
    CASE WHEN min(clock_id) = max(clock_id) THEN any_value(clock_id) END AS clock_id,
    CASE WHEN min(reference_id) = max(reference_id) THEN any_value(reference_id) END AS reference_id,
    max(error_us) AS error_us,
    any_value(resolution_us) AS resolution_us,
    any_value(began) FILTER (WHERE NOT lost AND depth <= 0) AS released,
    any_value(seq) FILTER (WHERE NOT lost AND depth <= 0) AS last_seq,
    least(
        max(expires) FILTER (WHERE granted),
        min(began) FILTER (WHERE step = 'renewal' AND NOT granted)
    ) AS lapsed,
    max(began) FILTER (WHERE step = 'renewal') AS alive,
    list(event_id ORDER BY began NULLS FIRST, seq NULLS FIRST, event_id) AS event_ids
FROM spells
GROUP BY lock_id, execution_id, spell
HAVING bool_or(step = 'acquisition');
