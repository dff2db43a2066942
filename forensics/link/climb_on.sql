-- One round of pointer doubling: whoever points at one who has arrived arrives there too, the
-- others point where the one they point at does.
CREATE OR REPLACE TABLE climbed AS
SELECT
    climbing.member,
    arrived.root,
    climbing.steps + coalesce(arrived.depth, above.steps) AS steps,
    above.up
FROM climbing
LEFT JOIN arrived ON climbing.up = arrived.member
LEFT JOIN climbing AS above ON climbing.up = above.member;

INSERT INTO arrived
SELECT member, root, steps
FROM climbed
WHERE root IS NOT NULL;

CREATE OR REPLACE TABLE climbing AS
SELECT member, up, steps
FROM climbed
WHERE root IS NULL;
