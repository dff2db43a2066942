"""Tells scenarios otherwise, in ways that must not matter to a detector."""

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.detect.company import Company, Rows, parted, told_together
from tests.detect.judging import all_said, candidates

Found = Mapping[str, Rows]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")
_MOVES = (
    timedelta(days=7, seconds=3.7),
    timedelta(days=1, seconds=11_111, microseconds=1),
    timedelta(seconds=36.999983),
)
"""No multiple of an interval that is counted in, so that no clock's round figures decide."""


def judged_otherwise(company: Company) -> Found:
    """What is found in the scenarios when they are told otherwise, by name.

    Its instants are those of the log as it was.
    """
    by = random.Random(company[0].name).choice(_MOVES)  # noqa: S311 - a pause, not a secret
    logs = [_otherwise(scenario.events, by) for scenario in company]
    found = judged(company, logs, shuffled=True, threads=2)
    return {name: [_moved_back(row, by) for row in rows] for name, rows in found.items()}


def _moved_back(row: dict[str, Any], by: timedelta) -> dict[str, Any]:
    def earlier(told: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(told[0]) - by:%Y-%m-%dT%H:%M:%S.%fZ}"

    return row | {"facts": _INSTANT.sub(earlier, row["facts"])}


def judged(
    company: Company, logs: Sequence[Rows], *, shuffled: bool = False, threads: int = 1
) -> Found:
    """What is found in each of the logs, by the scenarios' names."""
    told = told_together(logs)
    if shuffled:
        random.Random(company[0].name).shuffle(told)  # noqa: S311 - an order, not a secret
    rows = candidates(company[0], told, threads=threads)
    return parted(rows, [scenario.name for scenario in company])


def _otherwise(events: Rows, by: timedelta) -> Rows:
    moved = [{name: _later(value, by) for name, value in event.items()} for event in events]
    return [*_live_or_unnamed(moved), *_unrelated(moved)]


def _live_or_unnamed(events: Rows) -> Rows:
    """Some rows of what is all live say so, and others do not."""
    if {event.get("environment") for event in events} - {None, "live"}:
        return events
    drawn = random.Random(" ".join(event["event_id"] for event in events))  # noqa: S311 - no secret
    return [event | {"environment": drawn.choice((None, "live"))} for event in events]


def undated(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """All that is said, but for dates, and times told to the second."""
    return [row | {"facts": _DATE.sub("", row["facts"])} for row in all_said(rows)]


def _later(value: Any, by: timedelta) -> Any:
    """A time, or what holds times, moved."""
    if isinstance(value, Mapping):
        return {name: _later(part, by) for name, part in value.items()}
    return value + by if isinstance(value, datetime) else value


def _unrelated(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What other systems did at the same moments."""
    return [
        {"event_id": f"noise-{n}", "source": "elsewhere", "kind": "state", "action": "looked",
         "outcome": "ok", "system": f"elsewhere-{n}", "occurred_at": event["occurred_at"]}
        for n, event in enumerate(events)
        if event.get("occurred_at") is not None
    ]  # fmt: skip
