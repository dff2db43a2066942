-- After as many steps as there are members, every pointer has come to rest on a circle, and every
-- member of a circle is pointed at. Its earliest member is its root; the rest climb to it.
CREATE OR REPLACE TABLE cut_circles AS
SELECT
    member,
    circling.earliest,
    row_number() OVER (PARTITION BY earliest ORDER BY first_at NULLS LAST, execution_id) = 1 AS is_root
FROM circling
INNER JOIN members USING (member)
WHERE member IN (SELECT up FROM circling);

INSERT INTO arrived
SELECT member, member, 0
FROM cut_circles
WHERE is_root;

CREATE OR REPLACE TABLE climbing AS
SELECT member, parents.parent AS up, 1 AS steps
FROM climbing
INNER JOIN parents USING (member)
ANTI JOIN arrived USING (member);
