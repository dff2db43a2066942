"""A number at the edge of what its column holds is data: no line of a log ends the audit."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from forensics.detect.registry import DETECTORS, PATTERNS
from forensics.detect.run import run
from forensics.model.columns import COLUMNS
from tests.link.linked import linked

_START = datetime(2026, 11, 2, tzinfo=UTC)
_KINDS = ("read", "write", "write", "effect", "lock", "attempt", "delivery", "trigger")
_VERSIONS = ("version_read", "version_written")


def edges(kind: pa.DataType) -> tuple[Any, ...]:
    """The numbers of a type at which arithmetic breaks; none for what is no number."""
    if pa.types.is_integer(kind):
        top = 2 ** (kind.bit_width - 1) - 1
        return (-top - 1, -1, 0, 1, top)
    if pa.types.is_decimal(kind):
        top = Decimal(10**kind.precision - 1).scaleb(-kind.scale)
        return (-top, Decimal(0), top)
    return ()


EDGES = {column.name: edges(column.type) for column in COLUMNS if edges(column.type)}
EDGES |= dict.fromkeys(_VERSIONS, [str(n) for n in EDGES["source_seq"]] + ["9" * 18, "9" * 40])


def hostile_event(place: int, dice: random.Random, columns: tuple[str, ...]) -> dict[str, Any]:
    """An event of a crowded record, at an edge in each of the columns."""
    kind = dice.choice(_KINDS)
    numbers = {name: dice.choice(EDGES[name]) for name in columns}
    changed = {"name": "status", "before": dice.choice(EDGES["before_hash"])}
    return numbers | {
        "event_id": f"e{place:03d}", "source_position": f"{place}", "kind": kind, "system": "shop",
        "clock": dice.choice(("host-0", "host-1")),
        "action": "charge", "outcome": dice.choice(("ok", "ok", "failed", "timeout", "rejected")),
        "occurred_at": _START + timedelta(seconds=place // 2),
        "ended_at": _START + timedelta(seconds=place // 2 + dice.randrange(3)),
        "execution_id": f"run-{dice.randrange(6)}", "cause_id": f"run-{dice.randrange(6)}",
        "transaction_id": f"t{dice.randrange(6)}", "operation_key": f"k{dice.randrange(3)}",
        "entity_type": "order", "entity_id": f"o-{dice.randrange(2)}", "customer_id": "c-1",
        "effect_class": "payment" if kind == "effect" else None, "currency": "EUR",
        "phase": dice.choice(("start", "end")) if kind == "lock" else "single",
        "changes": [changed | {"after": dice.choice(EDGES["after_hash"])}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "columns", [*((name,) for name in EDGES), _VERSIONS, tuple(EDGES)], ids=",".join
)
def test_no_number_ends_the_audit(columns: tuple[str, ...]) -> None:
    dice = random.Random(7)  # noqa: S311 - a mixture, not a secret
    rows = [hostile_event(place, dice, columns) for place in range(400)]

    with linked(rows) as connection:
        run(connection, DETECTORS)


def test_a_version_that_spans_all_integers_ends_no_audit() -> None:
    common = {"kind": "write", "outcome": "ok", "entity_type": "order", "entity_id": "o-1"}
    rows = [
        common | {"event_id": "e1", "transaction_id": "t1", "version_read": str(-(2**63)),
                  "version_written": str(2**63 - 1)},
        common | {"event_id": "e2", "transaction_id": "t2", "version_written": "7"},
    ]  # fmt: skip

    with linked(rows) as connection:
        run(connection, DETECTORS)


@pytest.mark.parametrize("value", [0, 100_000_000])
def test_no_threshold_ends_the_audit(value: int) -> None:
    settings = {name: dict.fromkeys(p.parameters, value) for name, p in PATTERNS.items()}
    dice = random.Random(7)  # noqa: S311 - a mixture, not a secret
    rows = [hostile_event(place, dice, ("amount",)) for place in range(400)]

    with linked(rows) as connection:
        run(connection, DETECTORS, settings=settings)
