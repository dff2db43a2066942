"""Tables as rows that were added: each once, also where their numbers became visible late."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing

import orjson
import pyarrow as pa

from connectors.live.pages import Budget, PartPages, pieces
from connectors.live.tables import UNSETTLED, begun_again, quoted, without_order
from connectors.postgresql.documents import writable, written
from connectors.postgresql.session import Session, literal
from connectors.postgresql.tables import Table, place
from forensics.model.record import KnownPart, Notice, Page

SETTLING_S = 3.0
"""How long transactions that were open when we came may take before we read without them."""
STATEMENT_ROWS = 100_000
"""Rows of a statement, whose snapshot holds back the server's vacuum until they are read."""
_BREATH_S = 0.02
"""Between the drawing of a number from a sequence and the writing of the row."""


def added(
    session: Session, table: Table, known: Sequence[KnownPart], budget: Budget
) -> Iterator[Page | Notice]:
    """The rows that were added since the cursor, in statements that never take long.

    Numbers of a sequence become visible out of order: a row with a lower one than was read may
    still be in an open transaction. So the rows are read only up to the last that was there when
    we came, and only once every transaction that was open then has ended. Where one stays open,
    the rows are read all the same, but the cursor stays before them: the next run reads them
    again, and knows those it has by their position.
    """
    parts = PartPages(table.name, known)
    end = last(session, table)
    unplaced = without_order(table.name, table.order[0], _unplaced(session, table))
    if unplaced and end is None:
        yield parts.page(
            [],
            [],
            cursor=parts.cursor,
            complete=True,
            coverage="truncated",
            coverage_reason=unplaced,
        )
    if end is None:
        return
    if parts.cursor and _is_before(session, table, parts.cursor):
        yield Notice(part=table.name, state="failed", sentence=begun_again(table.name))
        return
    settled = _settled(session)
    coverage = "unknown" if not settled else "truncated" if unplaced else "complete"
    reason = " ".join(filter(None, ["" if settled else UNSETTLED, unplaced]))
    for rows, complete in _fetched(session, table, budget, after=parts.cursor, until=end):
        yield parts.page(
            rows["place"].cast(pa.string()),
            _documents(table, rows),
            cursor=str(rows["place"][-1].as_py()) if settled else parts.cursor,
            complete=complete,
            coverage=coverage,
            coverage_reason=reason,
        )
        budget.spend(rows.num_rows)


def last(session: Session, table: Table) -> str | None:
    """Place of the last row in the order of a history; None where no row is in it."""
    backwards = ", ".join(f"t.{quoted(name)} DESC" for name in table.order)
    there = " AND ".join(f"t.{quoted(name)} IS NOT NULL" for name in table.order)
    rows = session.rows(
        f"SELECT {place(table.order)} AS place FROM {table.relation} AS t"
        f" WHERE {there} ORDER BY {backwards} LIMIT 1"
    )
    return rows[0]["place"] if rows else None


def _unplaced(session: Session, table: Table) -> int:
    """How many rows have no value in the column that orders them; a key always has one."""
    if table.order[0] in table.keys:
        return 0
    query = f"SELECT count(*) AS n FROM {table.relation} WHERE {quoted(table.order[0])} IS NULL"
    return int(session.rows(query)[0]["n"])


def _is_before(session: Session, table: Table, cursor: str) -> bool:
    """Whether all rows come before the one that was read last."""
    order = ", ".join(f"t.{quoted(name)}" for name in table.order)
    query = (
        f"SELECT 1 AS there FROM {table.relation} AS t"
        f" WHERE ({order}) >= ({_values(table, cursor)}) LIMIT 1"
    )
    return not session.rows(query)


def _settled(session: Session) -> bool:
    """Whether all transactions that are open now have ended, after waiting for them a little."""
    time.sleep(_BREATH_S)
    horizon = int(session.rows("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS x")[0]["x"])
    until = time.monotonic() + SETTLING_S
    while True:
        oldest = session.rows("SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS x")[0]["x"]
        if int(oldest) >= horizon:
            return True
        if time.monotonic() > until:
            return False
        time.sleep(_BREATH_S)


def _fetched(
    session: Session, table: Table, budget: Budget, *, after: str, until: str
) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """The rows in order, page by page, for `_documents`; and whether a page is the last one."""
    written_here = True
    while True:
        most = budget.room() if budget.limited else STATEMENT_ROWS
        count = 0
        wanted = _wanted(table, written_here=written_here)
        those = _those(table, after=after, until=until, most=most)
        with closing(session.batches(f"SELECT {wanted} {those}")) as batches:
            for rows in pieces(batches, budget):
                if written_here and not writable(table.columns, rows.drop_columns(["place"])):
                    written_here = False
                    break
                count += rows.num_rows
                yield rows, count < most and rows.num_rows < budget.room()
                after = str(rows["place"][-1].as_py())
            else:
                if count < most:
                    return


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


def _documents(table: Table, rows: pa.RecordBatch) -> pa.Array:
    if "document" in rows.schema.names:
        return rows["document"].cast(pa.large_binary())
    return written(table.columns, rows.drop_columns(["place"]))


def _those(table: Table, *, after: str, until: str, most: int) -> str:
    """The next rows in order; the bounds are places, of which PostgreSQL reads the values."""
    order = ", ".join(f"t.{quoted(name)}" for name in table.order)
    conditions = [f"({order}) <= ({_values(table, until)})"]
    if after:
        conditions.append(f"({order}) > ({_values(table, after)})")
    return (
        f"FROM {table.relation} AS t WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {most}"
    )


def _values(table: Table, place: str) -> str:
    """The values of a place as literals; an untyped literal takes the type of its column."""
    if len(table.order) == 1:
        return literal(place)
    return ", ".join(literal(value) for value in orjson.loads(place))
