"""Reads tables of a MariaDB or MySQL database.

https://mariadb.com/kb/en/start-transaction/, https://dev.mysql.com/doc/refman/8.4/en/commit.html
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.live.address import Address
from connectors.live.history import added
from connectors.live.located import Located
from connectors.live.pages import Budget, PartPages
from connectors.live.source import PartFacts, loaded
from connectors.live.tables import chosen_tables, is_state, said_of
from connectors.mysql.history import TableHistory
from connectors.mysql.session import Session, connected, quoted
from connectors.mysql.tables import Table, document, place, readable
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec

STATE_MOST_BYTES = 256 * 2**20
"""A table up to this size is copied in seconds: its snapshot keeps no old rows for long."""


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
                    yield from added(TableHistory(session, table), parts, budget)

    def facts(self) -> Sequence[PartFacts]:
        """How large each table is, as the server estimates, and how it is read."""
        with connected(self.location) as session:
            if "binlog" in self.location.options:
                return [_binlog().facts(session, self.location)]
            chosen = "table" in self.location.options
            found = self._named(session) if chosen else readable(session).values()
            follows = _follows(session)
            server = "on a replica or a read-only server" if follows else "on a primary"
            return [
                PartFacts(
                    name=table.name,
                    records=table.rows,
                    newest=(TableHistory(session, table).last() or "")
                    if table.has_quick_end
                    else "",
                    bytes=table.bytes,
                    order=", ".join(table.order),
                    note=said_of(order=table.order, server=server),
                )
                for table in found
            ]

    def _named(self, session: Session) -> list[Table]:
        found = readable(session)
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


def _standing(session: Session, table: Table, parts: PartPages, budget: Budget) -> Iterator[Page]:
    """All rows as they stand, in one statement and so from one snapshot."""
    query = (
        f"SELECT {place(table.keys or list(table.kinds))}, {document(table)}"
        f" FROM {quoted(table.name)}"
    )
    for rows in session.pieces(query, budget.room):
        yield parts.standing([key for key, _ in rows], [row for _, row in rows])
        budget.spend(len(rows))
