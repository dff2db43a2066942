"""Write the sample week: `python -m sample_data.make [FOLDER]` (default: beside this file).

The same seed gives the same bytes.
"""

import gzip
import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from sample_data.cases.chains import CHAINS
from sample_data.cases.collisions import COLLISIONS
from sample_data.cases.duplicates import DUPLICATES, LONG_DUPLICATES
from sample_data.cases.incident import thursday
from sample_data.cases.repeats import REPEATS
from sample_data.cases.storms import STORMS
from sample_data.cases.versions import VERSIONS
from sample_data.lookalikes.chains import QUIET_CHAINS
from sample_data.lookalikes.copies import QUIET_COPIES
from sample_data.lookalikes.races import QUIET_RACES
from sample_data.lookalikes.repeats import LONG_QUIET_REPEATS, QUIET_REPEATS
from sample_data.lookalikes.storms import QUIET_STORMS
from sample_data.moments import END, INCIDENT, START, later
from sample_data.traffic import ordinary_week
from sample_data.week import Week

SEED = 20260302

SOURCES = {
    "stripe": "week/stripe-events.jsonl",
    "celery": "week/celery-events.jsonl",
    "otlp": "week/traces.jsonl",
    "debezium": "week/orders-changes.jsonl",
    "cloudtrail": "week/cloudtrail",
    "audit": "week/shop-audit.jsonl",
    "cloudevents": "week/webhooks.json",
}
"""Name and path of each source, relative to this folder."""

Story = Callable[[Week, datetime], None]

_LONG: tuple[Story, ...] = (*LONG_DUPLICATES, *LONG_QUIET_REPEATS)
_SHORT: tuple[Story, ...] = (
    *DUPLICATES, *REPEATS, *STORMS, *VERSIONS, *COLLISIONS, *CHAINS,
    *QUIET_REPEATS, *QUIET_COPIES, *QUIET_STORMS, *QUIET_RACES, *QUIET_CHAINS,
)  # fmt: skip

_QUIET_BEFORE, _QUIET_AFTER = 3600, 3 * 3600
"""Seconds around the incident in which nothing else is planted."""


def make_week(seed: int = SEED) -> Week:
    """Return the whole week: ordinary traffic, the incident, and the stories around it."""
    week = Week(seed)
    ordinary_week(week)
    thursday(week)
    for story, at in _timetable(seed):
        story(week, at)
    return week


def write_week(week: Week, folder: Path) -> None:
    """Write every source and the truth below `folder`."""
    (folder / SOURCES["cloudtrail"]).mkdir(parents=True, exist_ok=True)
    _write_lines(folder / SOURCES["stripe"], week.stripe.lines())
    _write_lines(folder / SOURCES["celery"], week.celery.lines())
    _write_lines(folder / SOURCES["otlp"], week.traces.lines())
    _write_lines(folder / SOURCES["debezium"], week.changes.lines())
    _write_lines(folder / SOURCES["audit"], week.audit.lines())
    batch = ",\n".join(_compact(event) for event in week.webhooks.lines())
    (folder / SOURCES["cloudevents"]).write_bytes(f"[\n{batch}\n]\n".encode())
    for name, content in week.cloud.files().items():
        _write_cloud_file(folder / SOURCES["cloudtrail"] / name, content)
    truth = json.dumps(week.truth.as_json(week.seed, SOURCES), indent=1, ensure_ascii=False)
    (folder / "truth.json").write_bytes(f"{truth}\n".encode())


def _timetable(seed: int) -> list[tuple[Story, datetime]]:
    """Spread the stories over the week in a shuffled order, the long ones first."""
    stories = list(_SHORT)
    Random(seed).shuffle(stories)
    ordered = [*_LONG, *stories]
    step = int(((END - START).total_seconds() - 9 * 3600) / len(ordered))
    moments: list[datetime] = []
    at = later(START, 1740)
    while len(moments) < len(ordered):
        if not later(INCIDENT, -_QUIET_BEFORE) <= at <= later(INCIDENT, _QUIET_AFTER):
            moments.append(at)
        at = later(at, step + len(moments) * 37.291_743 % 240)
    return list(zip(ordered, moments, strict=True))


def _compact(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


def _write_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    path.write_bytes("".join(_compact(record) + "\n" for record in records).encode())


def _write_cloud_file(path: Path, content: dict[str, Any]) -> None:
    body = _compact(content).encode()
    if path.suffix == ".gz":
        body = gzip.compress(body, mtime=0)
    path.write_bytes(body)


def main(arguments: list[str]) -> None:
    """Write the week and say what was planted."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parent
    week = make_week()
    write_week(week, folder)
    truth = week.truth
    print(f"{len(truth.cases)} cases and {len(truth.lookalikes)} lookalikes in {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
