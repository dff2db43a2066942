-- Pairs of executions that held one lock at one time though one of them held it alone; `earlier`
-- was there first.
--
--     claim   `granted`   the second got the lock while the first had it
--             `outlived`  the lease of the first had run out, but it went on as if it held the lock
--             `uncertain` the clocks cannot tell
CREATE OR REPLACE TABLE shared_holdings AS
WITH busy AS (
    SELECT
        holding,
        began < max(greatest(released, lapsed, alive)) OVER (
            PARTITION BY lock_id ORDER BY began NULLS FIRST, holding ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
        OR seq < max(last_seq) OVER (
            PARTITION BY lock_id, stream ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS met
    FROM holdings
),
pairs AS (
    SELECT
        a AS earlier,
        b AS later,
        coalesce(a.stream = b.stream, FALSE) AS serial,
        CASE WHEN serial THEN 0 ELSE clock_error_us(a, b) + b.granted_by - b.began END AS error_us
    FROM holdings AS b
    INNER JOIN holdings AS a ON b.lock_id = a.lock_id
    WHERE b.holding IN (SELECT holding FROM busy WHERE met)
        AND (a.exclusive OR b.exclusive)
        AND CASE WHEN serial THEN a.seq < b.seq ELSE (a.began, a.holding) < (b.began, b.holding) END
),
placed AS (
    SELECT
        *,
        -- How long after the second began the first let go, and its lease ran out; null: it did not.
        CASE WHEN serial THEN earlier.last_seq::HUGEINT - later.seq ELSE earlier.released - later.began END AS left_us,
        earlier.lapsed - later.began AS lease_us,
        -- What a caller was told of the lease may be by the clock of the lock service.
        CASE WHEN earlier.by_caller THEN 1000000 ELSE 0 END AS lease_error_us,
        CASE WHEN coalesce(left_us, lease_us) IS NULL THEN earlier.alive - later.began END AS alive_us
    FROM pairs
)

SELECT
    earlier,
    later,
    CASE
        WHEN least(left_us, lease_us - lease_error_us, alive_us) > error_us THEN 'granted'
        WHEN least(left_us, lease_us, alive_us) > 0 THEN 'uncertain'
        WHEN left_us > error_us THEN 'outlived'
    END AS claim
FROM placed
WHERE claim IS NOT NULL;

-- The locks that were held alone around an access by its execution, for as long as it took
-- (`locks`), those of them that bear the record's name (`own_locks`), and locks of that name that
-- were held for a part of it (`met_locks`): a call that waits for the lock is longer than it.
CREATE OR REPLACE TABLE locked AS
WITH around AS (
    SELECT
        a.event_id,
        h.lock_id,
        h.holding,
        CASE
            WHEN a.stream = h.stream
                THEN a.seq BETWEEN h.seq AND coalesce(h.last_seq, a.seq)
            ELSE a.began >= h.began AND a.settled <= coalesce(least(h.released, h.lapsed), a.settled)
        END AS covers,
        a.settled >= h.began AND a.began <= coalesce(least(h.released, h.lapsed), a.began) AS meets,
        h.entity_id = a.entity_id
        OR (
            ends_with(h.entity_id, a.entity_id)
            AND NOT regexp_matches(h.entity_id[-length(a.entity_id) - 1], '[A-Za-z0-9]')
        ) AS named
    FROM accesses AS a
    INNER JOIN holdings AS h ON a.execution = sure_hash(h.execution_id)
    WHERE h.exclusive
        AND h.holding NOT IN (
            SELECT unnest([earlier.holding, later.holding])
            FROM shared_holdings
            WHERE claim <> 'uncertain'
        )
)

SELECT
    event_id,
    list({'lock_id': lock_id, 'holding': holding}) FILTER (WHERE covers) AS locks,
    list({'lock_id': lock_id, 'holding': holding}) FILTER (WHERE covers AND named) AS own_locks,
    list(lock_id) FILTER (WHERE named) AS met_locks
FROM around
WHERE covers OR meets
GROUP BY event_id;
