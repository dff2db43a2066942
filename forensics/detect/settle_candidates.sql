-- From what the patterns propose to candidates with ids, each event kept by the strongest pattern.
CREATE OR REPLACE TABLE proposed_evidence AS
SELECT
    proposal,
    evidence.event_id,
    evidence.role
FROM (SELECT rowid AS proposal, unnest(evidence) AS evidence FROM proposed);

-- What is asked of the evidence, here and by what concludes from it: one reading of the events.
CREATE OR REPLACE TABLE evidence_lines AS
SELECT
    event_id,
    occurred_at,
    clock_resolution_us,
    ended_at,
    outcome,
    source,
    CASE WHEN actor_kind = 'human' THEN actor END AS person
FROM events
WHERE event_id IN (SELECT event_id FROM proposed_evidence);

CREATE OR REPLACE TABLE spans AS
SELECT
    proposal,
    min(t.occurred_at) AS first_at,
    max(coalesce(t.ended_at, t.occurred_at)) AS last_at,
    count(*) AS events,
    bit_xor(md5_number(concat_ws('|', event_id, "role"))) AS evidence_digest,
    arg_min(event_id, (coalesce(t.occurred_at, 'infinity'::TIMESTAMPTZ), event_id)) AS earliest_event
FROM proposed_evidence
LEFT JOIN evidence_lines AS t USING (event_id)
GROUP BY proposal;

-- A weaker pattern yields where stronger ones of its detector hold all that it calls a duplicate.
CREATE OR REPLACE TABLE yielding AS
WITH held AS (
    SELECT p.detector, e.event_id, min(p.rank) AS rank
    FROM proposed AS p
    INNER JOIN proposed_evidence AS e ON p.rowid = e.proposal
    WHERE p.suppressor IS NULL AND e.role IN ('original', 'duplicate')
    GROUP BY p.detector, e.event_id
)

SELECT p.rowid AS proposal
FROM proposed AS p
INNER JOIN proposed_evidence AS e ON p.rowid = e.proposal
INNER JOIN held ON p.detector = held.detector AND e.event_id = held.event_id
WHERE p.suppressor IS NULL AND e.role = 'duplicate'
GROUP BY p.rowid, p.rank
HAVING max(held.rank) < p.rank;

-- Where candidates of one problem begin with one event, the first in a fixed order has the plain id,
-- what was found before what was held back.
CREATE OR REPLACE TABLE candidates AS
WITH identified AS (
    SELECT
        p.rowid AS proposal,
        left(md5(concat_ws('|', p.detector, p.pattern, to_json(p.subject))), 16) AS problem_id,
        p.* EXCLUDE (evidence, suppressor),
        coalesce(
            p.suppressor,
            CASE WHEN y.proposal IS NOT NULL THEN 'stronger_pattern' END
        ) AS suppressor
    FROM proposed AS p
    LEFT JOIN yielding AS y ON p.rowid = y.proposal
),

numbered AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY problem_id, earliest_event
            ORDER BY suppressor NULLS FIRST, evidence_digest, facts
        ) AS number
    FROM identified
    LEFT JOIN spans USING (proposal)
)

SELECT
    left(md5(concat_ws('|', problem_id, earliest_event, CASE WHEN number > 1 THEN number END)), 16)
        AS finding_id,
    * EXCLUDE (earliest_event, evidence_digest, number)
FROM numbered;

CREATE OR REPLACE TABLE candidate_evidence AS
SELECT
    c.finding_id,
    c.detector,
    c.pattern,
    e.event_id,
    e.role,
    c.suppressor
FROM candidates AS c
INNER JOIN proposed_evidence AS e USING (proposal);
