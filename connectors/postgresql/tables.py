"""Tables: as rows that were added, or as rows that stand."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import orjson
import pyarrow as pa

from connectors.live.address import Address
from connectors.live.pages import Budget, PartPages, pieces
from connectors.live.platforms import Row
from connectors.live.source import PartFacts
from connectors.live.tables import UNSETTLED, begun_again, chosen_tables, quoted, without_order
from connectors.postgresql.session import Session, connected, literal
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Notice, Page

STATE_MOST_BYTES = 256 * 2**20
"""A table up to this size is copied out of a primary in seconds: its snapshot holds back no vacuum
that anybody would notice."""
SETTLING_S = 3.0
"""How long transactions that were open when we came may take before we read without them."""
_BREATH_S = 0.02
"""Between the drawing of a number from a sequence and the writing of the row."""

_TABLES = """
    WITH keys AS (
        SELECT i.indrelid, array_agg(a.attname ORDER BY k.place) AS names,
            array_agg(a.atttypid ORDER BY k.place) AS types
        FROM pg_index i
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
        WHERE i.indisprimary GROUP BY i.indrelid
    )
    SELECT n.nspname::text AS schema, c.relname::text AS name, c.reltuples::bigint AS rows,
        pg_table_size(c.oid) AS bytes, pg_is_in_recovery() AS on_standby,
        coalesce(keys.names::text[], '{}') AS keys,
        coalesce(cardinality(keys.names) = 1 AND keys.types[1] IN (20, 21, 23), false) AS rising,
        array(SELECT a.attname::text FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1
                AND i.indpred IS NULL) AS alone,
        array(SELECT attname::text FROM pg_attribute
            WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN keys ON keys.indrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
        AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table and how it is read.

    Attributes:
        name: As people call it: without its schema where that is `public`.
        relation: As a statement calls it.
        keys: The columns of its primary key.
        alone: Columns that are unique each by itself.
        order: By which columns rows are added; empty when nothing says so.
        columns: All there are.
        rows: As the server estimates; -1 where it never counted.
        bytes: On its disk.
        on_standby: Whether the server only follows another one.
    """

    name: str
    relation: str
    keys: Sequence[str]
    alone: Sequence[str]
    order: Sequence[str]
    columns: Sequence[str]
    rows: int
    bytes: int
    on_standby: bool

    @property
    def facts(self) -> PartFacts:
        """What is known of it without reading it."""
        return PartFacts(
            name=self.name,
            records=self.rows if self.rows >= 0 else None,
            order=", ".join(self.order),
            note="" if self.order else "read as state unless `order` names a column",
        )


def readable(session: Session) -> list[Table]:
    """Every table that the account may read, by name."""
    rows = session.rows(_TABLES)
    return sorted(
        (
            Table(
                name=row["name"] if row["schema"] == "public" else f"{row['schema']}.{row['name']}",
                relation=f"{quoted(row['schema'])}.{quoted(row['name'])}",
                keys=row["keys"],
                alone=row["alone"],
                order=row["keys"] if row["rising"] else (),
                columns=row["columns"],
                rows=row["rows"],
                bytes=row["bytes"],
                on_standby=row["on_standby"],
            )
            for row in rows
        ),
        key=lambda table: table.name,
    )


def named(session: Session, address: Address) -> list[Table]:
    """The tables that the address names.

    Raises:
        SourceError: It names none, or one that is not there or may not be read.
        UsageError: A table has no such column to order it by, or its rows would share places.
    """
    found = {table.name: table for table in readable(session)}
    if not address.options.get("table"):
        raise SourceError(
            f"`{address.text}` does not say which table.",
            hint=f"Add `?table=NAME`. It has: {', '.join(found) or 'none that may be read'}.",
        )
    return [_ordered(found[name], address) for name in chosen_tables(address, found)]


def added(
    address: Address, table: Table, known: Sequence[KnownPart], budget: Budget
) -> Iterator[Page | Notice]:
    """The rows that were added since the cursor, each page in a transaction of its own.

    Numbers of a sequence become visible out of order: a row with a lower one than was read may
    still be in an open transaction. So the rows are read only up to the last that was there when
    we came, and only once every transaction that was open then has ended. Where one stays open,
    the rows are read all the same, but the cursor stays before them: the next run reads them
    again, and knows those it has by their position.
    """
    parts = PartPages(table.name, known)
    with connected(address) as session:
        last = _last(session, table)
        unplaced = without_order(table.name, table.order[0], _unplaced(session, table))
        if unplaced and last is None:
            yield parts.page(
                [],
                [],
                cursor=parts.cursor,
                complete=True,
                coverage="truncated",
                coverage_reason=unplaced,
            )
        if last is None:
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
            rows = session.table(_next_rows(table, after=after, until=last, most=wanted))
            if not rows.num_rows:
                return
            after = rows["place"][-1].as_py()
            yield parts.page(
                _texts(rows["place"]),
                _documents(rows["document"]),
                cursor=after if settled else parts.cursor,
                complete=rows.num_rows < wanted,
                coverage=coverage,
                coverage_reason=reason,
            )
            budget.spend(rows.num_rows)


def standing(
    address: Address,
    table: Table,
    known: Sequence[KnownPart],
    budget: Budget,
    *,
    on_primary: bool,
) -> Iterator[Page]:
    """All rows as they stand, from one snapshot.

    Raises:
        SourceError: The table is large, and the server serves others.
    """
    refuse_burden([table], on_primary=on_primary)
    parts = PartPages(table.name, known)
    with connected(address, one_moment=True) as session:
        for rows in pieces(session.batches(_all_rows(table)), budget):
            yield parts.page(
                _texts(rows["place"]), _documents(rows["document"]), cursor="", complete=False
            )
            budget.spend(rows.num_rows)


def rows(session: Session, query: str) -> Iterator[Row]:
    """The rows of a query, in batches."""
    asked = f"SELECT row_to_json(q.*)::text AS document FROM ({query}) AS q"
    for batch in session.batches(asked):
        for document in batch["document"]:
            yield orjson.loads(document.as_py())


def refuse_burden(found: Sequence[Table], *, on_primary: bool) -> None:
    """Refuse a long snapshot of a server that serves others.

    Raises:
        SourceError: A table is large, and the server serves others.
    """
    for table in found:
        if table.bytes > STATE_MOST_BYTES and not (table.on_standby or on_primary):
            raise SourceError(
                f"`{table.name}` has {table.bytes / 2**20:,.0f} MB, and this is a primary: reading"
                " it in one snapshot would hold back its vacuum for all others.",
                hint="Read a standby, name the column by which rows are added (`?order=`), or say"
                " `--allow-primary`.",
            )


def _ordered(table: Table, address: Address) -> Table:
    wanted = address.options.get("order")
    if wanted is None:
        return table
    if wanted not in table.columns:
        raise UsageError.unknown("column", wanted, known=table.columns, where=table.name)
    # What is not unique by itself is made so by the key behind it.
    if not table.keys and wanted not in table.alone:
        raise UsageError(
            f"`{table.name}` has no primary key, and several of its rows may have one `{wanted}`:"
            " some of them would be lost where a page ends.",
            hint="Order it by a column that is unique, or read it with `?as=state`.",
        )
    order = [wanted, *(key for key in table.keys if key != wanted)]
    return replace(table, order=order)


def _place(names: Sequence[str]) -> str:
    """An expression that tells each row from the others; several values as a JSON array."""
    texts = ", ".join(f"t.{quoted(name)}::text" for name in names)
    return texts if len(names) == 1 else f"json_build_array({texts})::text"


def _last(session: Session, table: Table) -> str | None:
    backwards = ", ".join(f"t.{quoted(name)} DESC" for name in table.order)
    there = " AND ".join(f"t.{quoted(name)} IS NOT NULL" for name in table.order)
    rows = session.rows(
        f"SELECT {_place(table.order)} AS place FROM {table.relation} AS t"
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


def _next_rows(table: Table, *, after: str, until: str, most: int) -> str:
    """The next rows in order; the bounds are places, of which PostgreSQL reads the values."""
    order = ", ".join(f"t.{quoted(name)}" for name in table.order)
    conditions = [f"({order}) <= ({_values(table, until)})"]
    if after:
        conditions.append(f"({order}) > ({_values(table, after)})")
    return (
        f"SELECT {_place(table.order)} AS place, row_to_json(t.*)::text AS document"
        f" FROM {table.relation} AS t WHERE {' AND '.join(conditions)}"
        f" ORDER BY {order} LIMIT {most}"
    )


def _values(table: Table, place: str) -> str:
    """The values of a place as literals; an untyped literal takes the type of its column."""
    if len(table.order) == 1:
        return literal(place)
    return ", ".join(literal(value) for value in orjson.loads(place))


def _all_rows(table: Table) -> str:
    key = _place(table.keys) if table.keys else "t.ctid::text"
    head = literal(f'{{"state_of": {orjson.dumps(table.name).decode()}, "key": ')
    # `OFFSET 0` keeps the planner from writing each row out once for its hash and once more.
    rows = (
        f"SELECT {key} AS key, t.xmin::text AS written, row_to_json(t.*)::text AS row"
        f" FROM {table.relation} AS t OFFSET 0"
    )
    # With the transaction that wrote it a row that stands again as it once stood is another one.
    return (
        f"SELECT key || '@' || left(md5(row), 16) || '/' || written AS place,"
        f" {head} || to_json(key)::text || ', \"row\": ' || row || '}}' AS document"
        f" FROM ({rows}) AS r"
    )


def _texts(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return _one(column).cast(pa.string())


def _documents(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return _one(column).cast(pa.large_binary())


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
