-- Groups that hooked on are one with what they hooked onto.
CREATE OR REPLACE TEMP TABLE named_result AS
SELECT r.member, coalesce(h.onto, r.component) AS component
FROM named_result AS r
LEFT JOIN hooks AS h ON r.component = h.member;

CREATE OR REPLACE TEMP TABLE contracted AS
SELECT DISTINCT coalesce(h.onto, c.member) AS member, c.thing
FROM contracted AS c
LEFT JOIN hooks AS h USING (member)
QUALIFY min(coalesce(h.onto, c.member)) OVER (PARTITION BY c.thing)
    <> max(coalesce(h.onto, c.member)) OVER (PARTITION BY c.thing);
