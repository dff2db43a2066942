"""Rows that tell of effects, and the effects that they tell of."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.link.linked import linked

MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)
Row = dict[str, Any]


def row(event_id: str, minute: float | None = 0, **values: object) -> Row:
    """One effect row; its time in minutes after midnight."""
    at = None if minute is None else MIDNIGHT + timedelta(minutes=minute)
    base = {"kind": "effect", "action": "charge", "outcome": "ok", "system": "payments"}
    return base | {"event_id": event_id, "occurred_at": at, **values}


def effects(*rows: Row) -> list[Row]:
    """The effects of a log, by their representative."""
    with linked(rows) as connection:
        table = connection.sql("FROM effects ORDER BY event_id").to_arrow_table()
        found: list[Row] = table.to_pylist()
        return found


def witnesses(*rows: Row) -> list[list[str]]:
    """Which rows tell of one effect."""
    return sorted(sorted(effect["witnesses"]) for effect in effects(*rows))


CLIENT = {"system": "shop", "target_system": "payments", "vantage": "client", "source": "shop"}
PROVIDER = {"system": "payments", "vantage": "provider", "source": "payments"}
