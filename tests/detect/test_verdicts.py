"""What is said of a log in which a pattern found nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from forensics.detect.registry import DETECTORS
from forensics.detect.run import run
from forensics.detect.verdicts import judge
from forensics.model.audit import SourceVerdict
from tests.link.linked import linked

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
UNSAID = "nothing says how they ended"


def row(second: int, kind: str, execution: str, **values: object) -> dict[str, Any]:
    return {
        "event_id": f"{kind}{second}",
        "occurred_at": NOON + timedelta(seconds=second),
        "kind": kind,
        "action": f"{kind} price",
        "system": "shop",
        "entity_type": "product",
        "entity_id": "p1",
        "execution_id": execution,
        **values,
    }


def cached(**values: object) -> list[dict[str, Any]]:
    """Two runs read one version from a cache; both write, without a word of what they had read."""
    return [
        row(0, "read", "run-1", version_read="3", **values),
        row(1, "read", "run-2", version_read="3", **values),
        row(2, "write", "run-1", version_written="4", **values),
        row(3, "write", "run-2", version_written="4", **values),
    ]


def verdicts(rows: list[dict[str, Any]]) -> dict[str, SourceVerdict]:
    with linked(rows) as connection:
        run(connection, DETECTORS)
        judged = judge(connection, DETECTORS, incomplete={}, sources=["log"])
        return {verdict.pattern: verdict for verdict in judged}


def test_where_outcomes_are_unknown_that_is_what_is_missing() -> None:
    told = verdicts(cached(outcome="unknown"))

    for pattern in ("lost_update", "stale_write", "check_then_act", "out_of_order"):
        assert (told[pattern].verdict, told[pattern].missing) == ("blind", ("outcome",))
        assert UNSAID in told[pattern].reason
        assert "version" not in told[pattern].reason
    assert told["read_skew"].missing == ("transaction_id", "outcome")
    assert UNSAID in told["read_skew"].reason
    assert "transaction" in told["read_skew"].reason


def test_a_version_that_the_run_had_read_is_not_missing() -> None:
    told = verdicts(cached(outcome="ok"))

    assert told["lost_update"].verdict == "found"
    assert told["stale_write"].missing == ()
    assert UNSAID not in told["read_skew"].reason


@pytest.mark.parametrize("name", ["execution_id", "transaction_id"])
def test_a_version_that_another_run_had_read_does_not_tell(name: str) -> None:
    apart = [
        one | {name: f"{one['kind']}-{number}", "outcome": "ok"}
        for number, one in enumerate(cached())
    ]

    told = verdicts(
        apart if name == "execution_id" else [o | {"execution_id": o["event_id"]} for o in apart]
    )

    assert told["stale_write"].missing == ("version_read|version_seen",)


def test_a_version_that_the_transaction_had_read_tells() -> None:
    of_one = [
        one | {"execution_id": one["event_id"], "transaction_id": one["execution_id"]}
        for one in cached(outcome="ok")
    ]

    assert verdicts(of_one)["stale_write"].missing == ()


@pytest.mark.parametrize(
    ("phase", "verdict"), [("single", "blind"), ("start", "clear"), ("end", "blind")]
)
def test_what_has_begun_need_not_have_ended(phase: str, verdict: str) -> None:
    money = {"effect_class": "billing", "amount": Decimal("9.50"), "currency": "EUR"}
    paid = [
        row(n, "effect", f"run-{n}", effect_id=f"ch_{n}", phase=phase, entity_id=f"o{n}", **money)
        | {"outcome": "unknown"}
        for n in (0, 1)
    ]

    told = verdicts([one | {"customer_id": one["entity_id"]} for one in paid])

    assert told["same_content"].verdict == verdict
    assert ("outcome" in told["same_content"].missing) == (verdict == "blind")
