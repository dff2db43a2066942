"""Reads sources into a case, page by page, with an account of every record."""

import getpass
import platform
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from forensics.model.audit import SourceAccount
from forensics.model.errors import SourceError
from forensics.model.record import Connector, KnownPart, Notice, Page, Part, SourceSpec
from forensics.model.version import __version__
from forensics.normalise import apply, documents, recognise
from forensics.normalise.apply import Tally
from forensics.normalise.mapping import Mapping as FormatMapping
from forensics.normalise.mapping import parse
from forensics.store.case_store import CaseStore, Change
from forensics.store.schema import ACQUISITIONS, COVERAGE

BATCH_BYTES = 64 * 2**20
BATCH_RECORDS = 250_000
_SAMPLE = 64


class Registry(Protocol):
    """Where sources and formats come from; the command line passes the one of `connectors`."""

    def connector(self, spec: SourceSpec) -> Connector:
        """The connector that reads a source.

        Raises:
            SourceError: Nothing reads such an address.
        """
        ...

    def mapping_texts(self) -> Sequence[tuple[str, str]]:
        """Every format's mapping: the name of its file, for errors, and its text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a source has been read.

    Attributes:
        source: Its name.
        records: Records read so far in this run.
        content: Bytes read so far in this run.
        total: Bytes there are, where that is known.
    """

    source: str
    records: int
    content: int
    total: int | None = None


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """A source's account while it is being read."""

    source: str
    address: str
    formats: set[str] = field(default_factory=set)
    total: Tally = field(default_factory=Tally.nothing)
    notices: list[Notice] = field(default_factory=list)

    def tell(self, notice: Notice) -> None:
        """Keep what is to be told, and count what was recognised without being read again."""
        self.notices.append(notice)
        self.total += Tally.stored_before(notice.already_stored)

    def closed(self) -> SourceAccount:
        return SourceAccount(
            source=self.source,
            address=self.address,
            formats=sorted(self.formats),
            read=self.total.read,
            mapped=self.total.mapped,
            ignored=self.total.ignored,
            already_stored=self.total.already_stored,
            quarantined=self.total.quarantined,
            events=self.total.events,
            notices=self.notices,
        )


@dataclass(slots=True, kw_only=True)
class _Batch:
    """Pages of one format that are stored together."""

    mapping: FormatMapping | None
    pages: list[Page] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return (
            sum(page.end - page.start for page in self.pages) >= BATCH_BYTES
            or sum(page.records.num_rows for page in self.pages) >= BATCH_RECORDS
        )


class Ingest:
    """One run of reading sources into an open case.

    Attributes:
        store: The case, open for writing.
        connection: A DuckDB connection on which the macros of mappings are defined.
    """

    def __init__(
        self,
        store: CaseStore,
        connection: duckdb.DuckDBPyConnection,
        registry: Registry,
        *,
        timezone: str = "UTC",
        report: Callable[[Progress], None] | None = None,
    ) -> None:
        self.store = store
        self.connection = connection
        self._registry = registry
        self._report = report
        self._formats = [parse(text, where=where) for where, text in registry.mapping_texts()]
        self._acquisition = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        apply.prepare(connection, timezone=timezone)
        store.attach(connection)

    def read(self, spec: SourceSpec) -> SourceAccount:
        """Read what is new in one source; what cannot be read is told, never raised."""
        account = _Ledger(source=spec.name, address=spec.address)
        try:
            connector = self._registry.connector(spec)
            account.source = connector.name
            mappings = self._mappings(spec)
            known = self._known_parts(connector.name)
            for batch in self._batches(connector.pages(known), known, mappings, account):
                self._store(batch, account)
        except SourceError as error:
            account.tell(Notice(part=spec.address, state="failed", sentence=str(error)))
        return account.closed()

    def _mappings(self, spec: SourceSpec) -> Sequence[FormatMapping]:
        return [recognise.forced(spec.format, self._formats)] if spec.format else self._formats

    def _known_parts(self, source: str) -> list[KnownPart]:
        rows = (
            self.connection.sql(
                """
                SELECT *, sum(records_read) OVER (PARTITION BY part)::BIGINT AS records
                FROM acquisitions WHERE source = $source
                QUALIFY row_number() OVER (PARTITION BY part ORDER BY page DESC, end_offset DESC)
                    = 1
                ORDER BY part""",
                params={"source": source},
            )
            .to_arrow_table()
            .to_pylist()
        )
        return [
            KnownPart(
                part=Part(identity=row["part"], display=row["path"]),
                end=row["end_offset"],
                lines=row["lines"],
                sha256=row["sha256"],
                head_length=row["head_length"],
                head_sha256=row["head_sha256"],
                framing=row["framing"],
                format=row["format"],
                records=row["records"],
                milestones=row["milestones"],
            )
            for row in rows
        ]

    def _batches(
        self,
        items: Iterator[Page | Notice],
        known: Sequence[KnownPart],
        mappings: Sequence[FormatMapping],
        account: _Ledger,
    ) -> Iterator[_Batch]:
        """Pages in batches of one format each."""
        formats: dict[str, FormatMapping | None] = {
            k.part.identity: next((m for m in mappings if m.format == k.format), None)
            for k in known
        }
        batch = _Batch(mapping=None)
        for item in items:
            if isinstance(item, Notice):
                account.tell(item)
                continue
            identity = item.part.identity
            if formats.get(identity) is None:
                formats[identity] = recognise.best(
                    self.connection, mappings, documents.sample(item, most=_SAMPLE)
                )
            mapping = formats[identity]
            if batch.pages and (batch.mapping is not mapping or batch.full):
                yield batch
                batch = _Batch(mapping=None)
            batch.mapping = mapping
            batch.pages.append(item)
        if batch.pages:
            yield batch

    def _store(self, batch: _Batch, account: _Ledger) -> None:
        """Turn a batch into events and commit it with its account."""
        table, unreadable = documents.table(batch.pages)
        source, changes = account.source, []
        if batch.mapping is None:
            tallies = _unmapped(batch.pages)
            spans: Mapping[str, tuple[Any, Any]] = {}
        else:
            account.formats.add(batch.mapping.format)
            apply.stage(
                self.connection,
                batch.mapping,
                table,
                source=source,
                acquisition_id=self._acquisition,
            )
            apply.drop_already_stored(self.connection)
            tallies = apply.tallies(self.connection)
            spans = self._spans()
            changes += self._events()
        changes += self._quarantine(source, batch, unreadable)
        for part, _, _ in unreadable:
            tallies[part] = tallies.get(part, Tally.nothing()) + Tally.one_unreadable()
        rows = [
            self._acquisition_row(page, batch, account, tallies, spans)
            for page in _last_pages(batch.pages)
        ]
        changes.append(self._coverage(source, batch.pages, spans))
        changes.append(self._written("acquisitions", pa.Table.from_pylist(rows, ACQUISITIONS)))
        self.store.commit(changes, what="ingest")
        self.store.attach(self.connection)
        for tally in tallies.values():
            account.total += tally
        if self._report:
            content = sum(page.end - page.start for page in batch.pages)
            self._report(Progress(source=source, records=account.total.read, content=content))

    def _spans(self) -> dict[str, tuple[Any, Any]]:
        """Part to the first and last time of its events in the batch."""
        rows = (
            self.connection.sql("""
                SELECT part_identity, min(occurred_at) AS first_at, max(occurred_at) AS last_at
                FROM staged WHERE disposition = 'event' GROUP BY ALL""")
            .to_arrow_table()
            .to_pylist()
        )
        return {row["part_identity"]: (row["first_at"], row["last_at"]) for row in rows}

    def _events(self) -> list[Change]:
        return self._copied("events", apply.EVENTS_QUERY)

    def _quarantine(
        self, source: str, batch: _Batch, unreadable: Sequence[documents.Located]
    ) -> list[Change]:
        changes = []
        if batch.mapping is not None:
            changes += self._copied("quarantine", apply.QUARANTINE_QUERY)
        if unreadable:
            self.connection.register(
                "unreadable",
                apply.unreadable_rows(unreadable, source=source, acquisition_id=self._acquisition),
            )
            changes += self._copied(
                "quarantine", "SELECT * REPLACE (mask(content) AS content) FROM unreadable"
            )
            self.connection.unregister("unreadable")
        return changes

    def _copied(self, table: str, query: str) -> list[Change]:
        """Write a query's rows to a new data file of the table; no rows, no file."""
        path = self.store.new_file(table)
        rows = self.connection.execute(
            f"COPY ({query}) TO '{str(path).replace(chr(39), chr(39) * 2)}'"
            " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        ).fetchall()[0][0]
        if not rows:
            path.unlink()
            return []
        return [Change(table=table, add=[(path, rows)])]

    def _written(self, table: str, rows: pa.Table) -> Change:
        path = self.store.new_file(table)
        pq.write_table(rows, path, compression="zstd")
        return Change(table=table, add=[(path, rows.num_rows)])

    def _acquisition_row(
        self,
        page: Page,
        batch: _Batch,
        account: _Ledger,
        tallies: Mapping[str, Tally],
        spans: Mapping[str, tuple[Any, Any]],
    ) -> dict[str, Any]:
        tally = tallies.get(page.part.identity, Tally.nothing())
        first_at, last_at = spans.get(page.part.identity, (None, None))
        starts = [p.start for p in batch.pages if p.part.identity == page.part.identity]
        return {
            "acquisition_id": self._acquisition,
            "page": self.store.page + 1,
            "source": account.source,
            "address": account.address,
            "part": page.part.identity,
            "path": page.part.display,
            "framing": page.framing,
            "format": batch.mapping.format if batch.mapping else "",
            "mapping_digest": batch.mapping.digest if batch.mapping else "",
            "start_offset": min(starts),
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
            "first_at": first_at,
            "last_at": last_at,
            "read_by": f"{getpass.getuser()}@{platform.node()}",
            "read_at": datetime.now(UTC),
            "tool_version": __version__,
        }

    def _coverage(
        self, source: str, pages: Sequence[Page], spans: Mapping[str, tuple[Any, Any]]
    ) -> Change:
        rows = [
            {
                "source": source,
                "part": page.part.identity,
                "first_at": spans.get(page.part.identity, (None, None))[0],
                "last_at": spans.get(page.part.identity, (None, None))[1],
                "state": page.coverage,
                "reason": page.coverage_reason,
                "control_total": None,
            }
            for page in _last_pages(pages)
        ]
        return self._written("coverage", pa.Table.from_pylist(rows, COVERAGE))


def _last_pages(pages: Sequence[Page]) -> list[Page]:
    """The last page of each part: where its cursor now stands."""
    return list({page.part.identity: page for page in pages}.values())


def _unmapped(pages: Sequence[Page]) -> dict[str, Tally]:
    """The account of pages that no format reads: every record ignored under its file's name."""
    result: dict[str, Tally] = {}
    for page in pages:
        count = page.records.num_rows
        tally = Tally(
            read=count,
            mapped=0,
            ignored={f"unmapped: {Path(page.part.display).name}": count} if count else {},
            already_stored=0,
            quarantined=0,
            events=0,
        )
        result[page.part.identity] = result.get(page.part.identity, Tally.nothing()) + tally
    return result
