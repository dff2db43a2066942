"""Which execution caused which."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.link.linked import executions, linked

START = datetime(2026, 11, 2, tzinfo=UTC)


def run(execution_id: str, second: float | None = 0, **columns: Any) -> dict[str, Any]:
    """One row that begins an execution."""
    at = None if second is None else START + timedelta(seconds=second)
    row = {"event_id": f"event-{execution_id}", "execution_id": execution_id, "occurred_at": at}
    return row | {"kind": "trigger"} | columns


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ({"cause_id": "parent"}, {}),
        ({"cause_id": "event-parent"}, {}),
        ({"cause_id": "message"}, {"delivery_id": "message"}),
        ({"cause_id": "occurrence"}, {"occurrence_id": "occurrence"}),
        ({"previous_execution_id": "parent"}, {}),
        ({"other_causes": ["elsewhere", "parent"]}, {}),
    ],
)
def test_a_cause_is_found_under_each_of_its_names(
    name: dict[str, Any], parent: dict[str, Any]
) -> None:
    found = executions([run("parent", **parent), run("child", 1, **name)])

    assert found["child"]["cause_id"] == "parent"
    assert (found["child"]["root_id"], found["child"]["depth"]) == ("parent", 1)
    assert (found["parent"]["root_id"], found["parent"]["depth"]) == ("parent", 0)
    assert found["parent"]["chain_size"] == found["child"]["chain_size"] == 2
    assert not found["child"]["cause_unseen"]


def test_a_name_is_an_execution_before_an_event_a_delivery_and_an_occurrence() -> None:
    takers = [
        run("name"),
        run("by_event", event_id="name"),
        run("by_delivery", delivery_id="name"),
        run("by_occurrence", occurrence_id="name"),
    ]

    for place in range(4):
        found = executions([*takers[place:], run("child", 1, cause_id="name")])
        assert found["child"]["cause_id"] == takers[place]["execution_id"]


def test_a_cause_outranks_the_run_continued_which_outranks_further_causes() -> None:
    parents = [run("a"), run("b"), run("c")]
    names = {"cause_id": "a", "previous_execution_id": "b", "other_causes": ["c"]}

    edges = []
    for _ in range(3):
        child = executions([*parents, run("child", 1, **names)])["child"]
        edges.append((child["cause_id"], child["edge"]))
        names.pop(next(iter(names)))

    assert edges == [("a", "cause"), ("b", "previous"), ("c", "other")]


def test_a_run_of_a_task_is_its_cause_before_the_row_that_sent_it() -> None:
    rows = [
        run("task", 0, kind="other", delivery_id="task"),
        run("task@worker", 1, delivery_id="task"),
        run("child", 2, cause_id="task"),
    ]

    assert executions(rows)["child"]["cause_id"] == "task@worker"


@pytest.mark.parametrize(
    ("begun", "expected"),
    [((0, 4, 6), "run-1"), ((7, 9, 8), "run-0"), ((0, 5, 6), "run-1"), ((None, 4, None), "run-1")],
    ids=["latest_before", "none_before", "at_the_same_time", "without_times"],
)
def test_of_several_runs_of_a_delivery_the_latest_that_had_begun_is_the_cause(
    begun: tuple[float | None, ...], expected: str
) -> None:
    runs = [run(f"run-{n}", at, delivery_id="message") for n, at in enumerate(begun)]

    found = executions([*runs, run("child", 5, cause_id="message")])

    assert found["child"]["cause_id"] == expected


def test_the_earliest_run_is_the_cause_of_a_child_without_time() -> None:
    runs = [run("late", 9, delivery_id="message"), run("early", 3, delivery_id="message")]

    found = executions([*runs, run("child", None, cause_id="message")])

    assert found["child"]["cause_id"] == "early"


def test_nothing_causes_itself() -> None:
    rows = [
        run("own", cause_id="own"),
        run("by_event", cause_id="event-by_event"),
        run("redelivered", cause_id="message", delivery_id="message"),
    ]

    for row in executions(rows).values():
        assert (row["cause_id"], row["depth"], row["in_cycle"]) == (None, 0, False)


def test_a_row_that_names_its_own_run_leaves_the_cause_that_another_row_names() -> None:
    rows = [
        run("parent"),
        run("child", 2, cause_id="parent"),
        run("child", 1, event_id="step", kind="attempt", cause_id="event-child"),
    ]

    assert executions(rows)["child"]["cause_id"] == "parent"


def test_a_cause_that_the_log_does_not_hold_makes_a_root_of_unseen_cause() -> None:
    found = executions([run("a", cause_id="before the log"), run("b", 1, cause_id="a"), run("c")])

    assert [found[name]["cause_unseen"] for name in "abc"] == [True, False, False]
    assert found["b"]["root_id"] == "a"


def test_a_circle_of_causes_ends_and_is_reported() -> None:
    rows = [
        run("a", 3, cause_id="c"),
        run("b", 1, cause_id="a"),
        run("c", 2, cause_id="b"),
        run("tail", 4, cause_id="c"),
        run("end", 5, cause_id="tail"),
    ]

    with linked(rows) as connection:
        circle = connection.execute("FROM cause_cycles ORDER BY ALL").fetchall()
    found = executions(rows)

    assert circle == [("b", "a", "c"), ("b", "b", "a"), ("b", "c", "b")]
    assert {name: row["depth"] for name, row in found.items()} == {
        "b": 0, "c": 1, "a": 2, "tail": 2, "end": 3,
    }  # fmt: skip
    assert {row["root_id"] for row in found.values()} == {"b"}
    assert {name for name, row in found.items() if row["in_cycle"]} == {"a", "b", "c"}


def test_the_row_that_begins_a_run_speaks_for_it() -> None:
    rows = [
        run("a", 0, kind="attempt", event_id="first", system="http", progress="9"),
        run("a", 1, kind="trigger", event_id="begins", system="shop", trigger_kind="webhook"),
        run("a", 3, kind="write", event_id="later", workflow="sync", ended_at=START
            + timedelta(seconds=9), entity_type="order", entity_id="o-1"),
        run("a", 2, kind="read", event_id="between", workflow="other", entity_type="cart"),
    ]  # fmt: skip

    row = executions(rows)["a"]

    assert (row["event_id"], row["kind"], row["system"]) == ("begins", "trigger", "shop")
    assert (row["trigger_kind"], row["progress"]) == ("webhook", None)
    assert row["workflow"] == "other"
    assert (row["entity_type"], row["entity_id"]) == ("order", "o-1")
    assert row["first_at"] == START
    assert row["last_at"] == START + timedelta(seconds=9)


def test_an_execution_that_stands_alone_is_described_like_the_others() -> None:
    alone = run("alone", 1, workflow="sync", entity_id="o-1", system="shop")
    rows = [alone, run("a"), run("b", 1, cause_id="a", workflow="sync", entity_id="o-1")]

    found = executions(rows)

    assert (found["alone"]["root_id"], found["alone"]["depth"]) == ("alone", 0)
    assert found["alone"]["chain_size"] == 1
    for column in ("workflow", "entity_id", "kind"):
        assert found["alone"][column] == found["b"][column]
