"""The tables of one case, each loaded once."""

from pathlib import Path

import duckdb
from deltalake import DeltaTable

from forensics.store import tables, views
from forensics.store.schema import TABLES

CURSOR = "acquisitions"
"""The table that a commit changes last: its page is the page of the case."""


class CaseTables:
    """Reading the tables of a case.

    Attributes:
        folder: The case.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._loaded: dict[str, DeltaTable] = {}

    @classmethod
    def snapshot(cls, folder: Path) -> "CaseTables":
        """All tables as they stood after the last commit that reached the cursor.

        Needs no lock: the cursor is written last, and older versions stay readable.

        Raises:
            CaseError: A transaction log cannot be read.
        """
        held = cls(folder)
        page = held.page
        for name in TABLES:
            if held.has(name):
                tables.step_back(held[name], page=page)
        return held

    @property
    def page(self) -> int:
        """Number of the last commit; 0 for an empty case."""
        return tables.page_of(self[CURSOR]) if self.has(CURSOR) else 0

    def has(self, name: str) -> bool:
        """Whether the table is there; a case of an older version may lack some."""
        return name in self._loaded or tables.exists(self.folder, name)

    def __getitem__(self, name: str) -> DeltaTable:
        if name not in self._loaded:
            self._loaded[name] = tables.load(self.folder, name)
        return self._loaded[name]

    def load_anew(self, name: str) -> None:
        """Forget what is loaded of the table; the next use reads its last checkpoint."""
        self._loaded.pop(name, None)

    def files(self, table: str) -> list[Path]:
        """The table's data files, from its transaction log."""
        return tables.files(self.folder, table, self[table]) if self.has(table) else []

    def files_of_source(self, table: str, source: str) -> list[Path]:
        """The data files that hold the rows of one source."""
        if not self.has(table):
            return []
        return tables.files_of_source(self.folder, table, self[table], source=source)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> list[Path]:
        """Give the connection a view of every table, under its name; the files that they read.

        Raises:
            CaseError: A data file is missing or damaged.
        """
        read: list[Path] = []
        for name in TABLES:
            paths = self.files(name)
            empty = tables.empty_columns(self[name]) if paths else set()
            views.make(connection, name, paths, empty=empty)
            read += paths
        views.of_coverage(connection)
        return read
