"""Reads sources into a case, batch by batch."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import duckdb

from forensics.case.intake import Batch, Intake
from forensics.model.audit import SourceAccount
from forensics.model.errors import SourceError
from forensics.model.record import Connector, KnownPart, Notice, Page, Part, Readable, SourceSpec
from forensics.normalise import apply, documents, recognise
from forensics.normalise.apply import Tally
from forensics.normalise.mapping import Mapping as FormatMapping
from forensics.normalise.mapping import parse
from forensics.store.case_store import CaseStore, Change
from forensics.store.views import literal

_REPLACED_TABLES = ("events", "quarantine", "coverage")


class Registry(Protocol):
    """Where sources and formats come from; the command line passes the one of `connectors`."""

    def connector(self, spec: SourceSpec) -> Connector:
        """The connector that reads a source.

        Raises:
            SourceError: Nothing reads such an address.
        """
        ...

    def open_again(self, address: str, path: str) -> AbstractContextManager[Readable]:
        """The content of a part that was read before, among what is at the address now.

        Raises:
            SourceError: It is not there.
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
        content: Bytes read in this run.
        total: Bytes there are to read, where that is known.
    """

    source: str
    records: int
    content: int
    total: int | None


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """A source's account while it is being read."""

    source: str
    address: str
    formats: set[str] = field(default_factory=set)
    total: Tally = field(default_factory=Tally.nothing)
    notices: list[Notice] = field(default_factory=list)
    content: int = 0
    size: int | None = None

    def tell(self, notice: Notice) -> None:
        """Keep what is to be told, and count what was recognised without being read again."""
        self.notices.append(notice)
        self.total += Tally.stored_before(notice.already_stored)

    def closed(self) -> SourceAccount:
        """The account as it stands."""
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


class Ingest:
    """One run of reading sources into an open case."""

    def __init__(
        self,
        store: CaseStore,
        connection: duckdb.DuckDBPyConnection,
        registry: Registry,
        *,
        timezone: str = "UTC",
        report: Callable[[Progress], None] | None = None,
    ) -> None:
        self._store = store
        self._connection = connection
        self._registry = registry
        self._report = report
        self._formats = [parse(text, where=where) for where, text in registry.mapping_texts()]
        self._intake = Intake(store, connection)
        apply.prepare(connection, timezone=timezone)
        store.attach(connection)

    def read(self, spec: SourceSpec) -> SourceAccount:
        """Read what is new in one source; what cannot be read is told, never raised.

        Raises:
            UsageError: The format that was asked for is unknown or fits nothing.
        """
        ledger = _Ledger(source=spec.name, address=spec.address)
        try:
            connector = self._registry.connector(spec)
            ledger.source, ledger.size = connector.name, connector.size()
            mappings = (
                [recognise.forced(spec.format, self._formats)] if spec.format else self._formats
            )
            known, forced = self._known_parts(connector.name), bool(spec.format)
            if self._mapping_changed(connector.name, mappings):
                self._read_anew(connector, mappings, known, ledger, forced=forced)
            else:
                items = connector.pages(known)
                for batch in self._batches(items, known, mappings, ledger, forced=forced):
                    self._commit(batch, ledger)
        except SourceError as error:
            ledger.tell(Notice(part=spec.address, state="failed", sentence=str(error)))
        sequences = self._intake.sequences(ledger.source)
        if sequences:
            self._store.commit(sequences, what="ingest")
            self._store.attach(self._connection)
        return ledger.closed()

    def _known_parts(self, source: str) -> list[KnownPart]:
        rows = (
            self._connection.sql(
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
                records=row["records"],
                milestones=row["milestones"],
                sha256=row["sha256"],
                head_length=row["head_length"],
                head_sha256=row["head_sha256"],
                framing=row["framing"],
                format=row["format"],
            )
            for row in rows
        ]

    def _mapping_changed(self, source: str, mappings: Sequence[FormatMapping]) -> bool:
        """Whether the source was read with another text of one of the mappings."""
        digests = {mapping.format: mapping.digest for mapping in mappings}
        rows = self._connection.execute(
            """
            SELECT DISTINCT format, arg_max(mapping_digest, page) FROM acquisitions
            WHERE source = $source GROUP BY part, format""",
            {"source": source},
        ).fetchall()
        return any(digests.get(name, digest) != digest for name, digest in rows)

    def _batches(
        self,
        items: Iterable[Page | Notice],
        known: Sequence[KnownPart],
        mappings: Sequence[FormatMapping],
        ledger: _Ledger,
        *,
        forced: bool,
    ) -> Iterator[Batch]:
        """Pages in batches of one format each; notices go to the ledger."""
        formats: dict[str, FormatMapping | None] = {
            k.part.identity: next((m for m in mappings if m.format == k.format), None)
            for k in known
        }
        batch: Batch | None = None
        for item in items:
            if isinstance(item, Notice):
                ledger.tell(item)
                continue
            mapping = formats.get(item.part.identity)
            if mapping is None:
                mapping = self._format_of(item, mappings, forced=forced)
                formats[item.part.identity] = mapping
            if batch and (batch.mapping is not mapping or batch.full):
                yield batch
                batch = None
            batch = batch or Batch(source=ledger.source, address=ledger.address, mapping=mapping)
            batch.pages.append(item)
        if batch:
            yield batch

    def _format_of(
        self, page: Page, mappings: Sequence[FormatMapping], *, forced: bool
    ) -> FormatMapping | None:
        sample = documents.sample(page, most=recognise.SAMPLE_DOCUMENTS)
        if forced:
            recognise.check(self._connection, mappings[0], sample, others=self._formats)
            return mappings[0]
        return recognise.best(self._connection, mappings, sample)

    def _commit(self, batch: Batch, ledger: _Ledger) -> None:
        changes, tally = self._intake.take(batch)
        self._store.commit(changes, what="ingest")
        self._store.attach(self._connection)
        self._count(batch, tally, ledger)

    def _count(self, batch: Batch, tally: Tally, ledger: _Ledger) -> None:
        ledger.total += tally
        if batch.mapping:
            ledger.formats.add(batch.mapping.format)
        ledger.content += sum(page.end - page.start for page in batch.pages)
        if self._report:
            self._report(
                Progress(
                    source=ledger.source,
                    records=ledger.total.read,
                    content=ledger.content,
                    total=ledger.size,
                )
            )

    def _read_anew(
        self,
        connector: Connector,
        mappings: Sequence[FormatMapping],
        known: Sequence[KnownPart],
        ledger: _Ledger,
        *,
        forced: bool,
    ) -> None:
        """Replace a source's events by what the changed mapping makes of it, in one commit.

        Where a part that was read before is no longer there, the source stays as it was mapped.
        """
        source = connector.name
        changes: list[Change] = []
        self._hide(source)
        for batch in self._batches(connector.pages(()), (), mappings, ledger, forced=forced):
            taken, tally = self._intake.take(batch)
            changes += taken
            self._count(batch, tally, ledger)
            self._hide(source, but=changes)
        self._store.attach(self._connection)
        gone = sorted({k.part.display for k in known} - {n.part for n in ledger.notices})
        if gone:
            ledger.total = Tally.nothing()
            sentence = (
                f"The mapping has changed, but `{gone[0]}` is not there to be read again: the"
                f" source `{source}` stays as it was mapped before."
            )
            ledger.tell(Notice(part=gone[0], state="failed", sentence=sentence))
            return
        removed = [
            Change(table=table, remove=self._store.files_of_source(table, source))
            for table in _REPLACED_TABLES
        ]
        self._store.commit([*removed, *changes], what="map anew")
        self._store.attach(self._connection)

    def _hide(self, source: str, but: Sequence[Change] = ()) -> None:
        """Let the view `events` show other sources and what was just taken, not the old rows."""
        self._store.attach(self._connection)
        files = [path for c in but if c.table == "events" for path, _ in c.add]
        taken = ", ".join(literal(str(path)) for path in files)
        more = f"UNION ALL FROM read_parquet([{taken}])" if files else ""
        self._connection.execute("DROP VIEW IF EXISTS every_event")
        self._connection.execute("ALTER VIEW events RENAME TO every_event")
        self._connection.execute(
            f"CREATE VIEW events AS FROM every_event WHERE source <> {literal(source)} {more}"
        )
