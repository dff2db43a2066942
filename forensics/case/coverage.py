"""What the case says of how whole each source is: rows of its table `coverage`."""

import shlex
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from forensics.model.errors import UsageError
from forensics.model.record import Notice, Page
from forensics.model.words import plural
from forensics.normalise.apply import Zoneless
from forensics.store.schema import COVERAGE

Spans = Mapping[str, tuple[datetime | None, datetime | None]]
"""Part to the first and last time of its events."""

_READING = "reading "
_TIMES = ("times without a zone", "times in a skipped hour", "times in a repeated hour")
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


def of_times(zoneless: Zoneless, *, source: str, number: int) -> pa.Table:
    """How many times of a batch carry no zone, and how many of them the zone makes doubtful."""
    counts = zip(_TIMES, (zoneless.times, zoneless.skipped, zoneless.repeated), strict=True)
    rows = [
        {
            "source": source,
            "part": part,
            "page": number,
            "state": "complete",
            "reason": zoneless.zone,
            "control_total": count,
        }
        for part, count in counts
        if count
    ]
    return pa.Table.from_pylist(rows, COVERAGE)


def holes(connection: duckdb.DuckDBPyConnection, source: str, *, after: int) -> list[Notice]:
    """What commits after one say of the source that is missing, or may be.

    Args:
        connection: Has the tables of the case.
        source: The source's name.
        after: Number of the commit.
    """
    rows = connection.execute(_HOLES, {"source": source, "after": after}).fetchall()
    return [Notice(part=part, state="incomplete", sentence=reason) for part, reason in rows]


def zone_sentences(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Source to what was taken for granted of its times; nothing where each has a zone."""
    rows = connection.execute(_ZONES, dict(zip("abc", _TIMES, strict=True))).fetchall()
    said: dict[str, list[str]] = {}
    for source, zone, times, skipped, repeated in rows:
        found = Zoneless(zone=zone, times=times, skipped=skipped, repeated=repeated)
        said.setdefault(source, []).append(zone_sentence(source, found))
    return {source: " ".join(sentences) for source, sentences in said.items()}


def zone_sentence(source: str, zoneless: Zoneless) -> str:
    """Say in which zone times without one were read, and which of them may be an hour off."""
    verbs = ("carries", "was") if zoneless.times == 1 else ("carry", "were")
    sentence = (
        f"{plural(zoneless.times, 'time')} of `{source}` {verbs[0]} no zone and {verbs[1]} read as"
        f" {zoneless.zone}; `--timezone` says which zone it is."
    )
    doubts = [
        f"{count:,} in an hour that {zoneless.zone} {does}"
        for count, does in ((zoneless.skipped, "skips"), (zoneless.repeated, "has twice"))
        if count
    ]
    return f"{sentence} Perhaps an hour off: {', '.join(doubts)}." if doubts else sentence


def zones_kept(connection: duckdb.DuckDBPyConnection, source: str, timezone: str) -> list[Notice]:
    """Say so where times of the source were read before in another zone than one reads in now."""
    rows = connection.execute(
        """
        SELECT DISTINCT reason FROM coverage
        WHERE source = $source AND part = $part AND reason <> $zone ORDER BY reason""",
        {"source": source, "part": _TIMES[0], "zone": timezone},
    ).fetchall()
    return [
        Notice(
            part=source,
            state="kept",
            sentence=f"Times of `{source}` without a zone were read as {zone} and stay so, though"
            f" the zone is {timezone} now; a new case reads them anew.",
        )
        for (zone,) in rows
    ]


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


def _kind_of(address: str) -> str:
    """The scheme of an address; empty for a path."""
    return address.partition("://")[0] if "://" in address else ""


def of_doubts(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    notices: Sequence[Notice],
    *,
    asked: Sequence[str],
    is_whole: bool,
    acquisition_id: str,
    number: int,
) -> pa.Table:
    """What could not be read, and what no longer is in doubt.

    A file that was replaced may have grown after we read it last; only when its content is found
    again under another name is that known.

    Args:
        connection: Has the tables of the case.
        source: The source's name.
        notices: What was told of it.
        asked: Its addresses in this run so far, the one that was just read last.
        is_whole: Whether that one was read to its end.
        acquisition_id: Of the run.
        number: Of the commit.
    """
    doubtful = {n.part: n.sentence for n in notices if n.state == "failed"}
    if not is_whole and not _was_read(connection, source, address=asked[-1]):
        doubtful[asked[-1]] += (
            f" If there is no such source: `forensics forget {shlex.quote(asked[-1])}`."
        )
    doubtful |= {n.part: _REPLACED.format(n.part) for n in notices if n.state == "replaced"}
    found_again = {n.formerly for n in notices if n.formerly}
    read = {n.part for n in notices if n.state not in {"failed", "gone", "replaced"}}
    before = dict(connection.execute(_IN_DOUBT, {"source": source}).fetchall())
    if is_whole:
        read.add(asked[-1])
        # A name of which nothing was ever read stood for an address that is wrong; the first good
        # one of its kind takes its place. Several addresses in one run are several logs, each in
        # doubt itself.
        if not _was_read(connection, source, before=acquisition_id):
            read |= {
                part for part in before.keys() - set(asked) if _kind_of(part) == _kind_of(asked[-1])
            }
    settled = [
        part
        for part, reason in before.items()
        if part not in doubtful
        and part in (found_again if reason == _REPLACED.format(part) else read)
    ]
    said = [(part, "unknown", sentence) for part, sentence in sorted(doubtful.items())]
    if not connection.execute(_IS_KNOWN, {"source": source}).fetchall():
        # So that a log in which nothing stands yet counts as one that was read.
        said += [(n.part, "complete", "") for n in notices if n.state == "waiting"]
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


def _was_read(
    connection: duckdb.DuckDBPyConnection, source: str, *, address: str = "", before: str = ""
) -> bool:
    """Whether the case holds anything of the source: of an address, or from earlier runs."""
    values = {"source": source, "address": address, "run": before}
    return bool(connection.execute(_WAS_READ, values).fetchall())


def forgotten(connection: duckdb.DuckDBPyConnection, address: str, *, number: int) -> pa.Table:
    """That an address was named in error, so that nothing is missing that it could have given.

    Raises:
        UsageError: It is no address that was tried in vain, and never read.
    """
    in_vain = connection.execute(_IN_VAIN).fetchall()
    rows = [
        {
            "source": source,
            "part": f"{_READING}{address}",
            "page": number,
            "state": "forgotten",
            "reason": reason,
        }
        for source, part, reason in in_vain
        if part == address
    ]
    if not rows:
        raise UsageError.unknown(
            "source that was tried in vain and never read",
            address,
            known=[part for _, part, _ in in_vain],
        )
    return pa.Table.from_pylist(rows, COVERAGE)


def _missing(count: int, after: int | None) -> str:
    if not count:
        return ""
    verb = "is" if count == 1 else "are"
    return f"{plural(count, 'number')} of its sequence {verb} missing, the first after {after}."


_HOLES = f"""
    SELECT part, reason FROM coverage
    WHERE source = $source AND page > $after AND NOT starts_with(part, '{_READING}')
    QUALIFY row_number() OVER (PARTITION BY part ORDER BY page DESC) = 1
        AND state NOT IN ('complete', 'forgotten')
    ORDER BY part"""

_ZONES = """
    SELECT source, reason AS zone,
        coalesce(sum(control_total) FILTER (part = $a), 0)::BIGINT,
        coalesce(sum(control_total) FILTER (part = $b), 0)::BIGINT,
        coalesce(sum(control_total) FILTER (part = $c), 0)::BIGINT
    FROM coverage WHERE part IN ($a, $b, $c) GROUP BY ALL ORDER BY ALL"""

_IS_KNOWN = "SELECT 1 FROM coverage WHERE source = $source LIMIT 1"

_IN_DOUBT = f"""
    SELECT substr(part, {len(_READING) + 1}), reason FROM (
        FROM coverage WHERE source = $source AND starts_with(part, '{_READING}')
        QUALIFY row_number() OVER (PARTITION BY part ORDER BY page DESC) = 1
    ) WHERE state <> 'complete' ORDER BY ALL"""

_WAS_READ = """
    SELECT 1 FROM acquisitions
    WHERE source = $source AND ($address = '' OR address = $address)
        AND ($run = '' OR acquisition_id <> $run)
    LIMIT 1"""

_IN_VAIN = f"""
    SELECT source, substr(part, {len(_READING) + 1}) AS address, reason FROM (
        FROM coverage WHERE starts_with(part, '{_READING}')
        QUALIFY row_number() OVER (PARTITION BY source, part ORDER BY page DESC) = 1
    ) WHERE state = 'unknown'
        AND (source, address) NOT IN (SELECT (source, address) FROM acquisitions)
        AND (source, address) NOT IN (SELECT (source, path) FROM acquisitions)
    ORDER BY ALL"""

_SEQUENCES = """
    -- A sequence counts as the source's own when nearly every number between its ends is there;
    -- LSNs, which skip by nature, are not. Nor are those of a broker that is read live: it keeps
    -- some for itself, and of its messages their connector says what is gone.
    WITH numbered AS (
        FROM events
        WHERE source = $source AND NOT coalesce(vantage = 'broker' AND source IN (
            SELECT source FROM acquisitions WHERE contains(address, '://')
        ), false)
    ),
    said AS (
        SELECT max(page) AS page FROM coverage WHERE source = $source AND part LIKE 'sequence%'
    ),
    due AS (
        SELECT max(a.page) > coalesce(any_value(said.page), 0) AS is_due
        FROM acquisitions AS a, said WHERE a.source = $source AND a.events > 0
    ),
    spans AS (
        SELECT source_stream, min(source_seq)::HUGEINT AS low,
            max(source_seq)::HUGEINT - min(source_seq)::HUGEINT + 1 AS width,
            min(occurred_at) AS first_at, max(occurred_at) AS last_at
        FROM numbered WHERE (SELECT is_due FROM due)
        GROUP BY source_stream
        HAVING count(source_seq) >= 20 AND 100 * count(source_seq) >= 95 * width
    ),
    marked AS (
        -- A bit for each number that is there: the numbers themselves would not stay in memory.
        SELECT source_stream, place // 32 AS word, bit_or(1::BIGINT << (place % 32)) AS bits
        FROM (
            SELECT s.source_stream, (e.source_seq::HUGEINT - s.low)::BIGINT AS place
            FROM numbered AS e
            JOIN spans AS s ON s.source_stream IS NOT DISTINCT FROM e.source_stream
            WHERE e.source_seq IS NOT NULL
        ) GROUP BY ALL
    ),
    followed AS (
        -- How many numbers from its beginning on a word has without a gap.
        SELECT *, bit_count((~bits & (bits + 1)) - 1) AS whole,
            lead(word) OVER (PARTITION BY source_stream ORDER BY word) = word + 1 AS goes_on
        FROM marked
    ),
    counted AS (
        SELECT source_stream, sum(bit_count(bits)) AS there,
            min(word * 32 + whole) FILTER (whole < 32 OR goes_on IS NOT TRUE) AS reached
        FROM followed GROUP BY source_stream
    )
    SELECT s.source_stream, s.width - c.there AS missing,
        CASE WHEN c.reached < s.width THEN s.low + c.reached - 1 END AS after,
        s.first_at, s.last_at
    FROM spans AS s
    JOIN counted AS c ON c.source_stream IS NOT DISTINCT FROM s.source_stream
    WHERE c.there >= 20 AND 100 * c.there >= 95 * s.width
    ORDER BY ALL"""
