"""What the case says of how whole each source is: rows of its table `coverage`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from forensics.model.record import Notice, Page
from forensics.model.words import plural
from forensics.store.schema import COVERAGE

Spans = Mapping[str, tuple[datetime | None, datetime | None]]
"""Part to the first and last time of its events."""

_READING = "reading "
_REPLACED = (
    "`{0}` has other content than before; what its predecessor held after we read it last was"
    " not read: name that file too."
)


def of_pages(
    pages: Sequence[Page], *, source: str, number: int, spans: Spans, truncated: Collection[str]
) -> pa.Table:
    """Whether each part was whole as far as it was read, and the time that it covers.

    Args:
        pages: The last page of each part.
        source: The source's name.
        number: Of the commit.
        spans: Times of its events.
        truncated: Identities of the parts that say themselves that there was more.
    """
    rows: list[dict[str, Any]] = []
    for page in pages:
        first_at, last_at = spans.get(page.part.identity, (None, None))
        cut = page.part.identity in truncated
        rows.append(
            {
                "source": source,
                "part": page.part.identity,
                "page": number,
                "first_at": first_at,
                "last_at": last_at,
                "state": "truncated" if cut else page.coverage,
                "reason": f"`{page.part.display}` says that there was more than it holds."
                if cut
                else page.coverage_reason,
                "control_total": None,
            }
        )
    return pa.Table.from_pylist(rows, COVERAGE)


def of_sequences(connection: duckdb.DuckDBPyConnection, source: str, *, number: int) -> pa.Table:
    """Whether numbers are missing in the source's own sequences.

    Nothing when that was said since the source last gave events; a kill before it is said
    therefore only puts it off.
    """
    found = connection.sql(_SEQUENCES, params={"source": source}).to_arrow_table().to_pylist()
    rows = [
        {
            "source": source,
            "part": f"sequence {row['source_stream'] or ''}".rstrip(),
            "page": number,
            "first_at": row["first_at"],
            "last_at": row["last_at"],
            "state": "truncated" if row["missing"] else "complete",
            "reason": _missing(row["missing"], row["after"]),
            "control_total": row["missing"],
        }
        for row in found
    ]
    return pa.Table.from_pylist(rows, COVERAGE)


def of_doubts(
    connection: duckdb.DuckDBPyConnection, source: str, notices: Sequence[Notice], *, number: int
) -> pa.Table:
    """What could not be read, and what no longer is in doubt.

    A file that was replaced may have grown after we read it last; only when its content is found
    again under another name is that known.
    """
    doubtful = {n.part: n.sentence for n in notices if n.state == "failed"}
    doubtful |= {n.part: _REPLACED.format(n.part) for n in notices if n.state == "replaced"}
    found_again = {n.formerly for n in notices if n.formerly}
    read = {n.part for n in notices if n.state not in {"failed", "replaced"}}
    before = dict(connection.execute(_IN_DOUBT, {"source": source}).fetchall())
    settled = [
        part
        for part, reason in before.items()
        if part not in doubtful
        and part in (found_again if reason == _REPLACED.format(part) else read)
    ]
    said = [(part, "unknown", sentence) for part, sentence in sorted(doubtful.items())]
    said += [(part, "complete", "") for part in settled]
    rows = [
        {
            "source": source,
            "part": f"{_READING}{part}",
            "page": number,
            "state": state,
            "reason": reason,
        }
        for part, state, reason in said
    ]
    return pa.Table.from_pylist(rows, COVERAGE)


def _missing(count: int, after: int | None) -> str:
    if not count:
        return ""
    verb = "is" if count == 1 else "are"
    return f"{plural(count, 'number')} of its sequence {verb} missing, the first after {after}."


_IN_DOUBT = f"""
    SELECT substr(part, {len(_READING) + 1}), reason FROM (
        FROM coverage WHERE source = $source AND starts_with(part, '{_READING}')
        QUALIFY row_number() OVER (PARTITION BY part ORDER BY page DESC) = 1
    ) WHERE state <> 'complete' ORDER BY ALL"""

_SEQUENCES = """
    -- A sequence counts as the source's own when nearly every number between its ends is there;
    -- offsets and LSNs, which skip by nature, are not.
    WITH said AS (
        SELECT max(page) AS page FROM coverage WHERE source = $source AND part LIKE 'sequence%'
    ),
    due AS (
        SELECT max(a.page) > coalesce(any_value(said.page), 0) AS is_due
        FROM acquisitions AS a, said WHERE a.source = $source AND a.events > 0
    ),
    numbered AS (
        SELECT DISTINCT source_stream, source_seq::HUGEINT AS source_seq FROM events
        WHERE source = $source AND source_seq IS NOT NULL AND (SELECT is_due FROM due)
    ),
    followed AS (
        SELECT *, lead(source_seq) OVER (PARTITION BY source_stream ORDER BY source_seq) AS next
        FROM numbered
    ),
    dense AS (
        SELECT source_stream, max(source_seq) - min(source_seq) + 1 - count(*) AS missing,
            min(source_seq) FILTER (next > source_seq + 1) AS after
        FROM followed GROUP BY source_stream
        HAVING count(*) >= 20 AND 100 * count(*) >= 95 * (max(source_seq) - min(source_seq) + 1)
    )
    SELECT d.source_stream, d.missing, d.after,
        min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at
    FROM dense AS d
    JOIN events AS e
        ON e.source = $source AND e.source_stream IS NOT DISTINCT FROM d.source_stream
    GROUP BY ALL ORDER BY ALL"""
