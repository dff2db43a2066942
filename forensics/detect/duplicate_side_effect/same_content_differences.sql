-- In what else the lines of effects that look alike differ: a payee, a seat or a parcel for which there is no column
-- may be what makes them two.
CREATE OR REPLACE MACRO names_a_payee("name") AS regexp_matches(
    "name",
    '(?i)((account|destination|seller|merchant|vendor|supplier)s?'
    || '|(payee|payer|creditor|debtor|recipient|beneficiary)s?[_. ]?(name|id|iban|account)?)$'
);

-- A person, a thing or a card of several that were paid for by themselves. What a repeat would draw anew, such as the id of
-- a parcel, is none.
CREATE OR REPLACE MACRO names_a_part("name") AS regexp_matches(
    "name",
    '(?i)((seat|passenger|guest|travell?er|room|(line[_. ]?)?item|article)s?[_. ]?(name|no|number)?'
    || '|card[_. ]?(no|number|last[_. ]?(4|four))?|last[_. ]?(4|four))$'
);

-- One of several by its number, as `2` or `2/3`; a number of many digits may be the line's own.
CREATE OR REPLACE MACRO counts_a_part("name", told) AS
    regexp_matches("name", '(?i)(parcel|package|line|position|pos)[_. ]?(no|number)?$')
    AND regexp_full_match(told, '\d{1,2}( ?(/|of|von) ?\d{1,2})?');

-- What something was for, in somebody's words.
CREATE OR REPLACE MACRO tells_a_purpose("name") AS regexp_matches(
    "name", '(?i)(description|purpose|memo|verwendungszweck)$'
);

CREATE OR REPLACE TABLE lines_alike AS
SELECT c.finding_id, w.effect_key, e.source, e.attributes, e.related
FROM candidates AS c
INNER JOIN candidate_evidence AS v USING (finding_id)
INNER JOIN effect_witnesses AS w USING (event_id)
INNER JOIN events AS e USING (event_id)
WHERE c.suppressor IS NULL AND c.pattern = 'same_content' AND v.role IN ('original', 'duplicate');

CREATE OR REPLACE TABLE told_differently AS
WITH members AS (
    SELECT finding_id, effect_key, source, record.type AS "name", record.id AS told
    FROM (SELECT * EXCLUDE (related), unnest(related) AS record FROM lines_alike)
    UNION ALL
    SELECT finding_id, effect_key, source, member.key, member.value
    FROM (
        SELECT *, unnest(map_entries(try(from_json(attributes, '"MAP(VARCHAR, VARCHAR)"')))) AS member
        FROM lines_alike
    )
    -- What is told by numbers for machines: digests, ids drawn by lot, times.
    WHERE NOT regexp_full_match(
        member.value, '[0-9a-fA-F-]{16,}|[0-9]{9,}([.][0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].*'
    )
),

said AS (
    SELECT
        finding_id, effect_key, source, "name", list(told ORDER BY told) AS told,
        names_a_part("name") OR bool_and(counts_a_part("name", told)) AS is_part
    FROM members
    WHERE "name" <> ''
    GROUP BY finding_id, effect_key, source, "name"
),

differing AS (
    SELECT
        finding_id,
        "name",
        count(DISTINCT told) = count(*) AS each_has_its_own,
        bool_and(is_part) AS names_parts
    FROM said
    GROUP BY finding_id, source, "name"
    HAVING count(DISTINCT told) > 1
)

SELECT
    finding_id,
    list(DISTINCT "name" ORDER BY "name") AS names,
    bool_or(each_has_its_own AND (names_a_payee("name") OR names_parts)) AS has_parts,
    bool_or(tells_a_purpose("name")) AS has_other_purposes
FROM differing
GROUP BY finding_id;

UPDATE candidates
SET
    grade = CASE
        WHEN
            (has_parts OR has_other_purposes) AND facts ->> '$.doubt' IS NULL AND facts ->> '$.sign' IS NULL
            THEN 'suspicion'
        ELSE grade
    END,
    facts = json_merge_patch(facts, to_json({'differing': names}))::VARCHAR
FROM told_differently
WHERE candidates.finding_id = told_differently.finding_id;
