"""Reads the tables of an SQLite database file from a copy of it.

Opening a database may change it: closing the last connection in mode `rw` checkpoints the
write-ahead log and deletes it, one that finds the journal of a writer that died rolls the file
back, and `immutable=1` passes over both. So the file and its logs are copied first, and the
original is only ever read as bytes.
https://www.sqlite.org/wal.html, https://www.sqlite.org/lockingv3.html#hot_journals
"""

import codecs
import hashlib
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from connectors.live.address import Address
from connectors.live.pages import Budget, PartPages, refuse_part_of_state
from connectors.live.platforms import Platform, Row, platform_of, platform_pages
from connectors.live.source import PartFacts
from connectors.live.tables import DatabaseFile, chosen_tables, copied, file_of, is_state, quoted
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
        renumbered: Whether `VACUUM` may give other numbers: no column of the table holds them.
    """

    name: str
    columns: Sequence[str]
    numbered: bool
    renumbered: bool


def open_source(name: str, address: Address, spec: SourceSpec) -> "Sqlite":
    """The connector for an address."""
    del spec
    path = file_of(address)
    return Sqlite(name=name or path.stem, location=address, path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sqlite(DatabaseFile):
    """One database file; its tables are the parts."""

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield the rows that are new; see `Connector`."""
        as_state, budget = is_state(self.location), Budget.of(self.location)
        with self._opened() as database:
            platform = None if "table" in self.location.options else self._platform(database)
            if platform and not as_state:
                refuse_part_of_state(self.location, narrower="table")
                yield from platform_pages(platform, partial(_rows, database), known, budget)
                return
            for table in self._tables(database):
                parts = PartPages(table.name, known)
                if as_state or not table.numbered:
                    yield from _standing(database, table, budget, parts)
                elif _is_numbered_anew(database, table, parts.cursor):
                    yield Notice(part=table.name, state="failed", sentence=_numbered_anew(table))
                else:
                    yield from _added(database, table, budget, parts)

    def facts(self) -> Sequence[PartFacts]:
        """How many rows each table has, and how it is read."""
        with self._opened() as database:
            return [_facts(database, table) for table in self._tables(database)]

    def _platform(self, database: sqlite3.Connection) -> Platform | None:
        return platform_of({table.name: table.columns for table in self._tables(database)})

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        logs = [Path(f"{self.path}-{kind}") for kind in ("wal", "journal")]
        with copied(self.path, *logs) as copy:
            try:
                with closing(sqlite3.connect(copy)) as database:
                    database.text_factory = _text
                    # The first read rolls back what a journal says was never committed.
                    database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
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
        found = []
        for name in chosen_tables(self.location, without_rowid):
            columns = database.execute(
                "SELECT name, upper(type), pk FROM pragma_table_info(?)", [name]
            ).fetchall()
            found.append(
                _Table(
                    name=name,
                    columns=[column for column, _, _ in columns],
                    numbered=not without_rowid[name],
                    renumbered=[kind for _, kind, key in columns if key] != ["INTEGER"],
                )
            )
        return found


def _facts(database: sqlite3.Connection, table: _Table) -> PartFacts:
    last = "max(rowid)" if table.numbered else "NULL"
    count, newest = database.execute(
        f"SELECT count(*), {last} FROM {quoted(table.name)}"
    ).fetchone()
    return PartFacts(
        name=table.name,
        records=count,
        newest="" if newest is None else str(newest),
        order="rowid" if table.numbered else "",
    )


def _rows(database: sqlite3.Connection, query: str) -> Iterator[Row]:
    found = database.execute(query)
    names = [name for name, *_ in found.description]
    for values in found:
        yield dict(zip(names, values, strict=True))


def _added(
    database: sqlite3.Connection, table: _Table, budget: Budget, parts: PartPages
) -> Iterator[Page]:
    """The rows that were added since the cursor, in the order in which they got the write lock."""
    query = (
        f"SELECT rowid, {_objects(table)} FROM {quoted(table.name)}"
        " WHERE rowid > ? ORDER BY rowid LIMIT ?"
    )
    after = -(2**63) if not parts.cursor else _number(parts.cursor)
    while True:
        wanted = budget.room()
        rows = database.execute(query, [after, wanted]).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield parts.page(
            [str(number) for number, *_ in rows],
            [_document(objects).encode() for _, *objects in rows],
            cursor=_cursor(table, after, _document(rows[-1][1:])),
            complete=len(rows) < wanted,
        )
        budget.spend(len(rows))


def _cursor(table: _Table, number: int, document: str) -> str:
    """The last row that was read: its number, and its digest where the number may change."""
    if not table.renumbered:
        return str(number)
    return f"{number}@{hashlib.sha256(document.encode()).hexdigest()[:16]}"


def _number(cursor: str) -> int:
    return int(cursor.partition("@")[0])


def _is_numbered_anew(database: sqlite3.Connection, table: _Table, cursor: str) -> bool:
    """Whether the rows have other numbers than when the cursor was made."""
    if not cursor:
        return False
    number, name = _number(cursor), quoted(table.name)
    if table.renumbered:
        row = database.execute(
            f"SELECT {_objects(table)} FROM {name} WHERE rowid = ?", [number]
        ).fetchone()
        return row is None or _cursor(table, number, _document(row)) != cursor
    last = database.execute(f"SELECT max(rowid) FROM {name}").fetchone()[0] or 0
    return max(last, _highest_given(database, table)) < number


def _highest_given(database: sqlite3.Connection, table: _Table) -> int:
    """The highest number that a table with `AUTOINCREMENT` ever gave; else 0."""
    kept = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'"
    if not database.execute(kept).fetchone():
        return 0
    given = "SELECT seq FROM sqlite_sequence WHERE name = ?"
    row = database.execute(given, [table.name]).fetchone()
    return int(row[0] or 0) if row else 0


def _numbered_anew(table: _Table) -> str:
    return (
        f"The last row that was read of `{table.name}` is gone or another one now: its rows have"
        " new numbers, and new rows may be among those that count as read. Read the file under"
        " another name, or with `as=state`."
    )


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
    key = " || '/' || ".join(f"ifnull({quoted(name)}, '')" for name in keys)
    rows = database.execute(f"SELECT {key}, {_objects(table)} FROM {quoted(table.name)}")
    while found := rows.fetchmany(budget.room()):
        yield parts.standing(
            [str(place) for place, *_ in found], [_document(objects) for _, *objects in found]
        )
        budget.spend(len(found))


def _objects(table: _Table) -> str:
    """SQL expressions that give a row as JSON objects; blobs as hex digits, JSON in texts as JSON.

    `_document` makes them one: `json_patch` would leave out nulls and mix inner objects.
    """
    pairs = [f"{_literal(name)}, {_value(name)}" for name in table.columns]
    return ", ".join(
        f"json_object({', '.join(pairs[start : start + _MOST_COLUMNS])})"
        for start in range(0, len(pairs), _MOST_COLUMNS)
    )


def _document(objects: Sequence[str]) -> str:
    if len(objects) == 1:
        return objects[0]
    return "{" + ",".join(text[1:-1] for text in objects) + "}"


def _text(content: bytes) -> str:
    r"""A text of the database; bytes that are not UTF-8 as `\\xff`, which JSON reads as `\xff`."""
    return content.decode(errors="forensics.escaped")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    content = error.object[error.start : error.end]
    return "".join(rf"\\x{byte:02x}" for byte in content), error.end


codecs.register_error("forensics.escaped", _escaped)


def _value(name: str) -> str:
    column = quoted(name)
    return (
        f"CASE WHEN typeof({column}) = 'blob' THEN hex({column})"
        f" WHEN typeof({column}) = 'text' AND substr({column}, 1, 1) IN ('{{', '[')"
        f" AND json_valid({column}) THEN json({column}) ELSE {column} END"
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
