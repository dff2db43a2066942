"""Tables of MariaDB or MySQL, and a row of them as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.mysql.session import Session, quoted

WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
"""Types of whole numbers."""
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


def readable(session: Session) -> dict[str, Table]:
    """Every table that the account may read, by name."""
    columns = session.rows("""
        SELECT c.TABLE_NAME AS tbl, c.COLUMN_NAME AS col, c.DATA_TYPE AS kind,
            c.COLUMN_KEY = 'PRI' AS is_key, c.COLUMN_KEY = 'UNI' AS is_alone,
            t.TABLE_ROWS AS n, t.DATA_LENGTH AS size
        FROM information_schema.COLUMNS AS c
        JOIN information_schema.TABLES AS t USING (TABLE_SCHEMA, TABLE_NAME)
        WHERE TABLE_SCHEMA = database() AND TABLE_TYPE = 'BASE TABLE'
        ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION""")
    by_table: dict[str, list[dict[str, Any]]] = {}
    for column in columns:
        by_table.setdefault(column["tbl"], []).append(column)
    return {name: _table(name, those) for name, those in by_table.items()}


def place(names: Sequence[str]) -> str:
    """An expression that tells each row from the others; several values as a JSON array."""
    texts = ", ".join(f"CAST({quoted(name)} AS CHAR)" for name in names)
    return texts if len(names) == 1 else f"JSON_ARRAY({texts})"


def document(table: Table) -> str:
    """An SQL expression that gives a row as JSON: times in UTC, bytes as hex digits."""
    pairs = ", ".join(
        f"'{name.replace(chr(39), chr(39) * 2)}', {_value(name, kind)}"
        for name, kind in table.kinds.items()
    )
    return f"JSON_OBJECT({pairs})"


def _table(name: str, columns: Sequence[dict[str, Any]]) -> Table:
    keys = [column["col"] for column in columns if column["is_key"]]
    kinds = {column["col"]: column["kind"].lower() for column in columns}
    rising = len(keys) == 1 and kinds[keys[0]] in WHOLE
    return Table(
        name=name,
        kinds=kinds,
        keys=keys,
        alone=[column["col"] for column in columns if column["is_alone"]],
        order=keys if rising else (),
        rows=columns[0]["n"],
        bytes=columns[0]["size"] or 0,
    )


def _value(name: str, kind: str) -> str:
    column = quoted(name)
    if kind in _BINARY:
        return f"HEX({column})"
    if kind == "bit":
        return f"{column} + 0"
    # The one type that is an instant: what a `datetime` means is known to its application only.
    return f"DATE_FORMAT({column}, '%Y-%m-%dT%H:%i:%s.%fZ')" if kind == "timestamp" else column
