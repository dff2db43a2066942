-- The lines of the ids in `asked`, and all lines that tell of an effect that one of them tells of.
CREATE OR REPLACE TEMP TABLE touched_events AS
SELECT event_id FROM asked_events WHERE field <> 'text'
UNION
SELECT s.event_id
FROM asked_events AS a
INNER JOIN effect_witnesses AS w USING (event_id)
INNER JOIN effect_witnesses AS s ON w.effect_key = s.effect_key;

-- The names on which a verdict is wanted: the ids in `asked`, and what their lines and effects are about.
CREATE OR REPLACE TEMP TABLE wanted_spellings AS
SELECT spelled_alike(id) AS spelling FROM asked
UNION
SELECT spelled_alike(value) FROM names_of('touched_events');
