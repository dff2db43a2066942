-- Those who will never arrive: they are on a circle, or their causes lead into one. A circle is
-- known by its earliest member, so everyone carries the earliest rank met so far.
CREATE OR REPLACE TABLE circling AS
SELECT
    member,
    parents.parent AS up,
    row_number() OVER (ORDER BY first_at NULLS LAST, execution_id) AS earliest
FROM climbing
INNER JOIN parents USING (member)
INNER JOIN members USING (member);
