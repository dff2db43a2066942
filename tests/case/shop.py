"""A small log in the canonical format, with one charge made twice under one key."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

import forensics
from forensics.case.case import Case
from forensics.model.audit import Audit
from forensics.model.record import SourceSpec

BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)


def charges(count: int) -> Iterator[dict[str, Any]]:
    """Charges with keys and ids of their own, ten seconds apart; the second repeats the first."""
    for number in range(count):
        order = 0 if number == 1 else number
        yield {
            "event_id": f"e{number}",
            "occurred_at": (BEGIN + timedelta(seconds=10 * number)).isoformat(),
            "kind": "effect",
            "action": "charge",
            "outcome": "ok",
            "system": "payments",
            "vantage": "provider",
            "effect_class": "billing",
            "operation_key": f"key-{order}",
            "effect_id": f"ch_{number:06d}",
            "entity_type": "order",
            "entity_id": f"order-{order}",
            "customer_id": f"customer-{order % 7}",
            "amount": "12.50",
            "currency": "EUR",
            "money_stage": "captured",
        }


def lines(records: Sequence[dict[str, Any]]) -> bytes:
    """JSON lines."""
    return b"".join(orjson.dumps(record, default=str) + b"\n" for record in records)


def opened(folder: Path) -> Case:
    """A case with the default settings, whatever the working folder holds."""
    return forensics.open_case(folder / "case")


def looked_at(case: Case) -> Audit:
    """What an audit says of the logs themselves, of which one detector says as much as all."""
    return case.audit(detectors=["retry_storm"])


def spec(path: Path, name: str = "log", **options: Any) -> SourceSpec:
    """A source of that name at that path."""
    return SourceSpec(name=name, address=str(path), **options)
