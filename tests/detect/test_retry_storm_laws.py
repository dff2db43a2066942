"""Laws of retry storms that hold for any log, on generated ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detect.judging import all_said, as_sets, candidates, findings
from tests.detect.scenario import Scenario

Events = list[dict[str, Any]]

_NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
_FAILED = ("error", "timeout", "rejected")
_few = settings(max_examples=5)


@st.composite
def storms(draw: st.DrawFn) -> Events:
    """Operations on one edge, each tried some times at some pace; most of them fail."""
    events: Events = []
    for operation in range(draw(st.integers(1, 7))):
        start, pace = draw(st.floats(0, 60)), draw(st.sampled_from((0.4, 2, 7, 40)))
        for attempt in range(draw(st.integers(1, 12))):
            at = _NOON + timedelta(seconds=round(start + pace * attempt, 3))
            events.append(
                {
                    "event_id": f"e{operation}-{attempt}", "kind": "attempt", "system": "shop",
                    "target_system": "bank", "vantage": "client", "action": "pay",
                    "operation_key": f"k{operation}", "occurred_at": at,
                    "ended_at": at + timedelta(milliseconds=200),
                    "outcome": draw(st.sampled_from((*_FAILED, "ok"))),
                }
            )  # fmt: skip
    return events


def told(events: Events) -> list[dict[str, Any]]:
    """All that the detector says of its findings, and the ids of their evidence.

    What is only shown beside it is left out: one attempt may be told of in several rows.
    """
    scenario = Scenario(
        pattern="hot_loop", name="generated", why="", events=events, finds=frozenset(),
        suppressed={}, also={},
    )  # fmt: skip
    rows = candidates(scenario, events)
    return all_said(row | {"context": ()} for row in rows if row["suppressor"] is None)


def storm_findings(events: Events) -> dict[str, frozenset[frozenset[str]]]:
    """What the detector finds: pattern to sets of evidence."""
    return findings(as_sets(told(events)))


@_few
@given(events=storms())
def test_who_always_gets_an_answer_makes_no_storm(events: Events) -> None:
    assert not told([event | {"outcome": "ok"} for event in events])


@_few
@given(events=storms())
def test_a_second_witness_changes_nothing(events: Events) -> None:
    seen_by_callee = [
        event
        | {
            "event_id": f"{event['event_id']}-callee", "system": "bank", "target_system": None,
            "actor": "shop", "vantage": "server", "source": "bank-log",
        }
        for event in events
    ]  # fmt: skip

    assert told(events) == told(events + seen_by_callee)


@_few
@given(events=storms())
def test_an_attempt_in_two_rows_is_still_one(events: Events) -> None:
    rows = []
    for event in events:
        run = {"execution_id": f"run-{event['event_id']}", "ended_at": None}
        rows.append(event | run | {"phase": "start", "outcome": "pending"})
        end = {"event_id": f"{event['event_id']}-end", "occurred_at": event["ended_at"]}
        rows.append(event | run | end | {"phase": "end"})

    assert told(events) == told(rows)


@_few
@given(events=storms(), moved=st.sampled_from(("tenant", "environment", "target_system")))
def test_what_happens_elsewhere_changes_nothing(events: Events, moved: str) -> None:
    elsewhere = [event | {"event_id": f"{event['event_id']}-x", moved: "other"} for event in events]

    here = storm_findings(events)
    both = storm_findings(events + elsewhere)
    mine = {
        pattern: frozenset(s for s in sets if not any(name.endswith("-x") for name in s))
        for pattern, sets in both.items()
    }
    assert here == mine


@_few
@given(events=storms())
def test_one_storm_is_one_finding(events: Events) -> None:
    held: set[str] = set()
    for sets in storm_findings(events).values():
        for evidence in sets:
            assert len(evidence & held) < len(evidence)
            held |= evidence
