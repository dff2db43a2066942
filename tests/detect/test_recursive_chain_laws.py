"""What holds for chains of every shape."""

import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from forensics.detect.recursive_chain.detector import RECURSIVE_CHAIN
from forensics.detect.run import run
from tests.link.linked import linked

START = datetime(2026, 11, 2, tzinfo=UTC)
CIRCLES = ("loop", "self_trigger", "cross_system_loop")

Rows = Sequence[dict[str, Any]]


def candidates(events: Rows, *, threads: int = 1) -> list[dict[str, Any]]:
    """Every candidate with its evidence as (event, role), in a fixed order."""
    with linked(events, threads=threads) as connection:
        run(connection, [RECURSIVE_CHAIN])
        rows = (
            connection.sql("""
            SELECT c.pattern, c.suppressor, c.subject, c.grade, c.excess, c.facts,
                list_sort(list({'id': e.event_id, 'role': e.role})) AS seen
            FROM candidates AS c
            INNER JOIN candidate_evidence AS e
                ON c.finding_id = e.finding_id AND c.suppressor IS NOT DISTINCT FROM e.suppressor
            GROUP BY ALL ORDER BY ALL""")
            .to_arrow_table()
            .to_pylist()
        )
    return list(rows)


def trigger(number: int, cause: int | None, workflow: str, record: str) -> dict[str, Any]:
    return {
        "event_id": f"e{number:03}", "execution_id": f"x{number:03}", "kind": "trigger",
        "occurred_at": START + timedelta(seconds=number), "outcome": "ok", "system": "shop",
        "cause_id": None if cause is None else f"x{cause:03}", "workflow": workflow,
        "entity_type": "order", "entity_id": record,
    }  # fmt: skip


@some.composite
def trees(draw: some.DrawFn) -> list[dict[str, Any]]:
    """One root and up to 24 runs below it, each for one of two workflows and records."""
    rows = []
    for number in range(draw(some.integers(1, 25))):
        cause = draw(some.integers(max(0, number - 3), number - 1)) if number else None
        label = draw(some.sampled_from(["A1", "A2", "B1"]))
        rows.append(trigger(number, cause, label[0], label[1]))
    return rows


def most_visits(rows: Rows) -> int:
    """The most runs on one ancestry that share workflow and record, by walking."""
    above: dict[str, Mapping[tuple[str, str], int]] = {}
    most = 0
    for row in rows:
        label = (row["workflow"], row["entity_id"])
        met = dict(above.get(row["cause_id"], {}))
        met[label] = met.get(label, 0) + 1
        above[row["execution_id"]] = met
        most = max(most, met[label])
    return most


@settings(max_examples=10)
@given(trees())
def test_visits_are_those_that_a_walk_down_every_ancestry_counts(
    rows: list[dict[str, Any]],
) -> None:
    counted = [
        json.loads(c["facts"])["visits"] for c in candidates(rows) if c["pattern"] in CIRCLES
    ]

    expected = most_visits(rows)
    assert max(counted, default=0) == (expected if expected >= 3 else 0)


@settings(max_examples=6)
@given(trees(), some.integers(0, 9))
def test_neither_order_nor_threads_nor_a_second_reading_change_a_candidate(
    rows: list[dict[str, Any]], seed: int
) -> None:
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret

    assert candidates(rows) == candidates(shuffled, threads=2)


@settings(max_examples=6)
@given(trees())
def test_runs_below_a_person_start_afresh(rows: list[dict[str, Any]]) -> None:
    by_people = [row | {"actor_kind": "human"} for row in rows]

    assert not [c for c in candidates(by_people) if c["pattern"] in CIRCLES]


def test_two_visits_are_not_even_a_candidate() -> None:
    assert candidates([trigger(0, None, "A", "o1"), trigger(1, 0, "A", "o1")]) == []


def test_first_visits_are_originals_returns_duplicates_and_a_root_outside_the_cause() -> None:
    rows = [trigger(0, None, "hook", "h")] + [
        trigger(n, n - 1, "AB"[n % 2], "o1") for n in range(1, 7)
    ]
    rows.append(trigger(9, None, "hook", "h") | {"execution_id": "x003", "kind": "effect"})

    (found,) = candidates(rows)

    assert {e["id"]: e["role"] for e in found["seen"]} == {
        "e000": "cause", "e001": "original", "e002": "original", "e003": "duplicate",
        "e004": "duplicate", "e005": "duplicate", "e006": "duplicate", "e009": "context",
    }  # fmt: skip
    assert found["subject"] == ["A@shop", "B@shop"]


def test_the_root_of_a_tree_is_the_original_and_the_rest_are_duplicates() -> None:
    rows = [trigger(0, None, "r", "o")] + [trigger(n, 0, "s", f"o{n % 9}") for n in range(1, 100)]

    (found,) = candidates(rows)

    roles = {e["id"]: e["role"] for e in found["seen"]}
    assert found["pattern"] == "fan_out"
    assert roles.pop("e000") == "original"
    assert set(roles.values()) == {"duplicate"}
    assert found["subject"] == ["r@shop", "s@shop"]
    # The last two may yet set others off.
    assert json.loads(found["facts"])["growth"] == {"mean": 1.01, "low": 0.82, "high": 1.23}


def test_turns_name_both_writers_and_show_their_further_rows_as_context() -> None:
    rows = []
    for turn in range(5):
        base = trigger(turn, None, "AB"[turn % 2], "o1")
        rows.append(base | {"kind": "write", "before_hash": turn, "after_hash": turn + 1})
    rows.append(rows[0] | {"event_id": "e900", "kind": "trigger", "payload_hash": 77,
                           "occurred_at": START + timedelta(milliseconds=1)})  # fmt: skip

    (found,) = candidates(rows)

    assert found["pattern"] == "inferred_loop"
    assert found["subject"] == ["A@shop", "B@shop"]
    assert {e["id"]: e["role"] for e in found["seen"]} == {
        "e000": "original", "e001": "original", "e002": "duplicate", "e003": "duplicate",
        "e004": "duplicate", "e900": "context",
    }  # fmt: skip


def test_single_fields_that_flip_together_are_one_finding_whatever_else_changes() -> None:
    rows = []
    for turn in range(6):
        before, after = ((3, 6), (6, 3))[turn % 2]
        base = trigger(turn, None, "w", "o1") | {
            "kind": "write",
            "system": ("up", "down")[turn % 2],
        }
        flipped = [{"name": name, "before": before, "after": after} for name in ("a", "b")]
        counted = {"name": "count", "before": turn, "after": turn + 1}
        rows.append(base | {"changes": [*flipped, counted]})

    (found,) = candidates(rows)

    assert found["pattern"] == "flip_flop"
    assert json.loads(found["facts"])["fields"] == ["a", "b"]
    assert found["excess"] == 4
    assert {e["role"] for e in found["seen"]} == {"original", "duplicate"}


def test_a_circle_of_a_thousand_visits_is_counted_to_the_end() -> None:
    rows = [trigger(n, n - 1 if n else None, "A", "o1") for n in range(1100)]

    (found,) = (c for c in candidates(rows) if c["suppressor"] is None)

    assert found["pattern"] == "self_trigger"
    assert json.loads(found["facts"])["visits"] == 1100
    assert found["excess"] == len([e for e in found["seen"] if e["role"] == "duplicate"]) == 1099
