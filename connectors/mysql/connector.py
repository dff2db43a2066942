"""Reads tables of a MariaDB or MySQL database.

https://mariadb.com/kb/en/start-transaction/, https://dev.mysql.com/doc/refman/8.4/en/commit.html
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from connectors.live.address import Address
from connectors.live.located import Located
from connectors.live.pages import Budget, PartPages
from connectors.live.source import PartFacts, loaded
from connectors.live.tables import (
    UNSETTLED,
    begun_again,
    chosen_tables,
    is_state,
    said_of,
    without_order,
)
from connectors.mysql.session import Session, connected, quoted
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec

STATE_MOST_BYTES = 256 * 2**20
"""A table up to this size is copied in seconds: its snapshot keeps no old rows for long."""
SETTLING_S = 3.0
"""How long transactions that were open when we came may take before we read without them."""
_VIEW_S = 0.15
"""The server makes the view of open transactions anew every 0.1 s."""
_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_BINARY = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table and how it is read.

    Attributes:
        name: As in the database.
        kinds: Its columns and their types.
        keys: The columns of its primary key.
        alone: Columns that are unique each by itself.
        order: By which columns rows are added; empty when nothing says so.
        rows: As the server estimates.
        bytes: On its disk, as the server estimates.
    """

    name: str
    kinds: dict[str, str]
    keys: Sequence[str]
    alone: Sequence[str]
    order: Sequence[str]
    rows: int | None
    bytes: int

    @property
    def has_quick_end(self) -> bool:
        """Whether an index begins with the column by which rows are added."""
        return bool(self.order) and self.order[0] in {*self.alone, *self.keys[:1]}


def open_source(name: str, address: Address, spec: SourceSpec) -> "Mysql":
    """The connector for an address.

    Raises:
        UsageError: It asks for the binary log and for rows of tables at once.
    """
    if "binlog" in address.options and {"order", "as"} & address.options.keys():
        raise UsageError(
            f"`{address.text}`: the binary log has changes, not rows; `order` and `as` mean nothing"
            " there."
        )
    return Mysql(
        name=name or address.path or "mysql",
        location=address,
        may_burden_primary="primary" in spec.allow,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mysql(Located):
    """One database; its tables are the parts.

    Attributes:
        may_burden_primary: Whether a long snapshot of a server that serves others is allowed.
    """

    may_burden_primary: bool

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield what is new; see `Connector`."""
        budget = Budget.of(self.location)
        if "binlog" in self.location.options:
            yield from _binlog().pages(self.location, known, budget)
            return
        as_state = is_state(self.location)
        with connected(self.location) as session:
            for table in self._named(session):
                parts = PartPages(table.name, known)
                if as_state or not table.order:
                    self._check_size(session, table)
                    yield from _standing(session, table, parts, budget)
                else:
                    yield from _added(session, table, parts, budget)

    def facts(self) -> Sequence[PartFacts]:
        """How large each table is, as the server estimates, and how it is read."""
        with connected(self.location) as session:
            if "binlog" in self.location.options:
                return [_binlog().facts(session, self.location)]
            chosen = "table" in self.location.options
            found = self._named(session) if chosen else _tables(session).values()
            follows = _follows(session)
            server = "on a replica or a read-only server" if follows else "on a primary"
            return [
                PartFacts(
                    name=table.name,
                    records=table.rows,
                    newest=(_last(session, table) or "") if table.has_quick_end else "",
                    bytes=table.bytes,
                    order=", ".join(table.order),
                    note=said_of(order=table.order, server=server),
                )
                for table in found
            ]

    def _named(self, session: Session) -> list[Table]:
        found = _tables(session)
        if not self.location.options.get("table"):
            raise SourceError(
                f"`{self.address}` does not say which table.",
                hint=f"Add `?table=NAME`. It has: {', '.join(found) or 'none that may be read'}.",
            )
        return [self._ordered(found[name]) for name in chosen_tables(self.location, found)]

    def _ordered(self, table: Table) -> Table:
        wanted = self.location.options.get("order")
        if wanted is None:
            return table
        if wanted not in table.kinds:
            raise UsageError.unknown("column", wanted, known=table.kinds, where=table.name)
        # What is not unique by itself is made so by the key behind it.
        if not table.keys and wanted not in table.alone:
            raise UsageError(
                f"`{table.name}` has no primary key, and several of its rows may have one"
                f" `{wanted}`: some of them would be lost where a page ends.",
                hint="Order it by a column that is unique, or read it with `?as=state`.",
            )
        return replace(table, order=[wanted, *(key for key in table.keys if key != wanted)])

    def _check_size(self, session: Session, table: Table) -> None:
        burdens = not (self.may_burden_primary or _follows(session))
        if table.bytes > STATE_MOST_BYTES and burdens:
            raise SourceError(
                f"`{table.name}` has {table.bytes / 2**20:,.0f} MB, and this is a primary: one"
                " snapshot of it would keep old rows of all tables for as long as it takes.",
                hint="Read a replica, name the column by which rows are added (`?order=`), or say"
                " `--allow-primary`.",
            )


def _follows(session: Session) -> bool:
    """Whether the server only follows another one, or is closed to all who write."""
    return bool(session.rows("SELECT @@global.read_only AS follows")[0]["follows"])


def _binlog() -> Any:  # noqa: ANN401 - a module
    return loaded(
        "connectors.mysql.binlog",
        library="pymysqlreplication",
        extra="mysql",
        what="Reading a binary log",
    )


def _tables(session: Session) -> dict[str, Table]:
    columns = session.rows("""
        SELECT c.TABLE_NAME AS tbl, c.COLUMN_NAME AS col, c.DATA_TYPE AS kind,
            c.COLUMN_KEY = 'PRI' AS is_key, c.COLUMN_KEY = 'UNI' AS is_alone,
            t.TABLE_ROWS AS n, t.DATA_LENGTH AS size
        FROM information_schema.COLUMNS AS c
        JOIN information_schema.TABLES AS t USING (TABLE_SCHEMA, TABLE_NAME)
        WHERE TABLE_SCHEMA = database() AND TABLE_TYPE = 'BASE TABLE'
        ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION""")
    found: dict[str, Table] = {}
    for name in dict.fromkeys(row["tbl"] for row in columns):
        mine = [row for row in columns if row["tbl"] == name]
        keys = [row["col"] for row in mine if row["is_key"]]
        kinds = {row["col"]: row["kind"].lower() for row in mine}
        rising = len(keys) == 1 and kinds[keys[0]] in _WHOLE
        found[name] = Table(
            name=name,
            kinds=kinds,
            keys=keys,
            alone=[row["col"] for row in mine if row["is_alone"]],
            order=keys if rising else (),
            rows=mine[0]["n"],
            bytes=mine[0]["size"] or 0,
        )
    return found


def _added(
    session: Session, table: Table, parts: PartPages, budget: Budget
) -> Iterator[Page | Notice]:
    """The rows that were added since the cursor, up to the last that was there when we came.

    Numbers become visible out of order: a lower one may still be in an open transaction. So we
    wait until what was open has ended; where it does not, the cursor stays before these rows.
    """
    order = ", ".join(map(quoted, table.order))
    place = _place(table.order)
    last = _last(session, table)
    unplaced = without_order(table.name, table.order[0], _unplaced(session, table))
    if unplaced and not last:
        yield parts.page(
            [],
            [],
            cursor=parts.cursor,
            complete=True,
            coverage="truncated",
            coverage_reason=unplaced,
        )
    if not last:
        return
    if parts.cursor and _is_before(session, table, parts.cursor):
        yield Notice(part=table.name, state="failed", sentence=begun_again(table.name))
        return
    settled = _settled(session)
    after = parts.cursor
    coverage = "unknown" if not settled else "truncated" if unplaced else "complete"
    reason = " ".join(filter(None, ["" if settled else UNSETTLED, unplaced]))
    while True:
        wanted = budget.room()
        marks = ", ".join("%s" for _ in table.order)
        beyond = f" AND ({_escaped(order)}) > ({marks})" if after else ""
        rows = session.rows(
            f"SELECT {_escaped(place)} AS place, {_escaped(_document(table))} AS document"
            f" FROM {_escaped(quoted(table.name))} WHERE ({_escaped(order)}) <= ({marks}){beyond}"
            f" ORDER BY {_escaped(order)} LIMIT {wanted}",
            [*_values(table, last), *(_values(table, after) if after else ())],
        )
        if not rows:
            return
        after = rows[-1]["place"]
        yield parts.page(
            [row["place"] for row in rows],
            [row["document"].encode() for row in rows],
            cursor=after if settled else parts.cursor,
            complete=len(rows) < wanted,
            coverage=coverage,
            coverage_reason=reason,
        )
        budget.spend(len(rows))


def _last(session: Session, table: Table) -> str | None:
    """Place of the last row in the order of a history; None where no row is in it."""
    backwards = ", ".join(f"{quoted(name)} DESC" for name in table.order)
    rows = session.rows(
        f"SELECT {_place(table.order)} AS place FROM {quoted(table.name)}"
        f" WHERE {quoted(table.order[0])} IS NOT NULL ORDER BY {backwards} LIMIT 1"
    )
    return rows[0]["place"] if rows else None


def _unplaced(session: Session, table: Table) -> int:
    """How many rows have no value in the column that orders them; a key always has one."""
    if table.order[0] in table.keys:
        return 0
    query = f"SELECT count(*) AS n FROM {quoted(table.name)} WHERE {quoted(table.order[0])} IS NULL"
    return int(session.rows(query)[0]["n"])


def _is_before(session: Session, table: Table, cursor: str) -> bool:
    """Whether all rows come before the one that was read last."""
    order = ", ".join(map(quoted, table.order))
    marks = ", ".join("%s" for _ in table.order)
    query = f"SELECT 1 FROM {quoted(table.name)} WHERE ({order})"
    return not session.rows(f"{_escaped(query)} >= ({marks}) LIMIT 1", _values(table, cursor))


def _standing(session: Session, table: Table, parts: PartPages, budget: Budget) -> Iterator[Page]:
    """All rows as they stand, in one statement and so from one snapshot."""
    query = (
        f"SELECT {_place(table.keys or list(table.kinds))}, {_document(table)}"
        f" FROM {quoted(table.name)}"
    )
    for rows in session.pieces(query, budget.room):
        yield parts.standing([key for key, _ in rows], [row for _, row in rows])
        budget.spend(len(rows))


def _settled(session: Session) -> bool:
    """Whether all transactions that are open now have ended, after waiting for them a little."""
    time.sleep(_VIEW_S)
    before = _open_transactions(session)
    until = time.monotonic() + SETTLING_S
    while before and time.monotonic() < until:
        time.sleep(_VIEW_S)
        before &= _open_transactions(session)
    return not before


def _open_transactions(session: Session) -> set[tuple[int, str]]:
    rows = session.rows(
        "SELECT trx_mysql_thread_id AS thread, CAST(trx_started AS CHAR) AS started"
        " FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id <> connection_id()"
    )
    return {(row["thread"], row["started"]) for row in rows}


def _place(names: Sequence[str]) -> str:
    """An expression that tells each row from the others; several values as a JSON array."""
    texts = ", ".join(f"CAST({quoted(name)} AS CHAR)" for name in names)
    return texts if len(names) == 1 else f"JSON_ARRAY({texts})"


def _values(table: Table, place: str) -> list[int | str]:
    """The values of a place; numbers as numbers, since texts are compared as floats."""
    texts = [place] if len(table.order) == 1 else orjson.loads(place)
    return [
        int(text) if table.kinds[name] in _WHOLE else text
        for name, text in zip(table.order, texts, strict=True)
    ]


def _escaped(expression: str) -> str:
    """The expression in a query with values, where a percent sign stands for one."""
    return expression.replace("%", "%%")


def _document(table: Table) -> str:
    """An SQL expression that gives a row as JSON: times in UTC, bytes as hex digits."""
    pairs = ", ".join(
        f"'{name.replace(chr(39), chr(39) * 2)}', {_value(name, kind)}"
        for name, kind in table.kinds.items()
    )
    return f"JSON_OBJECT({pairs})"


def _value(name: str, kind: str) -> str:
    column = quoted(name)
    if kind in _BINARY:
        return f"HEX({column})"
    if kind == "bit":
        return f"{column} + 0"
    # The one type that is an instant: what a `datetime` means is known to its application only.
    return f"DATE_FORMAT({column}, '%Y-%m-%dT%H:%i:%s.%fZ')" if kind == "timestamp" else column
