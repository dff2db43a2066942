"""How many of the coincidences that a finding rests on chance would give in the same log.

A pattern that rests on coincidence has a further file, `x_chance.sql`: one query of all spans of
time that may coincide, over the relations that its detector has prepared.

    stratum     UBIGINT     what is compared with each other
    sort        UBIGINT     what is counted apart from each other, given by the thing
    thing       UBIGINT     what two spans must share
    doer        UBIGINT     what they must not share
    began       BIGINT      microseconds
    until       BIGINT      microseconds; the begin and the window, where the span is an instant
    event_ids   VARCHAR[]   those of its events that are in `wondered`: (finding_id, event_id)
"""

from collections.abc import Mapping, Sequence

import duckdb

from forensics.detect.contract import Facts, Pattern, named_in
from forensics.store import queries

COINCIDENCE = ("whole", "part")
"""The fact `coincidence`: whether a finding rests on it alone; a finding without is not asked."""


def weigh(
    connection: duckdb.DuckDBPyConnection, pattern: Pattern, values: Mapping[str, int | float]
) -> None:
    """Add the fact `chance` to the findings of a pattern; one that chance explains is a suspicion.

    Where the log holds fewer coincidences than its interval, chance as it is counted explains none.

    Nothing is read where the pattern has found nothing.
    """
    connection.execute(_WONDERED, {"pattern": pattern.name})
    if connection.execute("SELECT EXISTS (FROM wondered)").fetchall() == [(True,)]:
        count(connection, pattern, values)
        connection.execute(_CONCLUDE, {"of": pattern.chance_of})


def count(
    connection: duckdb.DuckDBPyConnection, pattern: Pattern, values: Mapping[str, int | float]
) -> None:
    """Fill `chance_counts` for the strata of the events in `wondered`."""
    query = f"CREATE OR REPLACE TABLE chance_points AS {pattern.chance_sql}"
    connection.execute(query, named_in(query, values))
    queries.run(connection, "forensics.detect", "chance")


def said(facts: Facts) -> tuple[Sequence[str], Sequence[str]]:
    """What chance would give, or why it is not counted, as reasons for the finding and against."""
    chance = facts.get("chance")
    if not chance:
        return _uncounted(facts)
    expected = chance["expected"]
    number = f"{expected:,.0f}" if expected >= 10 else f"{expected:.2g}"  # noqa: PLR2004 - digits
    sentence = (
        f"chance alone would give {number if expected >= 0.01 else 'less than 0.01'}"  # noqa: PLR2004
        f" {chance['of']} in this log ({chance['low']:,} to {chance['high']:,} in 95 of 100 such"
        f" logs; found: {chance['found']:,})"
    )
    if chance["seen"] < chance["low"]:
        refuted = f", but the log holds {chance['seen']:,} in all: here such times keep apart"
        return (sentence + refuted,), ()
    return ((), (sentence,)) if expected >= chance["found"] else ((sentence,), ())


def _uncounted(facts: Facts) -> tuple[Sequence[str], Sequence[str]]:
    """Why nothing is known of chance: the name of a record or a run is none, and few show none."""
    if facts.get("coincidence") is None:
        return ("what chance would give is not counted: more than their hour ties them",), ()
    too_few = "too few others, under 20, to tell how often two coincide"
    return (), (f"what chance would give is not counted: {too_few}",)


_WONDERED = """
    CREATE OR REPLACE TABLE wondered AS
    SELECT DISTINCT finding_id, event_id
    FROM candidates JOIN candidate_evidence USING (finding_id)
    WHERE candidates.pattern = $pattern AND candidates.suppressor IS NULL
        AND json_extract_string(facts, 'coincidence') IS NOT NULL
        AND role IN ('original', 'duplicate', 'context')"""

_CONCLUDE = """
    WITH asked AS (
        SELECT finding_id, stratum, sort, thing
        FROM (SELECT stratum, sort, thing, unnest(event_ids) AS event_id FROM chance_points)
        JOIN wondered USING (event_id)
        GROUP BY ALL
    ),
    repeats AS (
        SELECT stratum, thing, (sum(spans) * sum(spans) - sum(spans * spans)) // 2 AS pairs
        FROM (
            SELECT stratum, thing, count(*) AS spans
            FROM chance_points SEMI JOIN asked USING (stratum, thing)
            GROUP BY stratum, thing, doer
        )
        GROUP BY stratum, thing
    ),
    told AS (
        SELECT finding_id, counts.*, excess, once * pairs >= excess AS is_its_own
        FROM asked
        JOIN chance_counts AS counts USING (stratum, sort)
        JOIN repeats USING (stratum, thing)
        JOIN candidates USING (finding_id)
        -- An effect that its caller tells of as well has a stratum of each.
        QUALIFY row_number() OVER (
            PARTITION BY finding_id ORDER BY expected DESC, stratum, sort, pairs DESC
        ) = 1
    ),
    weighed AS (
        SELECT *, sum(excess) OVER (PARTITION BY stratum, sort)::BIGINT AS found FROM told
    )
    UPDATE candidates
    SET
        facts = json_merge_patch(
            candidates.facts,
            to_json({'chance': {
                'of': $of, 'expected': expected, 'low': low, 'high': high,
                'seen': seen, 'found': found,
                'probability': CASE
                    WHEN seen >= low THEN round(least(greatest(0, 1 - expected / found), 0.999), 3)
                END
            }})
        )::VARCHAR,
        grade = CASE
            WHEN expected >= found AND is_its_own AND seen >= low AND grade <> 'proven'
                AND json_extract_string(candidates.facts, 'coincidence') = 'whole' THEN 'suspicion'
            ELSE grade
        END
    FROM weighed
    WHERE candidates.finding_id = weighed.finding_id"""
