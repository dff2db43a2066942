"""Runs a handful of events through linking, the detectors and the scope."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from forensics.detect.contract import Detector
from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.run import run
from forensics.model.audit import Repair
from forensics.model.finding import Exposure, Finding
from forensics.scope import money
from forensics.scope.assemble import assemble
from forensics.scope.repair import repairs
from tests.link.linked import linked

DAY = datetime(2026, 11, 2, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Scoped:
    """What the scope made of a log."""

    findings: Sequence[Finding]
    repairs: Sequence[Repair]
    totals: Mapping[str, Exposure]

    @property
    def acts(self) -> dict[str, str]:
        """Subject to act."""
        return {repair.subject: repair.act for repair in self.repairs}

    @property
    def to_pay(self) -> dict[str, Decimal]:
        """Currency to the sum of what the repair list asks for."""
        sums: dict[str, Decimal] = {}
        for repair in self.repairs:
            if repair.amount and repair.currency:
                sums[repair.currency] = sums.get(repair.currency, Decimal(0)) + Decimal(
                    repair.amount
                )
        return sums


def charge(
    effect: str, minute: float, *, key: str | None = "k", amount: str | None = "10", **other: Any
) -> dict[str, Any]:
    """A charge that the provider's log records."""
    return {
        "event_id": f"e-{effect}",
        "occurred_at": DAY + timedelta(minutes=minute),
        "kind": "effect",
        "action": "charge",
        "outcome": "ok",
        "system": "payments",
        "vantage": "provider",
        "effect_class": "billing",
        "money_stage": "captured",
        "operation_key": key,
        "effect_id": effect,
        "customer_id": "customer",
        "amount": Decimal(amount) if amount else None,
        "currency": "EUR",
    } | other


def refund(effect: str, minute: float, of: str, **other: Any) -> dict[str, Any]:
    """What gives a charge back."""
    given = {
        "action": "refund",
        "money_stage": "refunded",
        "compensates_effect_id": of,
        "key": None,
    }
    return charge(effect, minute, **(given | other))


def row_of(record: str, minute: float, **other: Any) -> dict[str, Any]:
    """A row of the shop's own that may carry the id of a charge."""
    return {
        "event_id": f"w-{record}-{minute}",
        "occurred_at": DAY + timedelta(minutes=minute),
        "kind": "write",
        "action": "update",
        "outcome": "ok",
        "system": "shop",
        "entity_type": "order",
        "entity_id": record,
    } | other


def of_order(*events: dict[str, Any]) -> list[dict[str, Any]]:
    """The same events, about one order."""
    return [{"entity_type": "order", "entity_id": "o1"} | event for event in events]


def names(effect: str) -> dict[str, Any]:
    """What makes a record name an effect."""
    return {"attributes": f'{{"charge": "{effect}"}}'}


@contextmanager
def measured(
    events: Sequence[dict[str, Any]], detectors: Sequence[Detector] = (DUPLICATE_SIDE_EFFECT,)
) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Finding]]]:
    """A connection after `assemble`, and the findings."""
    with linked(events) as connection:
        run(connection, detectors)
        explain = {p.name: p.explain for d in detectors for p in d.patterns}
        yield connection, assemble(connection, lambda _, pattern, facts: explain[pattern](facts))


def scoped(
    events: Sequence[dict[str, Any]], detectors: Sequence[Detector] = (DUPLICATE_SIDE_EFFECT,)
) -> Scoped:
    """Findings, repair list and totals."""
    with measured(events, detectors) as (connection, findings):
        return Scoped(
            findings=findings,
            repairs=repairs(connection, findings),
            totals={t.exposure.currency: t.exposure for t in money.in_all(connection)},
        )
