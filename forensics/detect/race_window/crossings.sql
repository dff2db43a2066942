-- Transactions that touched several records and were, by the versions they name, blind to each other.
--
--     crossed    two of which each had read a record that the other then wrote: neither can have come
--                before the other
--     half_seen  one that had read what another wrote (`side` is `after`), but of another record what
--                that other was to replace (`before`)
--
-- One row a read and the write that it saw or missed. Executions are no transactions: what a worker
-- read for one task is not what it rested the next on.
CREATE OR REPLACE TEMP TABLE spread AS
SELECT event_id, record, unit, is_read, is_write, read_token, read_number, written_token, written_number
FROM sightings
WHERE unit IN (
        SELECT unit
        FROM sightings
        WHERE unit IS NOT NULL AND committed
        GROUP BY unit
        HAVING min(record) <> max(record)
    )
    AND committed
    AND record IS NOT NULL;

-- What each saw of a record, where it saw one version only.
CREATE OR REPLACE TEMP TABLE looked AS
SELECT
    unit,
    record,
    min(read_token) AS token,
    min(read_number) AS number,
    min(event_id) AS read_event
FROM spread
WHERE is_read AND read_token IS NOT NULL
GROUP BY unit, record
HAVING min(read_token) = max(read_token);

-- What each wrote, and on top of what.
CREATE OR REPLACE TEMP TABLE changed AS
SELECT
    w.unit,
    w.record,
    w.event_id AS write_event,
    coalesce(w.read_token, l.token) AS base,
    w.written_token,
    w.written_number
FROM spread AS w
LEFT JOIN looked AS l USING (unit, record)
WHERE w.is_write;

CREATE OR REPLACE TEMP TABLE crossed AS
WITH missed AS (
    SELECT l.unit AS reader, w.unit AS writer, record, l.read_event, w.write_event
    FROM (FROM looked ANTI JOIN changed USING (unit, record)) AS l
    INNER JOIN changed AS w USING (record)
    WHERE l.token = w.base AND l.unit <> w.unit
)

FROM missed
WHERE (writer, reader) IN (SELECT (reader, writer) FROM missed);

CREATE OR REPLACE TEMP TABLE half_seen AS
WITH seen AS (
    SELECT l.unit AS reader, w.unit AS writer, record, l.read_event, w.write_event
    FROM looked AS l
    INNER JOIN changed AS w USING (record)
    WHERE l.token = w.written_token AND l.unit <> w.unit
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

DROP TABLE spread;
DROP TABLE looked;
DROP TABLE changed;
