-- The names on which a verdict is wanted: the ids in `asked`, and what their lines and effects are about.
CREATE OR REPLACE TEMP TABLE wanted_spellings AS
WITH touched AS (
    SELECT event_id FROM asked_events
    UNION
    SELECT s.event_id
    FROM asked_events AS a
    INNER JOIN effect_witnesses AS w USING (event_id)
    INNER JOIN effect_witnesses AS s ON w.effect_key = s.effect_key
)

SELECT spelled_alike(id) AS spelling FROM asked
UNION
SELECT spelled_alike(n.value) FROM event_names AS n INNER JOIN touched USING (event_id);
