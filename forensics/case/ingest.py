"""Reads sources into a case, batch by batch."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import cycle
from typing import Protocol

import duckdb

from forensics.case.ahead import ahead
from forensics.case.intake import Batch, Intake, Staged
from forensics.model.audit import SourceAccount
from forensics.model.errors import SourceError
from forensics.model.record import Connector, KnownPart, Notice, Page, Part, Readable, SourceSpec
from forensics.normalise import apply, documents, recognise
from forensics.normalise.apply import Tally
from forensics.normalise.documents import Text
from forensics.normalise.mapping import Mapping as FormatMapping
from forensics.normalise.mapping import parse
from forensics.store import views
from forensics.store.case_store import CaseStore, Change
from forensics.store.engine import beside
from forensics.store.sources import check_sources

_PAGES_AHEAD = 8
"""As many as make a batch."""
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
    generation: int = 0

    def tell(self, notice: Notice) -> None:
        """Keep what is to be told, and count what was recognised without being read again."""
        self.notices.append(notice)
        self.total += Tally.stored_before(notice.already_stored)

    def take_over(self, other: "_Ledger") -> None:
        """Count in what was read under another ledger of the same source."""
        self.total += other.total
        self.formats |= other.formats
        self.notices += other.notices
        self.content += other.content

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """The mappings a source may be read with.

    Attributes:
        mappings: In order of preference.
        forced: Whether the user named the only one.
    """

    mappings: Sequence[FormatMapping]
    forced: bool

    def named(self, name: str) -> FormatMapping | None:
        """The mapping of that name; None when it is not among them."""
        return next((m for m in self.mappings if m.format == name), None)

    def digest(self, name: str, *, otherwise: str) -> str:
        """What a part that was read as `name` would be read with now.

        For a part that no format fitted (an empty name) it stands for all that were tried.
        """
        if self.forced:
            return self.mappings[0].digest
        if not name:
            tried = "".join(sorted(mapping.digest for mapping in self.mappings))
            return sha256(tried.encode()).hexdigest()
        found = self.named(name)
        return found.digest if found else otherwise


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
        self._intake = Intake(store)
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
            ledger.source = connector.name
            ledger.size = connector.size()
            ledger.generation = self._generation(connector.name)
            choice = self._choice(spec.format)
            if not (
                self._outdated(connector.name, choice) and self._anew(connector, choice, ledger)
            ):
                known = self._known_parts(connector.name)
                with self._batches(connector, known, choice, ledger) as batches:
                    for staged in batches:
                        self._commit(staged, ledger)
        except SourceError as error:
            ledger.tell(Notice(part=spec.address, state="failed", sentence=str(error)))
        self._say_coverage(ledger)
        ledger.notices += self._intake.zone_notices(ledger.source)
        return ledger.closed()

    def _choice(self, name: str) -> _Choice:
        if name:
            return _Choice(mappings=[recognise.forced(name, self._formats)], forced=True)
        return _Choice(mappings=self._formats, forced=False)

    def _say_coverage(self, ledger: _Ledger) -> None:
        """Note what could not be read, and where the source's own numbers have gaps."""
        changes = self._intake.covered(self._connection, ledger.source, ledger.notices)
        if changes:
            self._store.commit(changes, what="ingest")
            self._store.attach(self._connection)

    def _known_parts(self, source: str) -> list[KnownPart]:
        rows = (
            self._connection.sql(
                """
                SELECT *, sum(records_read) OVER (PARTITION BY part)::BIGINT AS records
                FROM acquisitions WHERE source = $source AND generation = (
                    SELECT max(generation) FROM acquisitions WHERE source = $source)
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

    def _generation(self, source: str) -> int:
        found = self._connection.execute(
            "SELECT coalesce(max(generation), 0) FROM acquisitions WHERE source = $source",
            {"source": source},
        ).fetchall()
        return int(found[0][0])

    def _outdated(self, source: str, choice: _Choice) -> bool:
        """Whether the source was read with another mapping than it would be read with now."""
        rows = self._connection.execute(
            """
            SELECT DISTINCT format, arg_max(mapping_digest, page) FROM acquisitions
            WHERE source = $source AND generation = $generation GROUP BY part, format""",
            {"source": source, "generation": self._generation(source)},
        ).fetchall()
        return any(digest != choice.digest(name, otherwise=digest) for name, digest in rows)

    @contextmanager
    def _batches(
        self, connector: Connector, known: Sequence[KnownPart], choice: _Choice, ledger: _Ledger
    ) -> Iterator[Iterator[Staged]]:
        """What is new in a source, read, decoded and mapped ahead of its use."""
        with (
            ahead(_decoded(connector.pages(known)), most=_PAGES_AHEAD) as texts,
            closing(self._staged(self._gathered(texts, known, choice, ledger))) as batches,
        ):
            yield batches

    def _staged(self, batches: Iterator[Batch]) -> Generator[Staged]:
        """Map each batch in another thread, on another connection, while the last one is used.

        What was read before a source failed is handed out before its failure.
        """
        with ExitStack() as stack:
            in_turn = cycle([stack.enter_context(beside(self._connection)) for _ in range(2)])
            thread = stack.enter_context(ThreadPoolExecutor(1))
            coming: list[Future[Staged]] = []
            failure: SourceError | None = None
            try:
                for batch in batches:
                    coming.append(thread.submit(self._intake.stage, batch, next(in_turn)))
                    if len(coming) > 1:
                        yield coming.pop(0).result()
            except SourceError as error:
                failure = error
            for last in coming:
                yield last.result()
            if failure:
                raise failure

    def _gathered(
        self,
        items: Iterable[Text | Notice],
        known: Sequence[KnownPart],
        choice: _Choice,
        ledger: _Ledger,
    ) -> Iterator[Batch]:
        """Texts in batches of one format each; notices go to the ledger."""
        formats = {k.part.identity: choice.named(k.format) for k in known}
        batch: Batch | None = None
        failure: SourceError | None = None
        try:
            for item in items:
                if isinstance(item, Notice):
                    ledger.tell(item)
                    continue
                part = item.page.part.identity
                mapping = formats.get(part)
                if mapping is None:
                    mapping = formats[part] = self._format_of(item, choice)
                if batch and (batch.mapping is not mapping or batch.full):
                    yield batch
                    batch = None
                batch = batch or Batch(
                    source=ledger.source,
                    address=ledger.address,
                    mapping=mapping,
                    digest=mapping.digest if mapping else choice.digest("", otherwise=""),
                    generation=ledger.generation,
                )
                batch.texts.append(item)
        except SourceError as error:
            failure = error
        if batch:
            yield batch
        if failure:
            raise failure

    def _format_of(self, text: Text, choice: _Choice) -> FormatMapping | None:
        if choice.forced:
            (mapping,) = choice.mappings
            recognise.check(self._connection, mapping, text.documents, others=self._formats)
            return mapping
        return recognise.best(self._connection, choice.mappings, text.documents)

    def _commit(self, staged: Staged, ledger: _Ledger) -> None:
        changes, tally = self._intake.take(staged)
        self._store.commit(changes, what="ingest")
        self._store.attach(self._connection)
        self._count(staged.batch, tally, ledger)

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

    def _anew(self, connector: Connector, choice: _Choice, ledger: _Ledger) -> bool:
        """Replace a source's events by what the changed mapping makes of it, in one commit.

        Only where everything that was read before is still there, unchanged: what a log no
        longer holds stays as it was mapped. Returns whether the source was replaced.
        """
        source = connector.name
        unreadable = self._no_longer_there(source, connector.address)
        if unreadable:
            sentence = (
                f"The mapping of `{source}` has changed, but what was read before cannot be read"
                f" again: {unreadable} It stays as it was mapped; what is new is mapped anew."
            )
            ledger.tell(Notice(part=connector.address, state="kept", sentence=sentence))
            return False
        trial = _Ledger(
            source=source,
            address=ledger.address,
            size=ledger.size,
            generation=ledger.generation + 1,
        )
        changes: list[Change] = []
        self._hide(source)
        self._intake.forget()
        try:
            with self._batches(connector, (), choice, trial) as batches:
                for staged in batches:
                    taken, tally = self._intake.take(staged)
                    changes += taken
                    self._count(staged.batch, tally, trial)
                    self._hide(source, but=changes)
        finally:
            self._store.attach(self._connection)
            self._intake.forget()
        removed = [
            Change(table=table, remove=self._store.files_of_source(table, source))
            for table in _REPLACED_TABLES
        ]
        self._store.commit([*removed, *changes], what="map anew")
        self._store.attach(self._connection)
        ledger.take_over(trial)
        return True

    def _no_longer_there(self, source: str, address: str) -> str:
        """A sentence on the first part that is not what was read; empty when all is there."""
        rows = self._connection.sql(
            "FROM acquisitions WHERE source = $source AND generation = $generation",
            params={"source": source, "generation": self._generation(source)},
        ).to_arrow_table()
        checks = check_sources(rows, lambda part: self._registry.open_again(address, part.path))
        return next((check.sentence for check in checks if not check.good), "")

    def _hide(self, source: str, but: Sequence[Change] = ()) -> None:
        """Let the view `events` show other sources and what was just taken, not the old rows."""
        old = set(self._store.files_of_source("events", source))
        others = [path for path in self._store.files("events") if path not in old]
        taken = [path for change in but if change.table == "events" for path, _ in change.add]
        views.make(self._connection, "events", [*others, *taken])


def _decoded(items: Generator[Page | Notice]) -> Generator[Text | Notice]:
    with closing(items):
        for item in items:
            yield item if isinstance(item, Notice) else documents.text(item)
