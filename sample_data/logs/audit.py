"""The shop's own audit trail, written in the canonical columns: JSON lines that need no mapping."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sample_data.moments import iso

SERIAL = "shop-db"
"""The stream of what the shop's database did: its rows carry an order that needs no clock."""


@dataclass(slots=True)
class AuditLog:
    """Collects rows; `lines` numbers them in the order in which they were written."""

    rows: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)

    def add(
        self,
        at: datetime,
        kind: str,
        action: str,
        *,
        run: str,
        system: str = "shop",
        outcome: str = "ok",
        entity: tuple[str, str] | None = None,
        serial: bool = False,
        **columns: object,
    ) -> None:
        """Add one row.

        Args:
            at: Becomes `occurred_at`.
            kind: Canonical kind.
            action: The verb.
            run: Becomes `execution_id`.
            system: The system that acted.
            outcome: Canonical outcome.
            entity: Type and id of the record acted on.
            serial: Whether the row comes from the database and so has a `source_seq`.
            columns: Further canonical columns; instants may be `datetime`.
        """
        row: dict[str, Any] = {
            "event_id": "", "occurred_at": iso(at), "system": system, "kind": kind,
            "action": action, "outcome": outcome, "execution_id": run,
        }  # fmt: skip
        if entity:
            row["entity_type"], row["entity_id"] = entity
        if serial:
            row["source_stream"] = SERIAL
        row |= {name: _plain(value) for name, value in columns.items() if value is not None}
        self.rows.append((at, row))

    def lines(self) -> list[dict[str, Any]]:
        """Return the rows, oldest first, with their ids and serial numbers."""
        ordered = [row for _, row in sorted(self.rows, key=lambda pair: pair[0])]
        for number, row in enumerate(ordered, start=1):
            row["event_id"] = f"audit-{number:06d}"
            if "source_stream" in row:
                row["source_seq"] = 510_000 + number
        return ordered


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value
