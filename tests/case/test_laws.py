"""What must not matter to an audit: laws of all four detectors, from the files to the findings."""

import random
import zlib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from forensics.case.case import Case
from forensics.model.declarations import Declarations
from tests.case.shop import lines, opened, spec
from tests.detect.company import told_together
from tests.detect.scenario import Scenario, scenarios

Events = Sequence[dict[str, Any]]
Found = dict[str, tuple[str, ...]]

_NAMES = (
    "occurrence_id", "delivery_id", "handoff_id", "operation_key", "effect_id",
    "compensates_effect_id", "entity_id", "item_key", "transaction_id", "execution_id",
    "previous_execution_id", "cause_id", "trace_id", "customer_id",
)  # fmt: skip


@cache
def week() -> Events:
    """Two failures and two lookalikes of each pattern, each the log of a tenant of its own."""
    by_pattern: dict[tuple[str, bool], list[Scenario]] = {}
    for scenario in scenarios():
        owned = any(event.get("tenant") for event in scenario.events)
        asks = scenario.alone or scenario.settings or scenario.declarations != Declarations()
        if not owned and not asks:
            by_pattern.setdefault((scenario.pattern, bool(scenario.finds)), []).append(scenario)
    chosen = [one for group in by_pattern.values() for one in islice(group, 2)]
    return told_together([scenario.events for scenario in chosen])


def found(case: Case) -> Found:
    """Finding to its pattern, grade and evidence."""
    case.audit()
    rows = case.sql("""
        SELECT f.finding_id, f.pattern, f.grade, list_sort(list(e.role || ' ' || e.event_id))
        FROM findings AS f INNER JOIN evidence AS e USING (finding_id) GROUP BY ALL""").rows()
    return {identity: (pattern, grade, *evidence) for identity, pattern, grade, evidence in rows}


@pytest.fixture(scope="module")
def as_it_is(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "log.jsonl").write_bytes(lines(week()))
    case = opened(folder)
    case.ingest([spec(folder / "log.jsonl")])
    return found(case)


@pytest.mark.xdist_group("laws")
def test_every_detector_has_its_say(as_it_is: Found) -> None:
    assert len({pattern for pattern, *_ in as_it_is.values()}) >= 25


@pytest.mark.xdist_group("laws")
def test_files_their_order_and_a_second_reading_change_nothing(
    as_it_is: Found, tmp_path: Path
) -> None:
    events = list(week())
    random.Random(7).shuffle(events)  # noqa: S311 - an order, not a secret
    for number in range(3):
        (tmp_path / f"part-{number}.jsonl").write_bytes(lines(events[number::3]))
    case = opened(tmp_path)
    for _ in range(2):
        case.ingest([spec(tmp_path / "part-*.jsonl")])

    assert found(case) == as_it_is


@pytest.mark.xdist_group("laws")
def test_other_names_change_only_the_names(as_it_is: Found, tmp_path: Path) -> None:
    runs = {event["event_id"] for event in week()}
    (tmp_path / "log.jsonl").write_bytes(lines([renamed(event, runs) for event in week()]))
    case = opened(tmp_path)
    case.ingest([spec(tmp_path / "log.jsonl")])

    assert sorted(found(case).values()) == sorted(as_it_is.values())


def renamed(event: Mapping[str, Any], events: Collection[str]) -> dict[str, Any]:
    """The event with other ids, whose order is another one; what an event is called stays."""
    other = {
        name: named(event[name]) for name in _NAMES if event.get(name) and event[name] not in events
    }
    if causes := event.get("other_causes"):
        other["other_causes"] = [one if one in events else named(one) for one in causes]
    if related := event.get("related"):
        other["related"] = [one | {"id": named(one["id"])} for one in related]
    return {**event, **other}


def named(identity: str) -> str:
    """Another id of the same make: digits stay digits, and words words."""
    first = zlib.crc32(identity.encode()) % 10
    return (str(first) if identity[0].isdigit() else "abcdefghij"[first]) + identity
