-- One hop further up, where a shorter proof may still be found.
INSERT INTO proof_climbs
SELECT c.finding_id, c.role, c.alike, x.cause_id, min(c.node), any_value(c.hops) + 1
FROM proof_climbs AS c
INNER JOIN proof_causes AS x
    ON c.node = x.execution_id AND coalesce(c.finding_id = x.finding_id, TRUE)
LEFT JOIN proofs AS p ON c.finding_id = p.finding_id
ANTI JOIN proof_climbs AS known
    ON
        c.finding_id = known.finding_id
        AND c.role = known.role
        AND c.alike = known.alike
        AND x.cause_id = known.node
WHERE c.hops = (SELECT max(hops) FROM proof_climbs) AND coalesce(p.hops > c.hops, TRUE)
GROUP BY c.finding_id, c.role, c.alike, x.cause_id;
