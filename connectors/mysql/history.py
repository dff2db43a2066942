"""Tables of MariaDB or MySQL as rows that were added."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from connectors.live.history import SETTLING_S, Fetched
from connectors.live.pages import Budget
from connectors.mysql.session import Session, quoted
from connectors.mysql.tables import WHOLE, Table, document, place

_VIEW_S = 0.15
"""The server makes the view of open transactions anew every 0.1 s."""


@dataclass(frozen=True, slots=True)
class TableHistory:
    """A table and a session to ask about it; see `History`."""

    session: Session
    table: Table

    def last(self) -> str | None:
        """Place of the last row; None where no row is in it."""
        backwards = ", ".join(f"{quoted(name)} DESC" for name in self.table.order)
        rows = self.session.rows(
            f"SELECT {place(self.table.order)} AS place FROM {quoted(self.table.name)}"
            f" WHERE {quoted(self.table.order[0])} IS NOT NULL ORDER BY {backwards} LIMIT 1"
        )
        return rows[0]["place"] if rows else None

    def unplaced(self) -> int:
        """How many rows have no value in the column that orders them."""
        query = (
            f"SELECT count(*) AS n FROM {quoted(self.table.name)}"
            f" WHERE {quoted(self.table.order[0])} IS NULL"
        )
        return int(self.session.rows(query)[0]["n"])

    def ends_before(self, position: str) -> bool:
        """Whether all rows come before a place."""
        query = f"SELECT 1 FROM {self._relation} WHERE ({self._columns}) >= ({self._marks}) LIMIT 1"
        return not self.session.rows(query, self._values(position))

    def settled(self) -> bool:
        """Whether all transactions that are open now have ended, after waiting a little."""
        time.sleep(_VIEW_S)
        before = self._open_transactions()
        until = time.monotonic() + SETTLING_S
        while before and time.monotonic() < until:
            time.sleep(_VIEW_S)
            before &= self._open_transactions()
        return not before

    def rows(self, *, after: str, until: str, budget: Budget) -> Iterator[Fetched]:
        """The rows after a place up to another, a statement a page."""
        asked = (
            f"{_escaped(place(self.table.order))} AS place,"
            f" {_escaped(document(self.table))} AS document"
        )
        while True:
            wanted = budget.room()
            beyond = f" AND ({self._columns}) > ({self._marks})" if after else ""
            rows = self.session.rows(
                f"SELECT {asked} FROM {self._relation}"
                f" WHERE ({self._columns}) <= ({self._marks}){beyond}"
                f" ORDER BY {self._columns} LIMIT {wanted}",
                [*self._values(until), *(self._values(after) if after else ())],
            )
            if not rows:
                return
            after = rows[-1]["place"]
            yield Fetched(
                places=[row["place"] for row in rows],
                documents=[row["document"].encode() for row in rows],
                last=after,
                complete=len(rows) < wanted,
            )

    @property
    def _relation(self) -> str:
        return _escaped(quoted(self.table.name))

    @property
    def _columns(self) -> str:
        return _escaped(", ".join(map(quoted, self.table.order)))

    @property
    def _marks(self) -> str:
        return ", ".join("%s" for _ in self.table.order)

    def _values(self, position: str) -> list[int | str]:
        """The values of a place; numbers as numbers, since texts are compared as floats."""
        texts = [position] if len(self.table.order) == 1 else orjson.loads(position)
        return [
            int(text) if self.table.kinds[name] in WHOLE else text
            for name, text in zip(self.table.order, texts, strict=True)
        ]

    def _open_transactions(self) -> set[tuple[int, str]]:
        rows = self.session.rows(
            "SELECT trx_mysql_thread_id AS thread, CAST(trx_started AS CHAR) AS started"
            " FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id <> connection_id()"
        )
        return {(row["thread"], row["started"]) for row in rows}


def _escaped(expression: str) -> str:
    """The expression in a query with values, where a percent sign stands for one."""
    return expression.replace("%", "%%")
