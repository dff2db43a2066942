-- The runs on each proof: from either side up to where they meet.
CREATE OR REPLACE TEMP TABLE proof_runs AS
WITH RECURSIVE climbing AS (
    SELECT finding_id, way.node AS top, unnest([way.original, way.duplicate]) AS execution_id, 0 AS step
    FROM proofs
    UNION
    SELECT c.finding_id, c.top, x.cause_id, c.step + 1
    FROM climbing AS c
    INNER JOIN proof_causes AS x
        ON c.execution_id = x.execution_id AND coalesce(c.finding_id = x.finding_id, TRUE)
    INNER JOIN proofs AS p ON c.finding_id = p.finding_id
    WHERE c.execution_id <> c.top AND c.step < p.hops
)

SELECT DISTINCT finding_id, execution_id
FROM climbing;
