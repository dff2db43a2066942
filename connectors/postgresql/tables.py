"""Tables: as rows that were added, or as rows that stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import orjson
import pyarrow as pa

from connectors.live.address import Address
from connectors.live.pages import Budget, PartPages, pieces
from connectors.live.platforms import Row
from connectors.live.source import PartFacts
from connectors.live.tables import chosen_tables, quoted, said_of
from connectors.postgresql.documents import Column
from connectors.postgresql.session import Session, connected, literal
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Page

STATE_MOST_BYTES = 256 * 2**20
"""A table up to this size is copied out of a primary in seconds: its snapshot holds back no vacuum
that anybody would notice."""
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
            WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) AS columns,
        array(SELECT typname::text FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
            WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) AS kinds
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
    columns: Sequence[Column]
    rows: int
    bytes: int
    on_standby: bool

    @property
    def has_quick_end(self) -> bool:
        """Whether an index begins with the column by which rows are added."""
        return bool(self.order) and self.order[0] in {*self.alone, *self.keys[:1]}

    def facts(self, newest: str | None) -> PartFacts:
        """What is known of it without reading it, and where its newest row is."""
        server = "on a replica" if self.on_standby else "on a primary"
        return PartFacts(
            name=self.name,
            records=self.rows if self.rows >= 0 else None,
            newest=newest or "",
            bytes=self.bytes,
            order=", ".join(self.order),
            note=said_of(order=self.order, server=server),
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
                columns=[*map(Column, row["columns"], row["kinds"])],
                rows=row["rows"],
                bytes=row["bytes"],
                on_standby=row["on_standby"],
            )
            for row in rows
        ),
        key=lambda table: table.name,
    )


def named(readable: Sequence[Table], address: Address) -> list[Table]:
    """The tables that the address names, of those that may be read.

    Raises:
        SourceError: It names none, or one that is not there or may not be read.
        UsageError: A table has no such column to order it by, or its rows would share places.
    """
    found = {table.name: table for table in readable}
    if not address.options.get("table"):
        raise SourceError(
            f"`{address.text}` does not say which table.",
            hint=f"Add `?table=NAME`. It has: {', '.join(found) or 'none that may be read'}.",
        )
    return [_ordered(found[name], address) for name in chosen_tables(address, found)]


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
                rows["place"].cast(pa.string()),
                rows["document"].cast(pa.large_binary()),
                cursor="",
                complete=False,
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


def place(names: Sequence[str]) -> str:
    """An expression that tells each row from the others; several values as a JSON array."""
    texts = ", ".join(f"t.{quoted(name)}::text" for name in names)
    return texts if len(names) == 1 else f"json_build_array({texts})::text"


def _ordered(table: Table, address: Address) -> Table:
    wanted = address.options.get("order")
    if wanted is None:
        return table
    names = [column.name for column in table.columns]
    if wanted not in names:
        raise UsageError.unknown("column", wanted, known=names, where=table.name)
    # What is not unique by itself is made so by the key behind it.
    if not table.keys and wanted not in table.alone:
        raise UsageError(
            f"`{table.name}` has no primary key, and several of its rows may have one `{wanted}`:"
            " some of them would be lost where a page ends.",
            hint="Order it by a column that is unique, or read it with `?as=state`.",
        )
    order = [wanted, *(key for key in table.keys if key != wanted)]
    return replace(table, order=order)


def _all_rows(table: Table) -> str:
    key = place(table.keys) if table.keys else "t.ctid::text"
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
