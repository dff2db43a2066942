-- Roots have arrived; everyone else is on the way, one step up.
CREATE OR REPLACE TABLE arrived AS
SELECT member, member AS root, 0 AS depth
FROM members ANTI JOIN parents USING (member);

CREATE OR REPLACE TABLE climbing AS
SELECT member, parent AS up, 1 AS steps
FROM parents;
