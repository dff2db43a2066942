"""Scenarios told together in one log, each by tenants and logs of its own.

A run costs about the same for one small log as for forty; and what concerns one tenant must not
change what is said of another. Scenarios that are about the whole of the log (`alone = true`), or
tell of what is no tenant's beside what is, keep to themselves.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.detect.scenario import Scenario

Rows = Sequence[dict[str, Any]]
Company = tuple[Scenario, ...]

_NAMES_OF_RUNS = ("execution_id", "cause_id", "previous_execution_id", "trace_id")
_MARK = re.compile(r"told-\d+[./]+")


def companies(scenarios: Iterable[Scenario]) -> list[Company]:
    """All scenarios, those together that one run of their detector can judge."""
    found: dict[object, list[Scenario]] = defaultdict(list)
    for scenario in scenarios:
        some_are_nobodys = len({bool(event.get("tenant")) for event in scenario.events}) > 1
        asked = (repr(scenario.settings), repr(scenario.declarations))
        apart = scenario.name if scenario.alone or some_are_nobodys else ""
        found[scenario.pattern, asked, apart].append(scenario)
    return [tuple(group) for group in found.values()]


def told_together(logs: Sequence[Rows]) -> list[dict[str, Any]]:
    """The events of several logs as one, ids and names marked with whose they are.

    A single log stays as it is.
    """
    if len(logs) == 1:
        return [dict(event) for event in logs[0]]
    return [event for number, log in enumerate(logs) for event in _marked(number, log)]


def _marked(number: int, log: Rows) -> Iterable[dict[str, Any]]:
    mark = f"told-{number:03}."
    runs = {event["event_id"] for event in log if not event.get("execution_id")}
    if any(event.get("tenant") for event in log):
        # Runs are of one name in all tenants: that of a tenant's own is not another scenario's.
        runs |= {event[c] for event in log for c in _NAMES_OF_RUNS if event.get(c)}
    for event in log:
        named: dict[str, Any] = {c: mark + event[c] for c in _NAMES_OF_RUNS if event.get(c) in runs}
        if others := event.get("other_causes"):
            named["other_causes"] = [mark + run if run in runs else run for run in others]
        yield (
            event
            | named
            | {
                "event_id": mark + event["event_id"],
                "source": mark + (event.get("source") or "log"),
                "source_position": event.get("source_position", event["event_id"]),
                "tenant": mark + (event.get("tenant") or ""),
            }
        )


def parted(rows: Rows, names: Sequence[str]) -> Mapping[str, Rows]:
    """Of each log by name, what was found in it, without the marks.

    Raises:
        AssertionError: One finding holds events of several logs, or what is no event, or one
            exposure tells of several logs.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for row in rows:
        assert None not in row["ids"], f"evidence that is no event: {row}"
        told = row["ids"] or filter(None, row["subject"])
        marks = {match.group() for name in told if (match := _MARK.match(name))}
        assert len(marks) <= 1, f"tenants were mixed: {row}"
        number = int(marks.pop()[5:-1]) if marks else 0
        found[names[number]].append(row if len(names) == 1 else _unmarked(row))
    return found


def _unmarked(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "ids": [_MARK.sub("", event_id) for event_id in row["ids"]],
        "originals": [_MARK.sub("", event_id) for event_id in row["originals"] or ()],
        "context": [_MARK.sub("", event_id) for event_id in row["context"] or ()],
        "subject": [told for word in row["subject"] if (told := _MARK.sub("", word or ""))],
        "facts": _MARK.sub("", row["facts"]),
    }
