"""A case: read sources into it, audit it, ask it questions."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from forensics.case import acceptance, coverage, other_logs
from forensics.case.asked import REPORT, Asked
from forensics.case.audit import audit
from forensics.case.configuration import Configuration
from forensics.case.copies import check_place, remade, written
from forensics.case.figures import figures_of
from forensics.case.ingest import Ingest, Registry
from forensics.case.kept import kept
from forensics.case.ledger import Progress
from forensics.case.other_logs import OtherLogs
from forensics.case.told import KEY, key_of, told
from forensics.detect.registry import DETECTORS, named
from forensics.model.acceptance import Acceptance
from forensics.model.audience import OWNER, Audience
from forensics.model.audit import Audit, SourceAccount
from forensics.model.errors import CaseError, SourceError, UsageError
from forensics.model.record import LIVE, SourceSpec
from forensics.normalise.mapping import Mapping as Format
from forensics.normalise.mapping import parse
from forensics.report.files import write
from forensics.store.case_store import CaseStore, Change
from forensics.store.engine import engine
from forensics.store.sources import SourceCheck, check_sources


class Case(Asked):
    """A folder of evidence: read sources into it, audit it, ask it."""

    def __init__(
        self, folder: Path, registry: Registry, configuration: Configuration | None = None
    ) -> None:
        super().__init__(folder, configuration)
        self._registry = registry

    def ingest(
        self,
        sources: Sequence[SourceSpec | str],
        *,
        wait_s: float = 600.0,
        on_wait: Callable[[str], None] | None = None,
        report: Callable[[Progress], None] | None = None,
    ) -> list[SourceAccount]:
        """Read what is new in the sources, in their order.

        Args:
            sources: What to read: `[NAME=]SOURCE` as on the command line, or with options.
            wait_s: How long to wait for another process that writes to the case, in seconds.
            on_wait: Told once, in a sentence, when there is one.
            report: Told how far the reading is, first when a source is begun.

        Raises:
            UsageError: The case is new, and none of the sources is there; or two sources without
                names of their own would be taken for one.
            CaseError: The case cannot be used.
        """
        if isinstance(sources, str):
            raise UsageError(f"One source is a list of one: `ingest([{sources!r}])`.")
        specs = [_spec(source) for source in sources]
        self._require_names(specs)
        if not self.folder.exists():
            self._require_any(specs)
        with (
            CaseStore.open(self.folder, wait_s=wait_s, on_wait=on_wait) as store,
            engine() as connection,
        ):
            run = Ingest(
                store,
                connection,
                self._registry,
                timezone=self.configuration.timezone,
                report=report,
            )
            return [run.read(spec) for spec in specs]

    def _require_names(self, specs: Sequence[SourceSpec]) -> None:
        """Two files of one name in two folders are two logs, unless somebody calls them one."""
        unnamed: dict[str, str] = {}
        for spec in specs:
            try:
                name = spec.name or self._registry.connector(spec).name
            except SourceError:
                # Reading says it, after what can be read.
                continue
            other = unnamed.setdefault(name, spec.address)
            if not spec.name and other != spec.address:
                raise UsageError(
                    f"`{other}` and `{spec.address}` would both be called `{name}`.",
                    hint=f"Name them: `one={other} two={spec.address}`, or give both one name.",
                )

    def _require_any(self, specs: Sequence[SourceSpec]) -> None:
        """No case is made for sources of which none is there."""
        problems = []
        for spec in specs:
            try:
                self._registry.connector(spec).size()
            except SourceError as problem:
                problems.append(str(problem))
        if len(problems) == len(specs):
            raise UsageError(" ".join(["Nothing could be read.", *problems]))

    def audit(
        self,
        *,
        out: Path | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        detectors: Sequence[str] = (),
        threads: int | None = None,
        audience: Audience = OWNER,
        wait_s: float = 600.0,
        on_wait: Callable[[str], None] | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> Audit:
        """Detect, and write the report and the case's tables of findings.

        Args:
            out: Folder for a copy of the report, beside the case's own in `report`.
            audience: For whom the report is; a redacted one, or one for a customer, is written to
                `out` alone.
            since: Report only what reaches into the time from here on, UTC.
            until: Look only at what happened before, UTC.
            detectors: Names of those to run; all when empty.
            threads: Worker threads; all cores when None. The result never depends on it.
            wait_s: How long to wait for another process that writes to the case, in seconds.
            on_wait: Told once, in a sentence, when there is one.
            say: Told what is being done.

        Returns:
            The audit as its audience may read it, of all customers.

        Raises:
            UsageError: There is no such detector, or no such customer, or no place for the copy.
            CaseError: There is no case, or it cannot be used.
        """
        chosen = named(detectors) or list(DETECTORS)
        check_place(out, self.folder, audience)
        if not self.folder.exists():
            raise CaseError(
                f"There is no case in `{self.folder}`.",
                hint="`ingest` makes one; or open another folder.",
            )
        with (
            CaseStore.open(self.folder, wait_s=wait_s, on_wait=on_wait) as store,
            engine(threads=threads) as connection,
        ):
            store.attach(connection)
            result = audit(
                store,
                connection,
                chosen,
                self.configuration,
                since=since,
                until=until,
                formats=self._formats(),
                other_logs=self._other_logs(),
                say=say,
            )
            say("writing the report")
            result = replace(result, figures=figures_of(connection, result))
            key, key_files = self._key(store)
            inside = replace(audience, redact=False, customer="")
            shown = told(connection, result, inside, key)
            files = write(shown, connection, store.new_document(REPORT))
            store.commit(
                kept(store, connection, result),
                what="detect",
                files=[*files, *key_files, *self._kept_configuration(store)],
            )
            if audience.redact:
                shown = told(connection, result, replace(audience, customer=""), key)
            if out is not None and audience.is_outside:
                written(connection, result, audience, key, out)
        if out is not None and not audience.is_outside:
            self._copied(out)
        return shown

    def _key(self, store: CaseStore) -> tuple[bytes, list[Path]]:
        """What the case's pseudonyms are made with, and the file to commit where it is new."""
        key = key_of(self.folder)
        if (self.folder / KEY).exists():
            return key, []
        path = store.new_document(KEY)
        path.write_bytes(key)
        return key, [path]

    def report(self, out: Path, audience: Audience | None = None) -> list[Path]:
        """Copy the report of the last audit to a folder; returns the copies.

        Args:
            out: Where to.
            audience: For whom; the report is made anew from the case's records, as it was then. So
                is the owner's where something was accepted or withdrawn since.

        Raises:
            CaseError: The case was never audited, or has changed since.
            UsageError: There is no such customer, or the folder lies in the case.
        """
        if not (self.folder / REPORT).exists():
            raise self._never_audited()
        document, changed = self._last_run()
        if audience is None and not changed:
            return self._copied(out)
        audience = audience or OWNER
        check_place(out, self.folder, audience)
        return remade(
            self.folder,
            self.configuration,
            document,
            audience,
            out,
            changed=changed,
            formats=self._formats(),
            other_logs=self._other_logs(),
        )

    def _copied(self, out: Path) -> list[Path]:
        """The case's own report, as it is."""
        out.mkdir(parents=True, exist_ok=True)
        kept = sorted((self.folder / REPORT).iterdir())
        return [Path(shutil.copy2(path, out / path.name)) for path in kept]

    def _formats(self) -> list[Format]:
        return [parse(text, where=where) for where, text in self._registry.mapping_texts()]

    def _other_logs(self) -> OtherLogs:
        return other_logs.parse(self._registry.other_logs())

    def _kept_configuration(self, store: CaseStore) -> list[Path]:
        """The settings of the run, kept with its findings."""
        if not self.configuration.text:
            return []
        path = store.new_document(Path("forensics.toml"))
        path.write_text(self.configuration.text, encoding="utf-8")
        return [path]

    def accept(
        self, name: str, *, reason: str, until: datetime | None = None, wait_s: float = 600.0
    ) -> list[Acceptance]:
        """Let a finding, or all of an incident's, no longer count, until it grows.

        Args:
            name: Id of a finding or incident of the last run, or its beginning.
            reason: Why.
            until: From when on it counts again, UTC; never when None.
            wait_s: How long to wait for another process that writes to the case, in seconds.

        Raises:
            UsageError: Nothing or several things bear the name.
        """
        with self._writing(wait_s) as (store, connection):
            return acceptance.accept(store, connection, name, reason=reason, until=until)

    def withdraw(self, name: str, *, reason: str = "", wait_s: float = 600.0) -> list[Acceptance]:
        """Let an accepted finding, or all of an incident's, count again.

        Raises:
            UsageError: Nothing of that name is accepted.
        """
        with self._writing(wait_s) as (store, connection):
            return acceptance.accept(store, connection, name, reason=reason, withdraw=True)

    def forget(self, address: str, *, wait_s: float = 600.0) -> None:
        """Let a source that never was, such as a mistyped one, no longer count as missing.

        Args:
            address: As it was typed when it could not be read.
            wait_s: How long to wait for another process that writes to the case, in seconds.

        Raises:
            UsageError: It is no address that was tried in vain, or something of it was read.
        """
        with self._writing(wait_s) as (store, connection):
            rows = coverage.forgotten(connection, address, number=store.page + 1)
            path = store.new_file("coverage")
            pq.write_table(rows, path, compression="zstd")
            change = Change(table="coverage", add=[(path, rows.num_rows)])
            store.commit([change], what="forget")

    @contextmanager
    def _writing(self, wait_s: float) -> Iterator[tuple[CaseStore, duckdb.DuckDBPyConnection]]:
        with (
            CaseStore.open(self.folder, wait_s=wait_s, create=False) as store,
            engine() as connection,
        ):
            store.attach(connection)
            yield store, connection

    def verify_against(self, source: SourceSpec) -> list[SourceCheck]:
        """Read a source again and compare it with what the case read of it.

        Args:
            source: Where it is; without a name, whatever was read at that address is meant.

        Raises:
            UsageError: The case holds no source of that name or address, or it was read live.
        """
        name = self._registry.connector(source).name
        with self.connection() as connection:
            known = [row[0] for row in connection.execute(_SOURCES).fetchall()]
            rows = connection.sql(
                "FROM acquisitions WHERE source = $name OR address = $address",
                params={"name": name, "address": "" if source.name else source.address},
            ).to_arrow_table()
        if not rows.num_rows:
            raise UsageError.unknown("source", name, known=known, where=str(self.folder))
        if LIVE in rows["framing"].to_pylist():
            raise UsageError(
                f"`{name}` was read live: there are no bytes to compare with.",
                hint="What it held when it was read is in the case, which `verify` checks without"
                " `--against`.",
            )
        return check_sources(
            rows, lambda part: self._registry.open_again(source.address, part.path)
        )


_SOURCES = "SELECT DISTINCT source FROM acquisitions ORDER BY source"


def _spec(source: SourceSpec | str) -> SourceSpec:
    return SourceSpec.parse(source) if isinstance(source, str) else source
