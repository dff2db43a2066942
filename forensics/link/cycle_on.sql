-- One round of pointer doubling on the circles.
CREATE OR REPLACE TABLE circling AS
SELECT
    here.member,
    above.up,
    least(here.earliest, above.earliest) AS earliest
FROM circling AS here
INNER JOIN circling AS above ON here.up = above.member;
