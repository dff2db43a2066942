"""Reads the tables of a DuckDB database file from a copy of it.

Opening a database replays its write-ahead log into the file, and a writer lets nobody else open
it. So the file and its log are copied first, and the original is only ever read as bytes.
https://duckdb.org/docs/stable/connect/concurrency
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import orjson
import pyarrow as pa

from connectors.live.address import Address
from connectors.live.pages import Budget, PartPages, pieces
from connectors.live.source import PartFacts
from connectors.live.tables import (
    DatabaseFile,
    begun_again,
    chosen_tables,
    copied,
    file_of,
    is_state,
    quoted,
    said_of,
    without_order,
)
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec

_TABLES = """
    SELECT t.table_name AS name,
        (SELECT list(column_name ORDER BY column_index) FROM duckdb_columns() AS c
            WHERE c.table_oid = t.table_oid AND c.database_name = t.database_name) AS columns,
        (SELECT any_value(constraint_column_names) FROM duckdb_constraints() AS k
            WHERE k.table_oid = t.table_oid AND k.database_name = t.database_name
                AND constraint_type = 'PRIMARY KEY') AS keys,
        (SELECT list(column_name) FROM duckdb_columns() AS c
            WHERE c.table_oid = t.table_oid AND c.database_name = t.database_name
                AND data_type IN ('INTEGER', 'BIGINT', 'SMALLINT', 'UINTEGER', 'UBIGINT')) AS whole
    FROM duckdb_tables() AS t
    WHERE t.database_name = current_database() AND t.schema_name = 'main' AND NOT t.internal"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table and how it is read.

    Attributes:
        name: As in the database.
        keys: The columns of its primary key.
        order: By which columns rows are added, together unique; empty when nothing says so.
    """

    name: str
    keys: Sequence[str]
    order: Sequence[str]


def open_source(name: str, address: Address, spec: SourceSpec) -> "Duckdb":
    """The connector for an address."""
    del spec
    path = file_of(address)
    return Duckdb(name=name or path.stem, location=address, path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duckdb(DatabaseFile):
    """One database file; its tables are the parts."""

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield the rows that are new; see `Connector`."""
        as_state, budget = is_state(self.location), Budget.of(self.location)
        with self._opened() as database:
            for table in self._tables(database):
                parts = PartPages(table.name, known)
                if as_state or not table.order:
                    yield from _standing(database, table, budget, parts)
                else:
                    yield from _added(database, table, budget, parts)

    def facts(self) -> Sequence[PartFacts]:
        """How many rows each table has, and by what it is read."""
        with self._opened() as database:
            return [
                PartFacts(
                    name=table.name,
                    newest=_newest(database, table),
                    records=database.sql(f"FROM {quoted(table.name)}").count("*").fetchall()[0][0],
                    order=", ".join(table.order),
                    note=said_of(order=table.order),
                )
                for table in self._tables(database)
            ]

    @contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with copied(self.path, Path(f"{self.path}.wal")) as copy:
            try:
                with closing(duckdb.connect(str(copy))) as database:
                    database.sql("SET TimeZone = 'UTC'")
                    yield database
            except duckdb.Error as error:
                first = str(error).splitlines()[0]
                raise SourceError(
                    f"`{self.path}` is damaged, or of a DuckDB that is newer than"
                    f" {duckdb.__version__}: {first}"
                ) from None

    def _tables(self, database: duckdb.DuckDBPyConnection) -> list[_Table]:
        rows = {row["name"]: row for row in database.sql(_TABLES).to_arrow_table().to_pylist()}
        found = []
        for name in chosen_tables(self.location, rows):
            keys, whole = rows[name]["keys"] or [], rows[name]["whole"] or []
            order = self.location.options.get("order")
            if order is not None and order not in rows[name]["columns"]:
                raise UsageError.unknown("column", order, known=rows[name]["columns"], where=name)
            rising = keys if len(keys) == 1 and keys[0] in whole else []
            # What is not unique by itself is made so by the key behind it.
            behind = [key for key in keys or ["rowid"] if key != order]
            found.append(_Table(name=name, keys=keys, order=[order, *behind] if order else rising))
        return found


def _newest(database: duckdb.DuckDBPyConnection, table: _Table) -> str:
    if not table.order:
        return ""
    column = quoted(table.order[0])
    return str(database.sql(f"SELECT max({column}) FROM {quoted(table.name)}").fetchall()[0][0])


def _added(
    database: duckdb.DuckDBPyConnection, table: _Table, budget: Budget, parts: PartPages
) -> Iterator[Page | Notice]:
    """The rows that were added since the cursor; one writer at a time wrote them in order."""
    name, columns = quoted(table.name), [quoted(column) for column in table.order]
    order, there = ", ".join(columns), f"{columns[0]} IS NOT NULL"
    texts = ", ".join(f"{column}::VARCHAR" for column in columns)
    place = texts if len(columns) == 1 else f"to_json([{texts}])::VARCHAR"
    unplaced = database.sql(f"FROM {name}").filter(f"NOT ({there})").count("*").fetchall()[0][0]
    reason = without_order(table.name, table.order[0], unplaced)
    coverage = "truncated" if reason else "complete"
    after: Sequence[str] = ()
    if parts.cursor:
        after = [parts.cursor] if len(columns) == 1 else orjson.loads(parts.cursor)
        kinds = [f"(SELECT any_value({column}) FROM {name})" for column in columns]
        values = [f"cast_to_type($after{i}, {kind})" for i, kind in enumerate(kinds)]
        bound = f"({', '.join(values)})"
        # NULL where there is no row: an empty table has not begun again.
        latest = f"SELECT bool_and(({order}) < {bound}) FROM {name} WHERE {there}"
        if database.sql(latest, params=_numbered(after)).fetchall()[0][0]:
            yield Notice(part=table.name, state="failed", sentence=begun_again(table.name))
            return
        there += f" AND ({order}) > {bound}"
    found = database.sql(
        f"SELECT {place} AS place, to_json(t)::VARCHAR AS document"
        f" FROM {name} AS t WHERE {there} ORDER BY {order}",
        params=_numbered(after),
    )
    for rows in pieces(found.to_arrow_reader(budget.room()), budget):
        yield parts.page(
            rows["place"].cast(pa.string()),
            rows["document"].cast(pa.large_binary()),
            cursor=rows["place"][-1].as_py(),
            complete=False,
            coverage=coverage,
            coverage_reason=reason,
        )
        budget.spend(rows.num_rows)
    if reason:
        yield parts.page(
            [], [], cursor=parts.cursor, complete=True, coverage=coverage, coverage_reason=reason
        )


def _numbered(after: Sequence[str]) -> dict[str, str]:
    return {f"after{i}": value for i, value in enumerate(after)}


def _standing(
    database: duckdb.DuckDBPyConnection, table: _Table, budget: Budget, parts: PartPages
) -> Iterator[Page]:
    """All rows as they stand; one that stands as it did is known by its place and content."""
    keys = table.keys or ["rowid"]
    key = " || '/' || ".join(f"ifnull({quoted(name)}::VARCHAR, '')" for name in keys)
    found = database.sql(
        f"SELECT {key} AS place, to_json(t)::VARCHAR AS document FROM {quoted(table.name)} AS t"
    )
    for rows in pieces(found.to_arrow_reader(budget.room()), budget):
        yield parts.standing(rows["place"].to_pylist(), rows["document"].to_pylist())
        budget.spend(rows.num_rows)
