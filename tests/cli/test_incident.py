"""`forensics show` of an incident: the parts of its card, what fires next and what to repair."""

from datetime import timedelta
from pathlib import Path

import pytest

from forensics.cli.inspect import show
from tests.case.shop import BEGIN, charges, lines, opened, spec


def test_an_incident_is_shown_with_what_fires_next_and_what_to_repair(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = charges(2)
    asked = {
        "event_id": "asked",
        "occurred_at": (BEGIN + timedelta(hours=1)).isoformat(),
        "kind": "attempt",
        "action": "charge",
        "outcome": "timeout",
        "system": "shop",
        "target_system": "payments",
        "entity_type": "order",
        "entity_id": "order-0",
        "operation_key": "asked-again",
    }
    refused = asked | {
        "event_id": "refused",
        "occurred_at": (BEGIN + timedelta(milliseconds=1)).isoformat(),
        "kind": "write",
        "action": "insert",
        "outcome": "error",
        "error": "22001",
    }
    pair = [one | {"entity_type": "order", "entity_id": "order-0"} for one in (first, second)]
    (log := tmp_path / "log.jsonl").write_bytes(lines([*pair, refused, asked]))
    case = opened(tmp_path)
    case.ingest([spec(log)])
    (incident,) = case.audit().incidents
    show(incident.incident_id, case=case.folder)
    printed = capsys.readouterr().out

    assert "failed meanwhile: " in printed
    assert "`insert` error for `order order-0` in `shop`: `22001`" in printed
    ahead = printed[printed.index("what fires next") :].splitlines()
    assert ahead[2].startswith("unanswered\tcharge\tpayments\tasked-again\t")
    repair = ahead[ahead.index("what to repair") :]
    assert repair[2].startswith("refund\tch_000001\t12.50 EUR\t")
    assert "\tkeep ch_000000 (it came first; " in repair[2]
