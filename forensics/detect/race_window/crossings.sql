-- What orders the transactions of the log, by the versions they name, where they touched several records.
--
--     dependencies  `earlier` has to come before `later`:
--                   `ww`  it made the version of the record that the other replaced
--                   `wr`  it made the version that the other read
--                   `rw`  it read the version that the other replaced
--                   one row a proof: what each did to the record. `installed` unless the version was one
--                   that its transaction replaced itself, after which no other has to come, or one that
--                   several made
--     crossed       two of which each had read a record that the other then wrote: neither can have come
--                   before the other
--     half_seen     one that had read what another wrote (`side` is `after`), but of another record what
--                   that other was to replace (`before`)
--     tangles       the dependencies that may be part of a circle
--
-- Executions are no transactions: what a worker read for one task is not what it rested the next on.
SET VARIABLE tells_of_transactions = EXISTS (FROM sightings WHERE unit IS NOT NULL);

CREATE OR REPLACE TABLE spread AS
SELECT event_id, record, unit, began, seq, is_read, is_write, read_token, read_number, written_token, written_number
FROM seen_rows
WHERE getvariable('tells_of_transactions')
    AND unit IS NOT NULL
    AND committed
    AND record IN (
        SELECT record
        FROM sightings
        WHERE unit IN (
                SELECT unit
                FROM sightings
                WHERE unit IS NOT NULL AND committed
                GROUP BY unit
                HAVING min(record) <> max(record)
            )
            AND committed
    );

-- What each saw of a record, where it saw one version only.
CREATE OR REPLACE TABLE looked AS
SELECT
    unit,
    record,
    any_value(read_token) AS token,
    any_value(read_number) AS number,
    min(event_id) AS read_event
FROM spread
WHERE is_read AND read_token IS NOT NULL
GROUP BY unit, record
HAVING min(read_token) = max(read_token);

-- What each wrote, and on top of what; the last of its versions, where that is known, is `final`. A version that
-- several wrote is nobody's (`is_its_own` is false): where hashes or states come again, it orders nothing.
CREATE OR REPLACE TABLE changed AS
SELECT
    w.unit,
    w.record,
    w.event_id AS write_event,
    w.read_token,
    coalesce(w.read_token, l.token) AS base,
    w.written_token,
    w.written_number,
    min(w.written_token) OVER mine = max(w.written_token) OVER mine
    OR coalesce(w.written_number = max(w.written_number) OVER mine, FALSE) AS final,
    (w.unit, w.record, base) IN (
        SELECT (unit, record, written_token) FROM spread
    ) AS on_its_own,
    min(w.unit) OVER version = max(w.unit) OVER version AS is_its_own
FROM spread AS w
LEFT JOIN looked AS l USING (unit, record)
WHERE w.is_write
WINDOW
    mine AS (PARTITION BY w.unit, w.record),
    version AS (PARTITION BY w.record, w.written_token);

CREATE OR REPLACE TABLE dependencies AS
SELECT
    'ww' AS kind,
    record,
    a.unit AS earlier,
    b.unit AS later,
    a.write_event AS earlier_event,
    b.write_event AS later_event,
    a.final AS installed
FROM changed AS a
INNER JOIN changed AS b USING (record)
WHERE a.is_its_own AND a.written_token = b.read_token AND a.unit <> b.unit
UNION ALL
SELECT
    'wr' AS kind,
    record,
    w.unit AS earlier,
    l.unit AS later,
    w.write_event AS earlier_event,
    l.read_event AS later_event,
    w.final AND w.is_its_own AS installed
FROM changed AS w
INNER JOIN looked AS l USING (record)
WHERE w.written_token = l.token AND w.unit <> l.unit
UNION ALL
SELECT
    'rw' AS kind,
    record,
    l.unit AS earlier,
    w.unit AS later,
    l.read_event AS earlier_event,
    w.write_event AS later_event,
    NOT w.on_its_own AS installed
FROM (FROM looked ANTI JOIN changed USING (unit, record)) AS l
INNER JOIN changed AS w USING (record)
WHERE l.token = w.base;

CREATE OR REPLACE TABLE crossed AS
SELECT earlier AS reader, later AS writer, record, earlier_event AS read_event, later_event AS write_event
FROM dependencies
WHERE kind = 'rw' AND (later, earlier) IN (SELECT (earlier, later) FROM dependencies WHERE kind = 'rw');

CREATE OR REPLACE TABLE half_seen AS
WITH seen AS (
    SELECT later AS reader, earlier AS writer, record, later_event AS read_event, earlier_event AS write_event
    FROM dependencies
    WHERE kind = 'wr'
),
missed AS (
    SELECT s.reader, s.writer, l.record, l.read_event, w.write_event
    FROM (SELECT DISTINCT reader, writer FROM seen) AS s
    INNER JOIN (FROM looked ANTI JOIN changed USING (unit, record)) AS l ON s.reader = l.unit
    INNER JOIN changed AS w ON s.writer = w.unit AND l.record = w.record
    WHERE (l.token = w.base OR l.number < w.written_number)
        AND (s.reader, s.writer, l.record) NOT IN (SELECT (reader, writer, record) FROM seen)
)

SELECT reader, writer, record, read_event, write_event, 'before' AS side
FROM missed
UNION ALL
SELECT reader, writer, record, read_event, write_event, 'after' AS side
FROM seen
SEMI JOIN missed USING (reader, writer);

-- In whatever order the transactions are put, a circle has to go back somewhere, and wherever it is, one
-- of its steps back leads over that place. In the order of time few steps go back.
CREATE OR REPLACE TABLE tangles AS
WITH places AS (
    SELECT unit, row_number() OVER (ORDER BY max(began), max(seq), min(event_id)) AS place
    FROM spread
    GROUP BY unit
),
placed AS (
    SELECT d.* EXCLUDE (installed), e.place AS earlier_place, l.place AS later_place
    FROM dependencies AS d
    INNER JOIN places AS e ON d.earlier = e.unit
    INNER JOIN places AS l ON d.later = l.unit
    WHERE d.installed
),
under_a_step_back AS (
    SELECT place
    FROM (
        SELECT later_place AS place, earlier_place AS until
        FROM placed
        WHERE later_place < earlier_place
        UNION ALL
        SELECT place, NULL AS until
        FROM places
    )
    QUALIFY max(until) OVER (ORDER BY place) >= place
)

FROM placed
WHERE earlier_place IN (FROM under_a_step_back) AND later_place IN (FROM under_a_step_back);

DROP TABLE spread;
DROP TABLE looked;
DROP TABLE changed;
DROP TABLE dependencies;
