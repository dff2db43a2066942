-- The runs on each proof: from where its two sides meet down to where they begin.
CREATE OR REPLACE TEMP TABLE proof_runs AS
WITH RECURSIVE going_back AS (
    SELECT c.*
    FROM proof_climbs AS c
    INNER JOIN proofs AS p ON c.finding_id = p.finding_id AND c.alike = p.way.alike AND c.node = p.way.node
    UNION
    SELECT c.*
    FROM going_back AS b
    INNER JOIN proof_climbs AS c
        ON b.finding_id = c.finding_id AND b.role = c.role AND b.alike = c.alike AND b.below = c.node
)

SELECT DISTINCT finding_id, node AS execution_id
FROM going_back;
