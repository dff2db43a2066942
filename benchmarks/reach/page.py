"""The page of a large case: how long it takes to write and to open, and how large it is.

    uv run python -m benchmarks.reach.page [EVENTS]

Charges by many customers, of which 5,000 are made twice under one key. Writing is everything after
the detectors: figures, pseudonyms, page, documents, tables and their commit. Opening is what
Chromium says of its own navigation, the best of three: first paint, and the end of loading.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

import forensics
from benchmarks.results import keep
from forensics.model.record import SourceSpec
from tests.report import browser

_FINDINGS = 5_000
_GOAL_WRITE_S, _GOAL_OPEN_S, _GOAL_MB = 10.0, 2.0, 15.0
_BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
_NAVIGATION = """() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0].startTime / 1000,
    load: performance.getEntriesByType("navigation")[0].loadEventEnd / 1000,
})"""


def main() -> None:
    """Measure, print and keep the result."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with (folder / "log.jsonl").open("wb") as log:
            log.writelines(orjson.dumps(record) + b"\n" for record in _charges(count))
        case = forensics.open_case(folder / "case")
        case.ingest([SourceSpec(name="payments", address=str(folder / "log.jsonl"))])
        steps: list[float] = []
        audit = case.audit(say=lambda _: steps.append(time.monotonic()))
        write_s = time.monotonic() - steps[-1]
        page = case.folder / "report" / "report.html"
        figures = {
            "events": count,
            "findings": len(audit.findings),
            "write_s": round(write_s, 2),
            "goal_write_s": _GOAL_WRITE_S,
            "page_mb": round(page.stat().st_size / 1e6, 2),
            "goal_mb": _GOAL_MB,
            **_opening(page),
            "goal_open_s": _GOAL_OPEN_S,
        }
    print(figures)
    keep("page", **figures)


def _opening(page: Path) -> dict[str, float]:
    rounds = []
    with browser.browser() as launched:
        for _ in range(3):
            with browser.opened(launched, page) as seen:
                seen.page.wait_for_timeout(100)
                rounds.append(seen.page.evaluate(_NAVIGATION))
    return {f"{name}_s": round(min(one[name] for one in rounds), 2) for name in ("paint", "load")}


def _charges(count: int) -> Iterator[dict[str, Any]]:
    every = count // _FINDINGS
    for number in range(count):
        again = number % every == 1
        order = number - 1 if again else number
        yield {
            "event_id": f"e{number}",
            "occurred_at": (_BEGIN + timedelta(milliseconds=400 * number)).isoformat(),
            "kind": "effect", "action": "charge", "outcome": "ok", "system": "payments",
            "vantage": "provider", "effect_class": "billing", "operation_key": f"key-{order:07d}",
            "effect_id": f"ch_{number:07d}", "entity_type": "order",
            "entity_id": f"order-{order:07d}", "customer_id": f"customer-{order % 70_001:05d}",
            "amount": f"{10 + order % 90}.50", "currency": "EUR", "money_stage": "captured",
        }  # fmt: skip


if __name__ == "__main__":
    main()
