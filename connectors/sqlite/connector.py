"""Reads the tables of an SQLite database file from a copy of it.

Opening a database may change it: closing the last connection in mode `rw` checkpoints the
write-ahead log and deletes it, and `immutable=1` passes over what is still in it. So the file and
its log are copied first, and the original is only ever read as bytes.
https://www.sqlite.org/wal.html
"""

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.live.address import Address
from connectors.live.pages import Budget, PartPages
from connectors.live.source import PartFacts
from connectors.live.tables import chosen_tables, copied, file_of, is_state
from forensics.model.errors import SourceError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec

_MOST_COLUMNS = 50
"""In one call of `json_object`: SQLite takes at most 100 arguments (127 before 3.48)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table and how it is read.

    Attributes:
        name: As in the database.
        columns: Its columns.
        numbered: Whether its rows have a `rowid`, which rises as they are added.
    """

    name: str
    columns: Sequence[str]
    numbered: bool


def open_source(name: str, address: Address, spec: SourceSpec) -> "Sqlite":
    """The connector for an address."""
    del spec
    path = file_of(address)
    return Sqlite(name=name or path.stem, location=address, path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sqlite:
    """One database file; its tables are the parts.

    Attributes:
        name: The source's name.
        location: Where it is, with its options.
        path: The file.
    """

    name: str
    location: Address
    path: Path

    @property
    def address(self) -> str:
        """Where it is, as typed."""
        return self.location.text

    def size(self) -> int | None:
        """Bytes are not what is counted here.

        Raises:
            SourceError: There is no such file.
        """
        if not self.path.is_file():
            raise SourceError(f"There is no file `{self.path}`.")
        return None

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield the rows that are new; see `Connector`."""
        as_state, budget = is_state(self.location), Budget.of(self.location)
        with self._opened() as database:
            for table in self._tables(database):
                parts = PartPages(table.name, known)
                if as_state or not table.numbered:
                    rows = _standing(database, table, budget, parts)
                else:
                    rows = _added(database, table, budget, parts)
                yield from rows

    def facts(self) -> Sequence[PartFacts]:
        """How many rows each table has, and by what it is read."""
        with self._opened() as database:
            return [
                PartFacts(
                    name=table.name,
                    records=database.execute(
                        f"SELECT count(*) FROM {_quoted(table.name)}"
                    ).fetchone()[0],
                    order="rowid" if table.numbered else "",
                )
                for table in self._tables(database)
            ]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with copied(self.path, log=Path(f"{self.path}-wal")) as copy:
            try:
                with closing(sqlite3.connect(copy)) as database:
                    database.execute("PRAGMA query_only = 1")
                    yield database
            except sqlite3.DatabaseError as error:
                raise SourceError(f"`{self.path}` is damaged or no database: {error}.") from None

    def _tables(self, database: sqlite3.Connection) -> list[_Table]:
        rows = database.execute(
            "SELECT name, wr FROM pragma_table_list"
            " WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        ).fetchall()
        without_rowid = dict(rows)
        return [
            _Table(
                name=name,
                columns=[
                    column
                    for (column,) in database.execute(
                        "SELECT name FROM pragma_table_info(?)", [name]
                    )
                ],
                numbered=not without_rowid[name],
            )
            for name in chosen_tables(self.location, without_rowid)
        ]


def _added(
    database: sqlite3.Connection, table: _Table, budget: Budget, parts: PartPages
) -> Iterator[Page]:
    """The rows that were added since the cursor, in the order in which they got the write lock."""
    query = (
        f"SELECT rowid, {_document(table)} FROM {_quoted(table.name)}"
        " WHERE rowid > ? ORDER BY rowid LIMIT ?"
    )
    while True:
        wanted = budget.room()
        rows = database.execute(query, [int(parts.cursor or -(2**63)), wanted]).fetchall()
        if not rows:
            return
        yield parts.page(
            [str(number) for number, _ in rows],
            [text.encode() for _, text in rows],
            cursor=str(rows[-1][0]),
            complete=len(rows) < wanted,
        )
        budget.spend(len(rows))


def _standing(
    database: sqlite3.Connection, table: _Table, budget: Budget, parts: PartPages
) -> Iterator[Page]:
    """All rows as they stand; one that stands as it did is known by its place and content."""
    keys = [
        name
        for (name,) in database.execute(
            "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", [table.name]
        )
    ] or ["rowid"]
    key = " || '/' || ".join(f"ifnull({_quoted(name)}, '')" for name in keys)
    rows = database.execute(f"SELECT {key}, {_document(table)} FROM {_quoted(table.name)}")
    while found := rows.fetchmany(budget.room()):
        yield parts.standing([str(place) for place, _ in found], [text for _, text in found])
        budget.spend(len(found))


def _document(table: _Table) -> str:
    """An SQL expression that gives a row as JSON; blobs as hex digits, JSON in texts as JSON."""
    pairs = [f"{_literal(name)}, {_value(name)}" for name in table.columns]
    objects = [
        f"json_object({', '.join(pairs[start : start + _MOST_COLUMNS])})"
        for start in range(0, len(pairs), _MOST_COLUMNS)
    ]
    document = objects[0]
    for following in objects[1:]:
        document = f"json_patch({document}, {following})"
    return document


def _value(name: str) -> str:
    column = _quoted(name)
    return (
        f"CASE WHEN typeof({column}) = 'blob' THEN hex({column})"
        f" WHEN typeof({column}) = 'text' AND substr({column}, 1, 1) IN ('{{', '[')"
        f" AND json_valid({column}) THEN json({column}) ELSE {column} END"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
