"""Running a compiled mapping over a batch: events, quarantine and counts, nothing lost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from forensics.model.columns import BY_NAME, COLUMNS, DISPLAY
from forensics.model.record import Unreadable
from forensics.normalise.compile import Contents, compiled
from forensics.normalise.faults import UNREADABLE, fault
from forensics.normalise.mapping import Mapping
from forensics.normalise.paths import Paths
from forensics.normalise.sql_types import text
from forensics.normalise.suspicion import SECRETS
from forensics.store import queries
from forensics.store.schema import QUARANTINE

DOCUMENTS = pa.schema(
    [
        pa.field("part", pa.string()),
        pa.field("path", pa.string()),
        pa.field("offset", pa.int64()),
        pa.field("position", pa.string()),
        pa.field("line", pa.int64()),
        pa.field("document", pa.large_string()),
        pa.field("suspect", pa.bool_()),
    ]
)
"""What a batch looks like when it reaches a mapping; `document` is valid UTF-8, and where
`suspect` is not false it may hold a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of one part's records in a batch.

    Attributes:
        read: Records handed over; always `mapped + ignored + already_stored + quarantined`.
        mapped: Records that gave one or more events.
        ignored: Records that give none, by name.
        already_stored: Records whose own event ids the case holds.
        quarantined: Records that could not be read.
        events: Events they gave.
    """

    read: int
    mapped: int
    ignored: dict[str, int]
    already_stored: int
    quarantined: int
    events: int

    @classmethod
    def nothing(cls) -> "Tally":
        """No record at all."""
        return cls(read=0, mapped=0, ignored={}, already_stored=0, quarantined=0, events=0)

    @classmethod
    def one_unreadable(cls) -> "Tally":
        """One record that could not even be told apart from its neighbours or decoded."""
        return cls(read=1, mapped=0, ignored={}, already_stored=0, quarantined=1, events=0)

    @classmethod
    def stored_before(cls, records: int) -> "Tally":
        """Records recognised as stored before and not read again."""
        return cls(
            read=records, mapped=0, ignored={}, already_stored=records, quarantined=0, events=0
        )

    @classmethod
    def ignored_as(cls, name: str, records: int) -> "Tally":
        """Records that were read and give no event, all for one reason."""
        return cls(
            read=records,
            mapped=0,
            ignored={name: records},
            already_stored=0,
            quarantined=0,
            events=0,
        )

    def __add__(self, other: "Tally") -> "Tally":
        names = self.ignored.keys() | other.ignored.keys()
        return Tally(
            read=self.read + other.read,
            mapped=self.mapped + other.mapped,
            ignored={n: self.ignored.get(n, 0) + other.ignored.get(n, 0) for n in sorted(names)},
            already_stored=self.already_stored + other.already_stored,
            quarantined=self.quarantined + other.quarantined,
            events=self.events + other.events,
        )


def events_query(columns: Collection[str] = BY_NAME) -> str:
    """What `stage` left as events, with some of the canonical columns and where it stood."""
    named = [column.name for column in COLUMNS if column.name in columns]
    listed = ", ".join((*named, *(column.name for column in DISPLAY)))
    return f"SELECT {listed} FROM staged WHERE disposition = 'event'"


_ALWAYS_WRITTEN = frozenset(
    # DuckDB 2.0 breaks off when it reads a field of a struct that a data file lacks.
    column.name
    for column in COLUMNS
    if column.default or pa.types.is_struct(column.type)
)
"""Columns that a data file has even when nothing fills them."""

QUARANTINE_QUERY = """
    SELECT source, source_position, source_path, source_line, acquisition_id,
        coalesce(problem, 'cannot be read') AS reason, left(raw, 65536) AS content
    FROM staged WHERE disposition = 'quarantined'"""
"""What `stage` left as unreadable, with the columns of the quarantine table."""


def prepare(connection: duckdb.DuckDBPyConnection, *, timezone: str) -> None:
    """Define the macros that mappings call; `timezone` is where times without a zone are read."""
    connection.execute(
        f"CREATE OR REPLACE MACRO may_hold_secret(value) AS regexp_matches(value, {text(SECRETS)})"
    )
    connection.execute(f"CREATE OR REPLACE MACRO naive_zone() AS {text(timezone)}")
    queries.run(connection, "forensics.normalise", "macros", "masking")


def stage(
    connection: duckdb.DuckDBPyConnection,
    mapping: Mapping,
    documents: pa.Table,
    *,
    source: str,
    acquisition_id: str,
) -> frozenset[str]:
    """Fill the temporary table `staged` from a batch of `DOCUMENTS`.

    Afterwards `staged` holds one row an event, an ignored record or a quarantined record; `row`
    is its number in `staged_rows`.

    Returns:
        The canonical columns that a data file of these events must have.

    Raises:
        UsageError: An expression of the mapping means nothing to DuckDB.
    """
    connection.register("documents", documents)
    try:
        how = compiled(mapping, _looked_over(connection, mapping))
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE staged_rows AS {how.statement}",
            {"source": source, "acquisition_id": acquisition_id},
        )
        numbered = how.completed('(SELECT rowid AS "row", * FROM staged_rows)')
        connection.execute(f"CREATE OR REPLACE TEMP VIEW staged AS {numbered}")
        return how.columns | _ALWAYS_WRITTEN
    except UNREADABLE as error:
        raise fault(connection, mapping, error) from None
    finally:
        connection.unregister("documents")


def unstage(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of what `stage` left; a batch that is replaced would be held until after its heir."""
    connection.execute("DROP VIEW IF EXISTS staged")
    connection.execute("DROP TABLE IF EXISTS staged_rows")


def truncated_parts(
    connection: duckdb.DuckDBPyConnection, mapping: Mapping, documents: pa.Table
) -> set[str]:
    """Identities of the parts of which a document says itself that there was more."""
    if not mapping.coverage:
        return set()
    paths = Paths()
    condition = paths.finish(paths.resolve(mapping.coverage))
    connection.register("documents", documents)
    try:
        rows = connection.execute(f"""
            SELECT DISTINCT part FROM (
                SELECT part, document AS body, {paths.parse("document")} AS found FROM documents
            ) WHERE TRY({condition})""").fetchall()
    finally:
        connection.unregister("documents")
    return {part for (part,) in rows}


def _looked_over(connection: duckdb.DuckDBPyConnection, mapping: Mapping) -> Contents:
    """What there is in the batch; the top-level names only if they matter."""
    has_arrays, has_suspects = connection.execute("""
        SELECT coalesce(bool_or(regexp_matches(document, '^\\s*\\[')), false),
            coalesce(bool_or(suspect IS DISTINCT FROM false), false)
        FROM documents""").fetchall()[0]
    if has_arrays or mapping.records or mapping.unwrap or not mapping.by_name:
        return Contents(has_arrays=has_arrays, has_suspects=has_suspects)
    names = connection.execute("""
        SELECT DISTINCT unnest(names) FROM (
            SELECT any_value(names) AS names
            FROM (SELECT TRY(json_keys(document)) AS names FROM documents)
            GROUP BY hash(names)
        )""").fetchall()
    present = frozenset(name for (name,) in names)
    return Contents(has_arrays=False, has_suspects=has_suspects, present=present)


def tallies(connection: duckdb.DuckDBPyConnection) -> dict[str, Tally]:
    """What became of each part's records; the parts' identities are the keys."""
    rows = connection.execute("""
        WITH several AS (
            SELECT part_identity,
                CASE WHEN bool_or(disposition = 'event') THEN 'event'
                    WHEN bool_or(disposition = 'quarantined') THEN 'quarantined'
                    ELSE 'stored' END AS fate,
                count(*) FILTER (disposition = 'event') AS events
            FROM staged_rows WHERE source_part IS NOT NULL
            GROUP BY part_identity, record_offset, record_element
        )
        SELECT part_identity, disposition AS fate,
            CASE WHEN disposition = 'ignored' THEN problem END AS name, count(*) AS n,
            count(*) FILTER (disposition = 'event') AS events
        FROM staged_rows WHERE source_part IS NULL GROUP BY ALL
        UNION ALL
        SELECT part_identity, fate, NULL, count(*), sum(events)::BIGINT
        FROM several GROUP BY ALL""").fetchall()
    result = {}
    for part in sorted({row[0] for row in rows}):
        mine = [row for row in rows if row[0] == part]
        counts = {fate: sum(r[3] for r in mine if r[1] == fate) for fate in
                  ("event", "quarantined", "stored")}  # fmt: skip
        result[part] = Tally(
            read=sum(row[3] for row in mine),
            mapped=counts["event"],
            ignored={row[2]: row[3] for row in mine if row[1] == "ignored"},
            already_stored=counts["stored"],
            quarantined=counts["quarantined"],
            events=sum(row[4] for row in mine),
        )
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Zoneless:
    """Events whose time carries no zone.

    Attributes:
        zone: In which they were read.
        times: How many there are.
        skipped: Of them, in an hour that the zone skips.
        repeated: Of them, in an hour that the zone has twice.
    """

    zone: str
    times: int
    skipped: int
    repeated: int

    def __add__(self, other: "Zoneless") -> "Zoneless":
        return Zoneless(
            zone=self.zone,
            times=self.times + other.times,
            skipped=self.skipped + other.skipped,
            repeated=self.repeated + other.repeated,
        )


def zoneless(connection: duckdb.DuckDBPyConnection) -> Zoneless:
    """The events that `stage` left whose `occurred_at` was read from a text without a zone."""
    zone, times, skipped, repeated = connection.execute(_ZONELESS).fetchall()[0]
    return Zoneless(zone=zone, times=times, skipped=skipped, repeated=repeated)


_ZONELESS = """
    WITH minutes AS (
        -- Zones shift by whole minutes: they are asked once a minute, not once an event.
        SELECT date_trunc('minute', zoneless_at) AS local, count(*) AS n,
            epoch_us(occurred_at) - epoch_us(zoneless_at) AS shift
        FROM staged WHERE zoneless_at IS NOT NULL AND disposition = 'event' GROUP BY ALL
    ),
    read AS (
        SELECT local, n, local AT TIME ZONE naive_zone() AS instant FROM minutes
        WHERE epoch_us(instant) - epoch_us(local) = shift
    ),
    judged AS (
        SELECT n, instant AT TIME ZONE naive_zone() <> local AS is_skipped,
            list_bool_or([
                (instant + apart) AT TIME ZONE naive_zone() = local
                FOR apart IN [INTERVAL '1 hour', INTERVAL '-1 hour',
                    INTERVAL '30 minutes', INTERVAL '-30 minutes']
            ]) AS is_repeated
        FROM read
    )
    SELECT naive_zone(), coalesce(sum(n), 0)::BIGINT,
        coalesce(sum(n) FILTER (is_skipped), 0)::BIGINT,
        coalesce(sum(n) FILTER (is_repeated), 0)::BIGINT
    FROM judged"""


def unreadable_rows(
    unreadable: Sequence[tuple[str, str, Unreadable]], *, source: str, acquisition_id: str
) -> pa.Table:
    """Bytes that were never records, as rows for quarantine (part, path, what)."""
    return pa.Table.from_pylist(
        [
            {
                "source": source,
                "source_position": f"{part}:{bad.offset}",
                "source_path": path,
                "source_line": bad.line,
                "acquisition_id": acquisition_id,
                "reason": bad.reason,
                "content": bad.content.decode("utf-8", errors="backslashreplace"),
            }
            for part, path, bad in unreadable
        ],
        schema=QUARANTINE,
    )
