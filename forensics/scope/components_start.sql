-- Everyone is a group of one. Only things that two or more share can join anybody.
CREATE OR REPLACE TEMP TABLE named_result AS
SELECT DISTINCT member, member AS component
FROM named_sharing;

CREATE OR REPLACE TEMP TABLE contracted AS
SELECT DISTINCT member, thing
FROM named_sharing
WHERE thing IS NOT NULL
QUALIFY min(member) OVER (PARTITION BY thing) <> max(member) OVER (PARTITION BY thing);
