"""Tables of PostgreSQL as rows that were added."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import orjson
import pyarrow as pa

from connectors.live.history import SETTLING_S, Fetched
from connectors.live.pages import Budget, pieces
from connectors.live.tables import quoted
from connectors.postgresql.documents import writable, written
from connectors.postgresql.session import Session, literal
from connectors.postgresql.tables import Table, place

STATEMENT_ROWS = 100_000
"""Rows of a statement, whose snapshot holds back the server's vacuum until they are read."""
_BREATH_S = 0.02
"""Between the drawing of a number from a sequence and the writing of the row."""


@dataclass(frozen=True, slots=True)
class TableHistory:
    """A table and a session to ask about it; see `History`."""

    session: Session
    table: Table

    def last(self) -> str | None:
        """Place of the last row; None where no row is in it."""
        backwards = ", ".join(f"t.{quoted(name)} DESC" for name in self.table.order)
        there = " AND ".join(f"t.{quoted(name)} IS NOT NULL" for name in self.table.order)
        rows = self.session.rows(
            f"SELECT {place(self.table.order)} AS place FROM {self.table.relation} AS t"
            f" WHERE {there} ORDER BY {backwards} LIMIT 1"
        )
        return rows[0]["place"] if rows else None

    def unplaced(self) -> int:
        """How many rows have no value in the column that orders them."""
        query = (
            f"SELECT count(*) AS n FROM {self.table.relation}"
            f" WHERE {quoted(self.table.order[0])} IS NULL"
        )
        return int(self.session.rows(query)[0]["n"])

    def ends_before(self, position: str) -> bool:
        """Whether all rows come before a place."""
        order = ", ".join(f"t.{quoted(name)}" for name in self.table.order)
        query = (
            f"SELECT 1 AS there FROM {self.table.relation} AS t"
            f" WHERE ({order}) >= ({_values(self.table, position)}) LIMIT 1"
        )
        return not self.session.rows(query)

    def settled(self) -> bool:
        """Whether all transactions that are open now have ended, after waiting a little."""
        time.sleep(_BREATH_S)
        horizon = self._snapshot("xmax")
        until = time.monotonic() + SETTLING_S
        while self._snapshot("xmin") < horizon:
            if time.monotonic() > until:
                return False
            time.sleep(_BREATH_S)
        return True

    def rows(self, *, after: str, until: str, budget: Budget) -> Iterator[Fetched]:
        """The rows after a place up to another, page by page."""
        written_here = True
        while True:
            most = budget.room() if budget.limited else STATEMENT_ROWS
            count = 0
            wanted = _wanted(self.table, written_here=written_here)
            those = _those(self.table, after=after, until=until, most=most)
            with closing(self.session.batches(f"SELECT {wanted} {those}")) as batches:
                for rows in pieces(batches, budget):
                    values = rows.drop_columns(["place"])
                    if written_here and not writable(self.table.columns, values):
                        written_here = False
                        break
                    count += rows.num_rows
                    after = str(rows["place"][-1].as_py())
                    yield Fetched(
                        places=rows["place"].cast(pa.string()),
                        documents=_documents(self.table, values),
                        last=after,
                        complete=count < most and rows.num_rows < budget.room(),
                    )
                else:
                    if count < most:
                        return

    def _snapshot(self, end: str) -> int:
        query = f"SELECT pg_snapshot_{end}(pg_current_snapshot())::text AS x"
        return int(self.session.rows(query)[0]["x"])


def _wanted(table: Table, *, written_here: bool) -> str:
    """What a statement asks of each row."""
    first = next(column for column in table.columns if column.name == table.order[0])
    is_number = len(table.order) == 1 and first.kind in {"int2", "int4", "int8"}
    # A number is made a text here: the server has others to serve.
    there = first.asked if is_number else place(table.order)
    if not written_here:
        return f"{there} AS place, row_to_json(t.*)::text AS document"
    values = (f"{each.asked} AS c{number}" for number, each in enumerate(table.columns))
    return ", ".join([f"{there} AS place", *values])


def _documents(table: Table, values: pa.RecordBatch) -> pa.Array:
    if "document" in values.schema.names:
        return values["document"].cast(pa.large_binary())
    return written(table.columns, values)


def _those(table: Table, *, after: str, until: str, most: int) -> str:
    """The next rows in order; the bounds are places, of which PostgreSQL reads the values."""
    order = ", ".join(f"t.{quoted(name)}" for name in table.order)
    conditions = [f"({order}) <= ({_values(table, until)})"]
    if after:
        conditions.append(f"({order}) > ({_values(table, after)})")
    return (
        f"FROM {table.relation} AS t WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {most}"
    )


def _values(table: Table, position: str) -> str:
    """The values of a place as literals; an untyped literal takes the type of its column."""
    if len(table.order) == 1:
        return literal(position)
    return ", ".join(literal(value) for value in orjson.loads(position))
