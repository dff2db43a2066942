"""Turns a batch of pages into changes of the case's tables, with an account of every record."""

import getpass
import platform
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from forensics.model.record import Notice, Page
from forensics.model.version import __version__
from forensics.model.words import plural
from forensics.normalise import apply, documents
from forensics.normalise.apply import Tally
from forensics.normalise.mapping import Mapping as FormatMapping
from forensics.store.case_store import CaseStore, Change
from forensics.store.schema import ACQUISITIONS, COVERAGE
from forensics.store.views import literal

BATCH_BYTES = 64 * 2**20
BATCH_RECORDS = 250_000

_Spans = Mapping[str, tuple[datetime | None, datetime | None]]


@dataclass(slots=True, kw_only=True)
class Batch:
    """Pages of one source and format that are stored together.

    Attributes:
        source: The source's name.
        address: Where it is read.
        mapping: The format; None when none fits.
        digest: Of the mapping, or of all that were tried when none fits.
        generation: How often the source was mapped anew before.
        pages: In the order in which they came.
    """

    source: str
    address: str
    mapping: FormatMapping | None
    digest: str
    generation: int
    pages: list[Page] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether it is time to store it."""
        return (
            sum(page.end - page.start for page in self.pages) >= BATCH_BYTES
            or sum(page.records.num_rows for page in self.pages) >= BATCH_RECORDS
        )

    @property
    def last_pages(self) -> list[Page]:
        """The last page of each part: where its cursor will stand."""
        return list({page.part.identity: page for page in self.pages}.values())


class Intake:
    """Writes what batches give into new data files; nothing of it shows before a commit."""

    def __init__(self, store: CaseStore, connection: duckdb.DuckDBPyConnection) -> None:
        self._store = store
        self._connection = connection
        self._acquisition = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"

    def take(self, batch: Batch) -> tuple[list[Change], Tally]:
        """The changes that a batch makes, and what became of its records."""
        table, unreadable = documents.table(batch.pages)
        truncated: Collection[str] = ()
        spans: _Spans = {}
        changes: list[Change] = []
        if batch.mapping is None:
            tallies = _unmapped(batch.pages)
        else:
            truncated = apply.truncated_parts(self._connection, batch.mapping, table)
            apply.stage(
                self._connection,
                batch.mapping,
                table,
                source=batch.source,
                acquisition_id=self._acquisition,
            )
            apply.drop_already_stored(self._connection)
            tallies, spans = apply.tallies(self._connection), self._spans()
            changes = self._copied("events", apply.EVENTS_QUERY)
            changes += self._copied("quarantine", apply.QUARANTINE_QUERY)
        changes += self._unreadable(batch.source, unreadable)
        for part, _, _ in unreadable:
            tallies[part] = tallies.get(part, Tally.nothing()) + Tally.one_unreadable()
        changes.append(self._coverage(batch, spans, truncated))
        changes.append(self._acquisitions(batch, tallies, spans))
        return changes, sum(tallies.values(), start=Tally.nothing())

    def sequences(self, source: str) -> list[Change]:
        """Coverage rows that say whether numbers are missing in the source's own sequences.

        Nothing when that was said since the source last gave events; a kill before it is said
        therefore only puts it off.
        """
        rows = (
            self._connection.sql(_SEQUENCES, params={"source": source}).to_arrow_table().to_pylist()
        )
        said = [
            {
                "source": source,
                "part": f"sequence {row['source_stream'] or ''}".rstrip(),
                "page": self._store.page + 1,
                "first_at": row["first_at"],
                "last_at": row["last_at"],
                "state": "truncated" if row["missing"] else "complete",
                "reason": f"{plural(row['missing'], 'number')} of its sequence"
                f" {'is' if row['missing'] == 1 else 'are'} missing, the first after"
                f" {row['after']}."
                if row["missing"]
                else "",
                "control_total": row["missing"],
            }
            for row in rows
        ]
        return [self._written("coverage", pa.Table.from_pylist(said, COVERAGE))] if said else []

    def doubts(self, source: str, notices: Sequence[Notice]) -> list[Change]:
        """Coverage rows for what could not be read, and for what no longer is in doubt.

        A file that was replaced may have grown after we read it last; only when its content is
        found again under another name is that known.
        """
        doubtful = {n.part: n.sentence for n in notices if n.state == "failed"}
        doubtful |= {n.part: _REPLACED.format(n.part) for n in notices if n.state == "replaced"}
        found_again = {n.formerly for n in notices if n.formerly}
        read = {n.part for n in notices if n.state not in {"failed", "replaced"}}
        before = dict(self._connection.execute(_IN_DOUBT, {"source": source}).fetchall())
        settled = [
            part
            for part, reason in before.items()
            if part not in doubtful
            and part in (found_again if reason == _REPLACED.format(part) else read)
        ]
        rows = [(part, "unknown", sentence) for part, sentence in sorted(doubtful.items())]
        rows += [(part, "complete", "") for part in settled]
        said = [
            {
                "source": source,
                "part": f"{_READING}{part}",
                "page": self._store.page + 1,
                "state": state,
                "reason": reason,
            }
            for part, state, reason in rows
        ]
        return [self._written("coverage", pa.Table.from_pylist(said, COVERAGE))] if said else []

    def _spans(self) -> _Spans:
        """Part to the first and last time of its events in the batch."""
        rows = (
            self._connection.sql("""
                SELECT part_identity, min(occurred_at) AS first_at, max(occurred_at) AS last_at
                FROM staged WHERE disposition = 'event' GROUP BY ALL""")
            .to_arrow_table()
            .to_pylist()
        )
        return {row["part_identity"]: (row["first_at"], row["last_at"]) for row in rows}

    def _unreadable(self, source: str, bad: Sequence[documents.Located]) -> list[Change]:
        if not bad:
            return []
        rows = apply.unreadable_rows(bad, source=source, acquisition_id=self._acquisition)
        self._connection.register("unreadable", rows)
        changes = self._copied(
            "quarantine", "SELECT * REPLACE (mask(content) AS content) FROM unreadable"
        )
        self._connection.unregister("unreadable")
        return changes

    def _copied(self, table: str, query: str) -> list[Change]:
        """Write a query's rows to a new data file of the table; no rows, no file."""
        path = self._store.new_file(table)
        rows = self._connection.execute(
            f"COPY ({query}) TO {literal(str(path))}"
            " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        ).fetchall()[0][0]
        if not rows:
            path.unlink()
            return []
        return [Change(table=table, add=[(path, rows)])]

    def _written(self, table: str, rows: pa.Table) -> Change:
        path = self._store.new_file(table)
        pq.write_table(rows, path, compression="zstd")
        return Change(table=table, add=[(path, rows.num_rows)])

    def _acquisitions(self, batch: Batch, tallies: Mapping[str, Tally], spans: _Spans) -> Change:
        rows = [
            self._acquisition_row(
                page,
                batch,
                tallies.get(page.part.identity, Tally.nothing()),
                spans.get(page.part.identity, (None, None)),
            )
            for page in batch.last_pages
        ]
        return self._written("acquisitions", pa.Table.from_pylist(rows, ACQUISITIONS))

    def _acquisition_row(
        self,
        page: Page,
        batch: Batch,
        tally: Tally,
        span: tuple[datetime | None, datetime | None],
    ) -> dict[str, Any]:
        return {
            "acquisition_id": self._acquisition,
            "page": self._store.page + 1,
            "source": batch.source,
            "address": batch.address,
            "part": page.part.identity,
            "path": page.part.display,
            "framing": page.framing,
            "format": batch.mapping.format if batch.mapping else "",
            "mapping_digest": batch.digest,
            "generation": batch.generation,
            "start_offset": min(p.start for p in batch.pages if p.part == page.part),
            "end_offset": page.end,
            "lines": page.lines,
            "sha256": page.sha256,
            "head_length": page.head_length,
            "head_sha256": page.head_sha256,
            "milestones": page.milestones,
            "records_read": tally.read,
            "mapped": tally.mapped,
            "ignored": sum(tally.ignored.values()),
            "already_stored": tally.already_stored,
            "quarantined": tally.quarantined,
            "events": tally.events,
            "ignored_by_name": list(tally.ignored.items()),
            "first_at": span[0],
            "last_at": span[1],
            "read_by": f"{getpass.getuser()}@{platform.node()}",
            "read_at": datetime.now(UTC),
            "tool_version": __version__,
        }

    def _coverage(self, batch: Batch, spans: _Spans, truncated: Collection[str]) -> Change:
        rows = []
        for page in batch.last_pages:
            first_at, last_at = spans.get(page.part.identity, (None, None))
            cut = page.part.identity in truncated
            rows.append(
                {
                    "source": batch.source,
                    "part": page.part.identity,
                    "page": self._store.page + 1,
                    "first_at": first_at,
                    "last_at": last_at,
                    "state": "truncated" if cut else page.coverage,
                    "reason": f"`{page.part.display}` says that there was more than it holds."
                    if cut
                    else page.coverage_reason,
                    "control_total": None,
                }
            )
        return self._written("coverage", pa.Table.from_pylist(rows, COVERAGE))


_READING = "reading "
_REPLACED = (
    "`{0}` has other content than before; what its predecessor held after we read it last was"
    " not read: name that file too."
)
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
        SELECT DISTINCT source_stream, source_seq FROM events
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
        HAVING count(*) >= 20 AND count(*) >= 0.95 * (max(source_seq) - min(source_seq) + 1)
    )
    SELECT d.source_stream, d.missing, d.after,
        min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at
    FROM dense AS d
    JOIN events AS e
        ON e.source = $source AND e.source_stream IS NOT DISTINCT FROM d.source_stream
    GROUP BY ALL ORDER BY ALL"""


def _unmapped(pages: Sequence[Page]) -> dict[str, Tally]:
    """The account of pages that no format reads: every record ignored under its file's name."""
    result: dict[str, Tally] = {}
    for page in pages:
        count = page.records.num_rows
        name = f"unmapped: {Path(page.part.display).name}"
        tally = Tally.ignored_as(name, count) if count else Tally.nothing()
        result[page.part.identity] = result.get(page.part.identity, Tally.nothing()) + tally
    return result
