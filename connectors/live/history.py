"""A server's table as rows that were added: each once, also where their numbers appear late."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from connectors.live.pages import Budget, PartPages
from connectors.live.tables import UNSETTLED, begun_again, without_order
from forensics.model.record import Notice, Page

SETTLING_S = 3.0
"""How long transactions that were open when we came may take before we read without them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Some rows, in order.

    Attributes:
        places: What tells each row from the others.
        documents: The rows, as JSON.
        last: Place of the last one.
        complete: Whether it is the last there is, for now.
    """

    places: Sequence[str] | pa.Array
    documents: Sequence[bytes] | pa.Array
    last: str
    complete: bool


class OrderedTable(Protocol):
    """A table and the columns by which rows are added to it."""

    @property
    def name(self) -> str:
        """As people call it."""
        ...

    @property
    def keys(self) -> Sequence[str]:
        """The columns of its primary key, which always have a value."""
        ...

    @property
    def order(self) -> Sequence[str]:
        """The columns by which rows are added."""
        ...


class History(Protocol):
    """The rows that were added to a table; each method asks the server."""

    @property
    def table(self) -> OrderedTable:
        """The table."""
        ...

    def last(self) -> str | None:
        """Place of the last row; None where no row is in it."""
        ...

    def unplaced(self) -> int:
        """How many rows have no value in the column that orders them."""
        ...

    def ends_before(self, position: str) -> bool:
        """Whether all rows come before a place."""
        ...

    def settled(self) -> bool:
        """Whether all transactions that are open now have ended, after waiting a little."""
        ...

    def rows(self, *, after: str, until: str, budget: Budget) -> Iterator[Fetched]:
        """The rows after a place (all for an empty one) up to another; no statement takes long."""
        ...


def added(history: History, parts: PartPages, budget: Budget) -> Iterator[Page | Notice]:
    """Yield the rows that were added since the cursor.

    Numbers of a sequence become visible out of order: a row with a lower one than was read may
    still be in an open transaction. So the rows are read only up to the last that was there when
    we came, and only once every transaction that was open then has ended. Where one stays open,
    the rows are read all the same, but the cursor stays before them: the next run reads them
    again, and knows those it has by their position.
    """
    table = history.table
    first = table.order[0]
    end = history.last()
    unplaced = without_order(table.name, first, 0 if first in table.keys else history.unplaced())
    if end is None:
        if unplaced:
            yield parts.page(
                [],
                [],
                cursor=parts.cursor,
                complete=True,
                coverage="truncated",
                coverage_reason=unplaced,
            )
        return
    if parts.cursor and history.ends_before(parts.cursor):
        yield Notice(part=table.name, state="failed", sentence=begun_again(table.name))
        return
    settled = history.settled()
    for rows in history.rows(after=parts.cursor, until=end, budget=budget):
        yield parts.page(
            rows.places,
            rows.documents,
            cursor=rows.last if settled else parts.cursor,
            complete=rows.complete,
            coverage="unknown" if not settled else "truncated" if unplaced else "complete",
            coverage_reason=" ".join(filter(None, ["" if settled else UNSETTLED, unplaced])),
        )
        budget.spend(len(rows.places))
