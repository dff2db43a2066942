-- Where the two sides of a finding meet with the fewest causes between.
CREATE OR REPLACE TEMP TABLE proofs AS
SELECT
    o.finding_id,
    min(o.hops + d.hops) AS hops,
    arg_min({'alike': o.alike, 'node': o.node}, (o.hops + d.hops, o.alike, o.node)) AS way
FROM proof_climbs AS o
INNER JOIN proof_climbs AS d USING (finding_id, alike, node)
WHERE o.role = 'original' AND d.role = 'duplicate'
GROUP BY o.finding_id;
