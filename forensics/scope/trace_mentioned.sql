-- Lines that bear an id in their text alone, such as the statement that a database wrote down: like a field of
-- `attributes` none of the identities. Where one event of a record bears the id as its own, the others do not.
INSERT INTO found_ids
WITH borne AS (
    SELECT DISTINCT f.id, e.source, e.source_position
    FROM found_ids AS f
    INNER JOIN events AS e USING (event_id)
)

SELECT m.name, m.event_id, 'text'
FROM mentions AS m
INNER JOIN events AS e USING (event_id)
ANTI JOIN borne AS b ON m.name = b.id AND e.source = b.source AND e.source_position = b.source_position;
