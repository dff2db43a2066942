"""Reads sources into a case, batch by batch."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import duckdb

from forensics.case import coverage
from forensics.case.acquired import generation, known_parts, outdated
from forensics.case.batches import Batches
from forensics.case.intake import Batch, Intake, Staged
from forensics.case.ledger import Ledger, Progress
from forensics.case.mapping_choice import MappingChoice
from forensics.case.tails import gone
from forensics.model.audit import SourceAccount
from forensics.model.errors import SourceError
from forensics.model.record import Connector, Notice, Readable, SourceSpec
from forensics.normalise import apply
from forensics.normalise.apply import Tally
from forensics.normalise.mapping import parse
from forensics.store import views
from forensics.store.case_store import CaseStore, Change
from forensics.store.sources import check_sources

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

    def other_logs(self) -> str:
        """Which log shows what another cannot, as `forensics.case.other_logs` reads it."""
        ...


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
        self._timezone = timezone
        self._formats = [parse(text, where=where) for where, text in registry.mapping_texts()]
        self._intake = Intake(store)
        self._asked: dict[str, list[str]] = {}
        apply.prepare(connection, timezone=timezone)
        store.attach(connection)

    def read(self, spec: SourceSpec) -> SourceAccount:
        """Read what is new in one source; what cannot be read is told, never raised.

        Raises:
            UsageError: The format that was asked for is unknown or fits nothing.
        """
        ledger = Ledger(source=spec.name, address=spec.address)
        before = self._store.page
        try:
            connector = self._registry.connector(spec)
            ledger.source = connector.name
            if not spec.name:
                self._require_same_place(connector)
            ledger.size = connector.size()
            self._report_on(ledger)
            ledger.generation = generation(self._connection, connector.name)
            choice = MappingChoice.of(spec.formats, self._formats, log_format=spec.log_format)
            is_old = outdated(self._connection, connector.name, choice)
            if not (is_old and self._anew(connector, choice, ledger)):
                self._read_on(connector, choice, ledger)
        except SourceError as error:
            ledger.failure = error
        if ledger.failure:
            sentence = f"{ledger.failure} {ledger.failure.hint}".rstrip()
            ledger.tell(Notice(part=spec.address, state="failed", sentence=sentence))
        ledger.notices += gone(
            self._connection, ledger.source, ledger.notices, address=spec.address
        )
        self._say_coverage(ledger)
        ledger.notices += coverage.holes(self._connection, ledger.source, after=before)
        if not ledger.failure:
            ledger.notices += self._intake.zone_notices(ledger.source)
        ledger.notices += coverage.zones_kept(self._connection, ledger.source, self._timezone)
        return ledger.closed()

    def _require_same_place(self, connector: Connector) -> None:
        """Raise a sentence when a name that nobody chose stands for another live source already.

        Raises:
            SourceError: Its cursor would be applied to a system that it does not belong to.
        """
        place = connector.address.partition("?")[0]
        rows = self._connection.execute(
            "SELECT DISTINCT address FROM acquisitions WHERE source = $source",
            {"source": connector.name},
        ).fetchall()
        for (address,) in rows:
            before = address.partition("?")[0]
            if "://" in place and before != place:
                raise SourceError(
                    f"`{connector.name}` was read from `{before}` before, not from `{place}`.",
                    hint=f"Give this one a name: `NAME={place}`; or say `{connector.name}={place}`"
                    " if it is the same system at another address.",
                )

    def _read_on(self, connector: Connector, choice: MappingChoice, ledger: Ledger) -> None:
        known = known_parts(self._connection, connector.name)
        with self._batches(choice, ledger).of(connector, known=known) as batches:
            for staged in batches:
                self._commit(staged, ledger)

    def _say_coverage(self, ledger: Ledger) -> None:
        """Note what could not be read, and where the source's own numbers have gaps."""
        asked = self._asked.setdefault(ledger.source, [])
        asked.append(ledger.address)
        changes = self._intake.covered(
            self._connection,
            ledger.source,
            ledger.notices,
            asked=asked,
            is_whole=ledger.failure is None,
            left=ledger.left,
        )
        if changes:
            self._store.commit(changes, what="ingest")
            self._store.attach(self._connection)

    def _batches(self, choice: MappingChoice, ledger: Ledger) -> Batches:
        return Batches(self._connection, self._intake, choice=choice, ledger=ledger)

    def _commit(self, staged: Staged, ledger: Ledger) -> None:
        if staged.batch.is_left:
            for page in staged.batch.pages:
                ledger.left[page.part.identity] += page.records.num_rows
            self._count(staged.batch, self._intake.left(staged.batch), ledger)
            return
        # A cursor behind them passes by what was left of the part before: no later run reads it.
        parts = [page.part.identity for page in staged.batch.last_pages if page.cursor]
        passed = {part: ledger.left.pop(part) for part in parts if part in ledger.left}
        changes, tally = self._intake.take(staged, passed=passed)
        self._store.commit(changes, what="ingest")
        self._store.attach(self._connection)
        self._count(staged.batch, tally, ledger)

    def _count(self, batch: Batch, tally: Tally, ledger: Ledger) -> None:
        ledger.count(
            tally,
            content=sum(page.end - page.start for page in batch.pages),
            format_name=batch.mapping.format if batch.mapping else "",
        )
        self._report_on(ledger)

    def _report_on(self, ledger: Ledger) -> None:
        if self._report:
            self._report(ledger.progress)

    def _anew(self, connector: Connector, choice: MappingChoice, ledger: Ledger) -> bool:
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
        trial = Ledger(
            source=source,
            address=ledger.address,
            size=ledger.size,
            generation=ledger.generation + 1,
        )
        changes: list[Change] = []
        self._hide(source)
        self._intake.forget()
        try:
            with self._batches(choice, trial).of(connector) as batches:
                for staged in batches:
                    taken, tally = self._intake.take(staged)
                    changes += taken
                    self._count(staged.batch, tally, trial)
                    self._hide(source, but=changes)
            if trial.failure:
                raise trial.failure
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
            params={"source": source, "generation": generation(self._connection, source)},
        ).to_arrow_table()
        checks = check_sources(rows, lambda part: self._registry.open_again(address, part.path))
        return next((check.sentence for check in checks if not check.good), "")

    def _hide(self, source: str, but: Sequence[Change] = ()) -> None:
        """Let the view `events` show other sources and what was just taken, not the old rows."""
        old = set(self._store.files_of_source("events", source))
        others = [path for path in self._store.files("events") if path not in old]
        taken = [path for change in but if change.table == "events" for path, _ in change.add]
        views.make(self._connection, "events", [*others, *taken])
