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

from forensics.case import coverage
from forensics.case.coverage import Spans
from forensics.case.left import of_left
from forensics.case.tails import of_tails
from forensics.model.audit import UNMAPPED
from forensics.model.record import LIVE, Notice, Page
from forensics.model.version import __version__
from forensics.normalise import apply
from forensics.normalise.apply import Tally, Zoneless
from forensics.normalise.documents import Located, Text
from forensics.normalise.mapping import Mapping as FormatMapping
from forensics.normalise.repeats import Repeats
from forensics.store.case_store import CaseStore, Change
from forensics.store.data_file import WRITTEN_AS
from forensics.store.schema import ACQUISITIONS
from forensics.store.views import literal

BATCH_BYTES = 128 * 2**20
BATCH_RECORDS = 200_000
"""What a batch needs while it is mapped is what an ingest needs, however much there is to read."""


@dataclass(slots=True, kw_only=True)
class Batch:
    """Pages of one source and format that are stored together.

    Attributes:
        source: The source's name.
        address: Where it is read.
        mapping: The format; None when none fits.
        digest: Of the mapping, or of all that were tried when none fits.
        generation: How often the source was mapped anew before.
        texts: Its pages, in the order in which they came.
    """

    source: str
    address: str
    mapping: FormatMapping | None
    digest: str
    generation: int
    texts: list[Text] = field(default_factory=list)

    @property
    def pages(self) -> list[Page]:
        """The pages as they were read."""
        return [text.page for text in self.texts]

    @property
    def documents(self) -> pa.Table:
        """All records with the schema `DOCUMENTS`."""
        return pa.concat_tables(text.documents for text in self.texts)

    @property
    def unreadable(self) -> list[Located]:
        """All that is no record or no text."""
        return [each for text in self.texts for each in text.unreadable]

    @property
    def full(self) -> bool:
        """Whether it is time to store it."""
        return (
            sum(map(_content, self.pages)) >= BATCH_BYTES
            or sum(page.records.num_rows for page in self.pages) >= BATCH_RECORDS
        )

    @property
    def is_left(self) -> bool:
        """Whether nothing is stored of it, so that its cursor stays before it.

        A live source is not read twice: its records would be gone before there is a format. A page
        without records says what is gone already.
        """
        return self.mapping is None and all(
            page.framing == LIVE and page.records.num_rows for page in self.pages
        )

    @property
    def last_pages(self) -> list[Page]:
        """The last page of each part: where its cursor will stand."""
        return list({page.part.identity: page for page in self.pages}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A batch of which every record has been mapped.

    Attributes:
        batch: The batch.
        connection: Where its rows are staged; unused for a batch without mapping.
        columns: The canonical columns that a data file of them must have.
        truncated: Parts of which a document says itself that there was more.
    """

    batch: Batch
    connection: duckdb.DuckDBPyConnection
    columns: Collection[str] = ()
    truncated: Collection[str] = ()


class Intake:
    """Writes what batches give into new data files; nothing of it shows before a commit."""

    def __init__(self, store: CaseStore) -> None:
        self._store = store
        self._repeats = Repeats()
        self._zoneless: dict[str, Zoneless] = {}
        self._acquisition = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"

    def forget(self) -> None:
        """Note that the view `events` lost rows since the last batch."""
        self._repeats.forget()

    def left(self, batch: Batch) -> Tally:
        """The account of a batch of which nothing is stored."""
        return sum(_unmapped(batch.pages).values(), start=Tally.nothing())

    def stage(self, batch: Batch, connection: duckdb.DuckDBPyConnection) -> Staged:
        """Map a batch, whatever came before it; may run while another one is taken."""
        if batch.mapping is None:
            return Staged(batch=batch, connection=connection)
        texts = batch.documents
        return Staged(
            batch=batch,
            connection=connection,
            truncated=apply.truncated_parts(connection, batch.mapping, texts),
            columns=apply.stage(
                connection,
                batch.mapping,
                texts,
                source=batch.source,
                acquisition_id=self._acquisition,
            ),
        )

    def take(
        self, staged: Staged, *, passed: Mapping[str, int] | None = None
    ) -> tuple[list[Change], Tally]:
        """The changes that a batch makes, and what became of its records.

        Args:
            staged: The batch.
            passed: Part to records before it that were counted as unrecognised, and are noted with
                the batch.
        """
        batch, connection = staged.batch, staged.connection
        spans: Spans = {}
        changes: list[Change] = []
        if batch.mapping is None:
            tallies = _unmapped(batch.pages)
        else:
            self._repeats.drop(connection)
            tallies, spans = apply.tallies(connection), _spans(connection)
            changes = self._copied(connection, "events", apply.events_query(staged.columns))
            changes += self._copied(connection, "quarantine", apply.QUARANTINE_QUERY)
        changes += self._unreadable(staged)
        for part, _, _ in batch.unreadable:
            tallies[part] = tallies.get(part, Tally.nothing()) + Tally.one_unreadable()
        of_pages = coverage.of_pages(
            batch.last_pages,
            source=batch.source,
            number=self._store.page + 1,
            spans=spans,
            truncated=staged.truncated,
        )
        of_times = self._times(staged) if batch.mapping else of_pages.slice(0, 0)
        changes.append(self._written("coverage", pa.concat_tables([of_pages, of_times])))
        total = sum(tallies.values(), start=Tally.nothing())
        for page in batch.last_pages:
            if count := (passed or {}).get(page.part.identity):
                name = f"{UNMAPPED}{Path(page.part.display).name}"
                before = tallies.get(page.part.identity, Tally.nothing())
                tallies[page.part.identity] = before + Tally.ignored_as(name, count)
        changes.append(self._acquisitions(batch, tallies, spans))
        return changes, total

    def covered(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: str,
        notices: Sequence[Notice],
        *,
        asked: Sequence[str],
        is_whole: bool,
        left: Mapping[str, int],
    ) -> list[Change]:
        """Coverage rows for what was not read or stored and for gaps in the source's own numbers.

        Args:
            connection: Has the tables of the case.
            source: The source's name.
            notices: What was told of it.
            asked: Its addresses in this run so far, the one that was just read last.
            is_whole: Whether that one was read to its end.
            left: Part to its records that no format recognises, of which nothing is stored.
        """
        number = self._store.page + 1
        doubts = coverage.of_doubts(
            connection,
            source,
            notices,
            asked=asked,
            is_whole=is_whole,
            acquisition_id=self._acquisition,
            number=number,
        )
        sequences = coverage.of_sequences(connection, source, number=number)
        tails = of_tails(connection, source, notices, number=number)
        unknown = of_left(connection, source, left, asked=asked, is_whole=is_whole, number=number)
        rows = pa.concat_tables([doubts, sequences, tails, unknown])
        return [self._written("coverage", rows)] if rows.num_rows else []

    def zone_notices(self, source: str) -> list[Notice]:
        """What was taken for granted of the times that were read of a source."""
        found = self._zoneless.pop(source, None)
        if found is None:
            return []
        sentence = coverage.zone_sentence(source, found)
        return [Notice(part=source, state="zoneless", sentence=sentence)]

    def _times(self, staged: Staged) -> pa.Table:
        """Coverage rows for the times of the batch that carry no zone."""
        source, found = staged.batch.source, apply.zoneless(staged.connection)
        if found.times:
            before = self._zoneless.get(source)
            self._zoneless[source] = before + found if before else found
        return coverage.of_times(found, source=source, number=self._store.page + 1)

    def _unreadable(self, staged: Staged) -> list[Change]:
        batch, connection = staged.batch, staged.connection
        if not batch.unreadable:
            return []
        rows = apply.unreadable_rows(
            batch.unreadable, source=batch.source, acquisition_id=self._acquisition
        )
        connection.register("unreadable", rows)
        changes = self._copied(
            connection, "quarantine", "SELECT * REPLACE (mask(content) AS content) FROM unreadable"
        )
        connection.unregister("unreadable")
        return changes

    def _copied(
        self, connection: duckdb.DuckDBPyConnection, table: str, query: str
    ) -> list[Change]:
        """Write a query's rows to a new data file of the table; no rows, no file."""
        path = self._store.new_file(table)
        rows = connection.execute(
            f"COPY ({query}) TO {literal(str(path))} ({WRITTEN_AS})"
        ).fetchall()[0][0]
        if not rows:
            path.unlink()
            return []
        return [Change(table=table, add=[(path, rows)])]

    def _written(self, table: str, rows: pa.Table) -> Change:
        path = self._store.new_file(table)
        pq.write_table(rows, path, compression="zstd")
        return Change(table=table, add=[(path, rows.num_rows)])

    def _acquisitions(self, batch: Batch, tallies: Mapping[str, Tally], spans: Spans) -> Change:
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
            "cursor": page.cursor,
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


def _content(page: Page) -> int:
    """Bytes of content in a page; the offsets of a live one count records."""
    return page.records.nbytes if page.framing == LIVE else page.end - page.start


def _spans(connection: duckdb.DuckDBPyConnection) -> Spans:
    """Part to the first and last time of its events in the staged batch."""
    rows = (
        connection.sql("""
            SELECT part_identity, min(occurred_at) AS first_at, max(occurred_at) AS last_at
            FROM staged WHERE disposition = 'event' GROUP BY ALL""")
        .to_arrow_table()
        .to_pylist()
    )
    return {row["part_identity"]: (row["first_at"], row["last_at"]) for row in rows}


def _unmapped(pages: Sequence[Page]) -> dict[str, Tally]:
    """The account of pages that no format reads: every record ignored under its file's name."""
    result: dict[str, Tally] = {}
    for page in pages:
        count = page.records.num_rows
        name = f"{UNMAPPED}{Path(page.part.display).name}"
        tally = Tally.ignored_as(name, count) if count else Tally.nothing()
        result[page.part.identity] = result.get(page.part.identity, Tally.nothing()) + tally
    return result
