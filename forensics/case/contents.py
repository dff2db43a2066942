"""What a case holds: every source's records and period, and what is missing of them."""

from collections.abc import Collection, Sequence

import duckdb

from forensics.case import left
from forensics.case.coverage import zone_sentences
from forensics.case.tails import tail_sentences
from forensics.model.audit import (
    QuarantineReason,
    SourceAccount,
    SourceCoverage,
    SourceVerdict,
)
from forensics.model.finding import Verdict
from forensics.model.words import log_place, plural

_PLACES = 5
"""Of the records that could not be read for one reason."""


def coverage(connection: duckdb.DuckDBPyConnection) -> list[SourceCoverage]:
    """Every source that was read or was to be read; the newest word on each of its parts holds.

    So does the newest that some of it was gone before it was read: what is read later of the part
    does not bring that back.
    """
    rows = (
        connection.sql("""
            WITH newest AS (
                SELECT source, state, reason FROM coverage
                QUALIFY still_holds(source, part, page, state) AND state <> 'forgotten'
            ),
            said AS (
                SELECT source,
                    ['complete', 'sampled', 'truncated', 'expired', 'unknown'][max(list_position(
                        ['complete', 'sampled', 'truncated', 'expired', 'unknown'], state))]
                        AS state,
                    coalesce(string_agg(DISTINCT reason, ' ' ORDER BY reason)
                        FILTER (state <> 'complete'), '') AS reason
                FROM newest GROUP BY source
            ),
            seen AS (
                SELECT source, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
                    count(*) AS events
                FROM events GROUP BY source
            )
            SELECT source, first_at, last_at, coalesce(events, 0) AS events,
                coalesce(state, 'complete') AS state, coalesce(reason, '') AS reason
            FROM said FULL JOIN seen USING (source) ORDER BY source""")
        .to_arrow_table()
        .to_pylist()
    )
    times, tails = zone_sentences(connection), tail_sentences(connection)
    return [
        SourceCoverage(
            **row, times=times.get(row["source"], ""), waiting=tails.get(row["source"], "")
        )
        for row in rows
    ]


def accounts(connection: duckdb.DuckDBPyConnection) -> list[SourceAccount]:
    """Every source's records over all acquisitions since it was last mapped anew."""
    rows = (
        connection.sql("""
            WITH counted AS (
                SELECT * FROM acquisitions
                QUALIFY generation = max(generation) OVER (PARTITION BY source)
            ),
            names AS (
                SELECT source, unnest(map_entries(ignored_by_name)) AS entry FROM counted
            ),
            summed AS (
                SELECT source, entry.key AS name, sum(entry.value)::BIGINT AS n
                FROM names GROUP BY ALL ORDER BY ALL
            ),
            listed AS (SELECT source, list(name) AS names, list(n) AS ns FROM summed GROUP BY ALL)
            SELECT source, arg_max(address, page) AS address,
                list_sort(list_distinct(list(format) FILTER (format <> ''))) AS formats,
                sum(records_read)::BIGINT AS read, sum(mapped)::BIGINT AS mapped,
                sum(already_stored)::BIGINT AS already_stored,
                sum(quarantined)::BIGINT AS quarantined, sum(events)::BIGINT AS events,
                any_value(names) AS names, any_value(ns) AS ns
            FROM counted LEFT JOIN listed USING (source)
            GROUP BY source ORDER BY source""")
        .to_arrow_table()
        .to_pylist()
    )
    found = [
        SourceAccount(
            ignored=dict(zip(row.pop("names") or (), row.pop("ns") or (), strict=True)),
            **(row | {"formats": row["formats"] or ()}),
        )
        for row in rows
    ]
    return left.counted(connection, {account.source: account for account in found})


def quarantine(connection: duckdb.DuckDBPyConnection) -> list[QuarantineReason]:
    """The most frequent reasons of each source, each with places to look at."""
    rows = (
        connection.sql(
            """
            WITH said AS (
                -- The last value that a reason quotes is the record's own.
                SELECT source, regexp_replace(reason, '^(.+ )`[^`]*`', '\\1`…`') AS reason,
                    {'path': source_path, 'line': source_line, 'position': source_position} AS place
                FROM quarantine
            )
            SELECT source, reason, count(*) AS records,
                list(place ORDER BY place)[:$places] AS examples
            FROM said GROUP BY source, reason
            QUALIFY row_number() OVER (PARTITION BY source ORDER BY records DESC, reason) <= 5
            ORDER BY source, records DESC, reason""",
            params={"places": _PLACES},
        )
        .to_arrow_table()
        .to_pylist()
    )
    return [
        QuarantineReason(**(row | {"examples": [log_place(**place) for place in row["examples"]]}))
        for row in rows
    ]


def incomplete(
    accounts: Sequence[SourceAccount], coverage: Sequence[SourceCoverage]
) -> dict[str, str]:
    """Source to the reason why nothing can be called clear in it."""
    quarantined = {
        a.source: f"{a.quarantined:,} of {a.read:,} records could not be read."
        for a in accounts
        if a.quarantined
    }
    return quarantined | {c.source: c.reason for c in coverage if c.state != "complete"}


def unjudged(
    connection: duckdb.DuckDBPyConnection,
    coverage: Sequence[SourceCoverage],
    verdicts: Sequence[SourceVerdict],
    own: Collection[str],
) -> list[str]:
    """Sentences on sources that were read and of which nothing can be said.

    Args:
        connection: The case.
        coverage: What was read.
        verdicts: What each pattern could see.
        own: Sources that are read with mappings of one's own.
    """
    judged = {verdict.source for verdict in verdicts if verdict.verdict != Verdict.BLIND}
    looked_at = {verdict.source for verdict in verdicts if verdict.events}
    kindless = _of_no_kind(connection, set(own) - judged) if judged else set()
    return [
        f"Nothing can be judged in `{c.source}`: every pattern is blind in its"
        f" {plural(c.events, 'event')}{_why_unjudged(c, looked_at)}."
        f"{_MAP if c.source in own else ''} The report says what each pattern lacks."
        for c in coverage
        # A log of deploys is no gap beside one that is judged; one of which nobody said what it
        # holds is.
        if c.events
        and c.source not in judged
        and not (judged and c.first_at and c.source not in kindless)
    ]


_MAP = " `forensics map SOURCE` shows which of its fields could be mapped."


def _of_no_kind(connection: duckdb.DuckDBPyConnection, sources: Collection[str]) -> set[str]:
    """Those of which no event is of any kind."""
    if not sources:
        return set()
    rows = connection.execute(
        """SELECT source FROM events WHERE list_contains($sources, source)
        GROUP BY source HAVING bool_and(kind = 'other')""",
        {"sources": sorted(sources)},
    ).fetchall()
    return {source for (source,) in rows}


def _why_unjudged(coverage: SourceCoverage, looked_at: Collection[str]) -> str:
    if not coverage.first_at:
        return ", none of which has a time"
    return "" if coverage.source in looked_at else ", none of which is of a kind that they look at"


def missing(
    accounts: Sequence[SourceAccount], coverage: Sequence[SourceCoverage], most: float
) -> list[str]:
    """Sentences on evidence that should be there and is not."""
    sentences = []
    for account in accounts:
        if account.read and account.quarantined / account.read > most:
            sentences.append(
                f"{account.quarantined:,} of {account.read:,} records of `{account.source}` could"
                " not be read; they are in quarantine with their reasons."
            )
        if account.unrecognised:
            sentences.append(
                f"No format recognises {account.unrecognised:,} of {account.read:,} records of"
                f" `{account.source}`; `forensics map SOURCE` proposes a mapping."
            )
    if not any(c.events for c in coverage):
        sentences.append("There is no event in the time that was looked at: nothing can be said.")
    return sentences + [
        f"The log of `{c.source}` is incomplete ({c.state}): {c.reason}"
        for c in coverage
        if c.state != "complete"
    ]
