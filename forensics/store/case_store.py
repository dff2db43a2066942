"""Writing to a case so that a kill at any instant loses nothing and stores nothing twice.

A commit goes through five steps. Data files are written first, where no reader looks for them;
then `journal.json` says what is to become of them; then each table's transaction log takes its
files in, under the page's number; then the chain of custody; then the journal goes. Whoever opens
the case next finishes what a journal says. Files that no journal and no log names are rubbish.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import orjson
from deltalake import CommitProperties, DeltaTable
from deltalake._internal import RemoveAction
from deltalake.transaction import AddAction, Transaction

from forensics.model.errors import CaseError
from forensics.store import custody
from forensics.store.lock import locked
from forensics.store.schema import CASE_VERSION, TABLES

_JOURNAL = "journal.json"
_VERSION_FILE = "case.json"
_APPLICATION = "forensics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a commit does to one table.

    Attributes:
        table: Its name.
        add: New data files, as `CaseStore.new_file` named them, with their row counts.
        remove: Data files that leave the table.
    """

    table: str
    add: Sequence[tuple[Path, int]] = ()
    remove: Sequence[Path] = ()


class CaseStore:
    """An open case; only one process writes to it at a time.

    Attributes:
        folder: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    @contextmanager
    def open(cls, folder: Path, *, wait_s: float = 600.0) -> Iterator["CaseStore"]:
        """Open the case, or make it; finish what a killed process left half done.

        Raises:
            CaseError: The folder is not a case, is of a newer version, or is locked.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, wait_s=wait_s):
            store = cls(folder)
            store._check_version()
            store._roll_forward()
            yield store

    @property
    def page(self) -> int:
        """Number of the last commit; 0 for an empty case."""
        return self._transaction_version("acquisitions")

    def new_file(self, table: str) -> Path:
        """A path for a new data file of the table; readers see it only once it is committed."""
        return self.folder / table / f"{self.page + 1:08d}-{uuid4().hex[:12]}.parquet"

    def files(self, table: str) -> list[Path]:
        """The table's data files, from its transaction log."""
        return sorted(Path(uri) for uri in self._table(table).file_uris())

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give the connection a view of every table, under its name."""
        for name, schema in TABLES.items():
            files = self.files(name)
            if files:
                listed = ", ".join(f"'{str(path).replace(chr(39), chr(39) * 2)}'" for path in files)
                connection.execute(
                    f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet([{listed}])"
                )
            else:
                connection.register(f"{name}_empty", schema.empty_table())
                connection.execute(f"CREATE OR REPLACE VIEW {name} AS FROM {name}_empty")

    def commit(self, changes: Sequence[Change], *, what: str, files: Sequence[Path] = ()) -> None:
        """Take new data files in, in all tables or (after a kill and a restart) in all of them.

        Args:
            changes: What happens to each table; tables not named keep their files.
            what: The verb, for the chain of custody.
            files: Other files inside the case that this step wrote, such as the report.
        """
        page = self.page + 1
        for change in changes:
            for path, _ in change.add:
                _sync(path)
        journal = {
            "page": page,
            "what": what,
            "at": datetime.now(UTC).isoformat(),
            "files": [str(path.relative_to(self.folder)) for path in files],
            "changes": [self._described(change) for change in changes],
        }
        temporary = self.folder / f"{_JOURNAL}.new"
        temporary.write_bytes(orjson.dumps(journal))
        _sync(temporary)
        temporary.rename(self.folder / _JOURNAL)
        self._roll_forward()

    def _described(self, change: Change) -> dict[str, Any]:
        return {
            "table": change.table,
            "add": [
                {"path": path.name, "size": path.stat().st_size, "rows": rows}
                for path, rows in change.add
            ],
            "remove": [path.name for path in change.remove],
        }

    def _roll_forward(self) -> None:
        path = self.folder / _JOURNAL
        if not path.exists():
            return
        journal = orjson.loads(path.read_bytes())
        described = {change["table"]: change for change in journal["changes"]}
        for table in TABLES:
            change = described.get(table, {"table": table, "add": [], "remove": []})
            if change["add"] or change["remove"] or table == "acquisitions":
                self._apply(change, page=journal["page"])
        self._record(journal)
        path.unlink()

    def _apply(self, change: dict[str, Any], *, page: int) -> None:
        table = change["table"]
        if self._transaction_version(table) >= page:
            return
        now = int(time.time() * 1000)
        actions: list[Any] = [
            AddAction(
                path=added["path"],
                size=added["size"],
                partition_values={},
                modification_time=now,
                data_change=True,
                stats=orjson.dumps({"numRecords": added["rows"]}).decode(),
            )
            for added in change["add"]
        ]
        actions += [RemoveAction(name, True, now) for name in change["remove"]]
        delta = self._table(table)
        delta.create_write_transaction(
            actions,
            mode="append",
            schema=delta.schema(),
            commit_properties=CommitProperties(app_transactions=[Transaction(_APPLICATION, page)]),
        )

    def _record(self, journal: dict[str, Any]) -> None:
        recorded = custody.recorded_files(self.folder)
        logs = [
            str(path.relative_to(self.folder))
            for path in self.folder.glob("*/_delta_log/*")
            if path.is_file()
        ]
        added = [
            f"{change['table']}/{added['path']}"
            for change in journal["changes"]
            for added in change["add"]
        ]
        written = [name for name in logs if name not in recorded or name.endswith("_checkpoint")]
        fixed = [] if recorded else [_VERSION_FILE]
        custody.append(
            self.folder,
            page=journal["page"],
            what=journal["what"],
            at=journal["at"],
            files=[*fixed, *added, *written, *journal["files"]],
        )

    def _table(self, name: str) -> DeltaTable:
        path = self.folder / name
        if not (path / "_delta_log").exists():
            path.mkdir(exist_ok=True)
            DeltaTable.create(path, schema=TABLES[name], name=name)
        return DeltaTable(path)

    def _transaction_version(self, table: str) -> int:
        return self._table(table).transaction_version(_APPLICATION) or 0

    def _check_version(self) -> None:
        path = self.folder / _VERSION_FILE
        if not path.exists():
            others = [p.name for p in self.folder.iterdir() if p.name != ".lock"]
            if others:
                raise CaseError(
                    f"`{self.folder}` is not a case: it holds `{others[0]}` but no `case.json`.",
                    hint="Name a new or empty folder with --case.",
                )
            path.write_bytes(orjson.dumps({"version": CASE_VERSION}))
        version = orjson.loads(path.read_bytes())["version"]
        if version > CASE_VERSION:
            raise CaseError(
                f"The case `{self.folder}` has schema version {version};"
                f" this tool knows up to {CASE_VERSION}.",
                hint="Install a newer event-forensics.",
            )


def _sync(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
