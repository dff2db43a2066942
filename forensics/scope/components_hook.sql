-- Each group and the smallest one it shares a thing with, where that is not itself.
CREATE OR REPLACE TEMP TABLE hooks AS
WITH smallest AS (
    SELECT thing, min(member) AS onto
    FROM contracted
    GROUP BY thing
)

SELECT member, min(onto) AS onto
FROM contracted
INNER JOIN smallest USING (thing)
GROUP BY member
HAVING min(onto) < member;
