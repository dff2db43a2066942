"""A case, open for reading or writing: a kill loses nothing and stores nothing twice.

A commit is a list of steps. Data files are written first, where no reader looks for them; then
`journal.json` says what is to become of them; then each table's transaction log takes its files
in, under the page's number; then the chain of custody; then the journal goes. Every step may be
repeated. Whoever opens the case next finishes what a journal says, and removes the data files
that no journal and no chain names.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import duckdb

from forensics.model.errors import CaseError
from forensics.model.words import of_case
from forensics.store import durable, journal, leftovers, tables, version
from forensics.store.case_tables import CaseTables
from forensics.store.commit import Step, check_written_by_us, steps_after
from forensics.store.custody import Chain
from forensics.store.journal import Change, Journal
from forensics.store.lock import locked
from forensics.store.schema import CASE_VERSION, TABLES

__all__ = ["CaseStore", "Change"]


class CaseStore:
    """An open case. One process writes to it at a time; any number read.

    Attributes:
        folder: Where it is.
        chain: Its chain of custody; empty when the case is open for reading.
    """

    def __init__(self, folder: Path, *, read_only: bool) -> None:
        self.folder = folder
        self.chain = Chain(folder=folder)
        self._read_only = read_only
        self._tables = CaseTables.snapshot(folder) if read_only else CaseTables(folder)
        self._handed_out: list[Path] = []

    @classmethod
    @contextmanager
    def open(
        cls,
        folder: Path,
        *,
        wait_s: float = 600.0,
        create: bool = True,
        read_only: bool = False,
        on_wait: Callable[[str], None] | None = None,
    ) -> Iterator["CaseStore"]:
        """Open the case; for writing, finish what a killed process left half done.

        Args:
            folder: Where it is.
            wait_s: How long to wait for another process, in seconds; readers never wait.
            create: Whether a case that is missing is made.
            read_only: Show the state after the last finished commit, however far another
                process goes on; takes no lock, writes nothing, works on a read-only disk.
            on_wait: Told once, in a sentence, when another process has the case open.

        Raises:
            CaseError: The folder is no case, is of a newer version, is damaged or locked, or
                there is none and it was not to be made.
        """
        folder = version.suitable(folder, create=create and not read_only)
        if read_only:
            version.current(folder)
            yield cls(folder, read_only=True)
            return
        with durable.disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, wait_s=wait_s, on_wait=on_wait):
            store = cls(folder, read_only=False)
            store.settle()
            try:
                yield store
            finally:
                store._discard_unused()

    @property
    def page(self) -> int:
        """Number of the last commit; 0 for an empty case."""
        return self._tables.page

    def new_file(self, table: str) -> Path:
        """A path for a new data file of the table; readers see it only once it is committed."""
        path = self.folder / table / f"{self.page + 1:08d}-{uuid4().hex[:12]}.parquet"
        self._handed_out.append(path)
        return path

    def new_document(self, path: Path) -> Path:
        """Where to write what `commit` is to put at `path`, so that a kill leaves the old one.

        Args:
            path: A file or folder; one inside the case may be relative to it. One outside the
                case is written where it is.
        """
        target = self.folder / path
        if not target.is_relative_to(self.folder):
            return path
        staged = self.folder / journal.STAGING / target.relative_to(self.folder)
        staged.parent.mkdir(parents=True, exist_ok=True)
        return staged

    def files(self, table: str) -> list[Path]:
        """The table's data files, from its transaction log."""
        return self._tables.files(table)

    def files_of_source(self, table: str, source: str) -> list[Path]:
        """The data files that hold the rows of one source, for `Change.remove`."""
        return self._tables.files_of_source(table, source)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> list[Path]:
        """Give the connection a view of every table, under its name; the files that they read.

        Raises:
            CaseError: A data file is missing or damaged.
        """
        return self._tables.attach(connection)

    def commit(self, changes: Sequence[Change], *, what: str, files: Sequence[Path] = ()) -> None:
        """Take new data files in, in all tables or (after a kill and a restart) in all of them.

        Args:
            changes: What happens to each table; tables not named keep their files.
            what: The verb, for the chain of custody.
            files: Other files that this step wrote: documents named by `new_document`, or
                files that already lie in the case.

        Raises:
            CaseError: The disk is full or read-only, a data file is not what was announced, or
                the case was opened for reading.
        """
        with durable.disk_errors(self.folder):
            for step in self.steps(changes, what=what, files=files):
                step()

    def steps(
        self, changes: Sequence[Change], *, what: str, files: Sequence[Path] = ()
    ) -> list[Step]:
        """What `commit` does, one step at a time; a kill may come between any two."""
        if self._read_only:
            raise CaseError(f"The case `{self.folder}` was opened for reading only.")
        self._finish()
        entry = Journal.of(self.folder, changes, page=self.page + 1, what=what, files=files)
        return [
            partial(entry.write, self.folder),
            *steps_after(entry, self._tables, self.chain),
        ]

    def settle(self) -> None:
        """Finish what a killed process left, make or migrate the case; the lock must be held.

        Raises:
            CaseError: The case is of a newer version or damaged, or the disk is full.
        """
        with durable.disk_errors(self.folder):
            version.current(self.folder)
            self._finish()
            self.chain = Chain.read(self.folder)
            self._bring_up_to_date()
            if self.chain.page != self.page:
                raise CaseError(
                    f"The chain of custody of `{self.folder}` ends at step {self.chain.page},"
                    f" its tables at step {self.page}.",
                    hint=f"`forensics verify {of_case(self.folder)}` names what was changed.",
                )
            for name in TABLES:
                check_written_by_us(self._tables, self.chain, name)
            leftovers.remove(self.folder, recorded=self.chain.files)

    def _bring_up_to_date(self) -> None:
        """Make the case, or give an older one the tables and columns of this version."""
        held = version.current(self.folder)
        if held == CASE_VERSION:
            return
        content = version.content(self.folder)
        entry = Journal(
            page=0 if held is None else self.page + 1,
            what="create" if held is None else "migrate",
            at=journal.now(),
            files={version.FILE: hashlib.sha256(content).hexdigest()},
            schema_version=CASE_VERSION,
        )
        entry.write(self.folder)
        self._finish()

    def _finish(self) -> None:
        """Do what a journal says, be it of a killed process or of a commit that failed here."""
        entry = Journal.read(self.folder)
        if entry is not None:
            self._tables = CaseTables(self.folder)
            self.chain = Chain.read(self.folder, unfinished=True)
            for name in TABLES:
                tables.drop_torn(self.folder, name, known=self.chain.files)
            for step in steps_after(entry, self._tables, self.chain):
                step()

    def _discard_unused(self) -> None:
        if not (self.folder / journal.FILE).exists():
            for path in self._handed_out:
                if str(path.relative_to(self.folder)) not in self.chain.files:
                    path.unlink(missing_ok=True)
