"""What Debezium's PostgreSQL connector writes of the tables orders, invoices, stock, crm_contacts.

Envelopes as the JSON converter gives them without schemas:
https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-change-events-value
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sample_data.moments import START, microseconds

_BEGIN = microseconds(START)

Row = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Change:
    """One change before it is known what the row was; `added` is added to numbers."""

    at: datetime
    transaction: int
    table: str
    operation: str
    row_id: str
    values: Row
    added: dict[str, int] = field(default_factory=dict)
    repeated: bool = False


@dataclass(slots=True)
class ChangeLog:
    """Collects changes; `lines` gives them in the order of the write-ahead log, images filled in.

    Changes of one row, but for `add`, must be made in the order of their times.
    """

    changes: list[Change] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    _issued: set[int] = field(default_factory=set)

    def transaction(self, at: datetime) -> int:
        """Return the id of a transaction that commits at `at`; later ones have greater ids."""
        number = 880_000 + (microseconds(at) - _BEGIN) // 400_000
        while number in self._issued:
            number += 1
        self._issued.add(number)
        return number

    def insert(self, at: datetime, transaction: int, table: str, row: Row) -> None:
        """Add a row."""
        self._change(at, transaction, table, "c", row)

    def update(
        self, at: datetime, transaction: int, table: str, row_id: str, **values: object
    ) -> None:
        """Change columns of a row."""
        self._change(at, transaction, table, "u", {"id": row_id} | values)

    def add(self, at: datetime, transaction: int, table: str, row_id: str, **numbers: int) -> None:
        """Add to columns of a row, whatever they are by then."""
        self._change(at, transaction, table, "u", {"id": row_id})
        self.changes[-1].added = numbers

    def snapshot(self, at: datetime, table: str, row: Row) -> None:
        """Add a row as the connector found it when it started."""
        self._change(at, 879_990, table, "r", row)

    def repeat(self, row_id: str) -> None:
        """Write the last change of a row twice, as a connector does that was restarted."""
        next(change for change in reversed(self.changes) if change.row_id == row_id).repeated = True

    def lines(self) -> list[dict[str, Any]]:
        """Return the envelopes in the order of the write-ahead log."""
        rows: dict[tuple[str, str], Row] = {}
        position, envelopes = 24_000_000_000, []
        for change in sorted(self.changes, key=lambda change: change.at):
            place = (change.table, change.row_id)
            before = rows.get(place)
            after = (before or {}) | change.values
            after |= {name: after[name] + number for name, number in change.added.items()}
            rows[place] = after
            passed = (microseconds(change.at) - _BEGIN) // 100
            position = max(position + 8, 24_000_000_000 + passed)
            envelope = _envelope(change, position, before, after)
            envelopes += [envelope] * (2 if change.repeated else 1)
        return envelopes

    def _change(
        self, at: datetime, transaction: int, table: str, operation: str, values: Row
    ) -> None:
        row_id = values["id"]
        self.versions[row_id] = values.get("version", self.versions.get(row_id))
        self.changes.append(
            Change(
                at=at, transaction=transaction, table=table, operation=operation, row_id=row_id,
                values=values,
            )
        )  # fmt: skip


def _envelope(change: Change, position: int, before: Row | None, after: Row) -> dict[str, Any]:
    micros = microseconds(change.at)
    written = micros + 180_000 + micros % 90_000
    source = {
        "version": "2.7.3.Final", "connector": "postgresql", "name": "shop",
        "ts_ms": micros // 1000, "snapshot": "true" if change.operation == "r" else "false",
        "db": "shop", "sequence": json.dumps([str(position - 56), str(position)]),
        "ts_us": micros, "ts_ns": micros * 1000, "schema": "public", "table": change.table,
        "txId": change.transaction, "lsn": position, "xmin": None,
    }  # fmt: skip
    return {
        "before": before, "after": after, "source": source, "transaction": None,
        "op": change.operation, "ts_ms": written // 1000, "ts_us": written,
        "ts_ns": written * 1000,
    }  # fmt: skip
