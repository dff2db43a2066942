"""Which rows are one run, where logs, tenants or environments use the same names."""

from typing import Any

import pytest

from tests.link.linked import executions
from tests.link.test_executions import run

Row = dict[str, Any]


def row(source: str, execution_id: str, second: float = 0, **columns: Any) -> Row:
    """One row of a log that begins an execution."""
    return run(execution_id, second, event_id=f"{source} {second}", source=source) | columns


def causes(*rows: Row) -> dict[str, str | None]:
    """Every execution and its cause."""
    return {name: found["cause_id"] for name, found in executions(rows).items()}


def test_each_log_numbers_its_own_runs() -> None:
    found = causes(
        row("shop", "1"), row("shop", "2", 1, cause_id="1"),
        row("bank", "1", 2), row("bank", "2", 3, previous_execution_id="1"),
        row("bank", "3", 4, other_causes=["2"]),
    )  # fmt: skip

    assert found == {
        "shop/1": None, "shop/2": "shop/1",
        "bank/1": None, "bank/2": "bank/1", "bank/3": "bank/2",
    }  # fmt: skip


def test_a_number_that_its_own_log_does_not_hold_is_not_looked_up_in_another() -> None:
    found = executions([row("shop", "7", 1, cause_id="3"), row("bank", "3")])

    assert (found["shop/7"]["cause_id"], found["shop/7"]["cause_unseen"]) == (None, True)


def test_a_number_is_also_the_name_of_an_event_or_a_delivery_of_its_own_log() -> None:
    numbering = [row("shop", "7", 5), row("bank", "7", 5)]
    event = row("shop", "a", 1, event_id="1")
    delivery, elsewhere = (row(s, f"of {s}", 2, delivery_id="2") for s in ("shop", "bank"))

    found = causes(
        *numbering, event, delivery, elsewhere,
        row("shop", "b", 6, cause_id="1"), row("shop", "c", 7, cause_id="2"),
    )  # fmt: skip

    assert (found["b"], found["c"]) == ("a", "of shop")


def test_a_log_that_numbers_no_runs_names_those_of_the_only_log_that_has_the_number() -> None:
    numbered = [row("shop", "7"), row("shop", "8", 1), row("bank", "8", 2)]
    ours = [row("queue", "a", 3, cause_id="7"), row("queue", "b", 4, cause_id="8")]

    found = executions([*numbered, *ours])

    assert found["a"]["cause_id"] == "shop/7"
    assert (found["b"]["cause_id"], found["b"]["cause_unseen"]) == (None, True)
    assert causes(*numbered[:2], *ours) == {"7": None, "8": None, "a": "7", "b": "8"}


@pytest.mark.parametrize("name", ["1234567890", "4bf92f3577b34da6", "run-1", "order 7"])
def test_other_ids_travel_between_logs(name: str) -> None:
    found = causes(
        row("shop", name), row("bank", name, 1), row("queue", "a", 2, cause_id=name),
        row("shop", "1"), row("bank", "1"),
    )  # fmt: skip

    assert found == {name: None, "a": name, "shop/1": None, "bank/1": None}


@pytest.mark.parametrize(
    ("whose", "name"), [("tenant", "live/nightly"), ("environment", "nightly")]
)
def test_an_id_in_logs_of_two_owners_names_two_runs(whose: str, name: str) -> None:
    rows = [
        row("live", "nightly"), row("live", "a", 1, cause_id="nightly"),
        row("staging", "nightly", 2), row("staging", "b", 3, cause_id="nightly"),
    ]  # fmt: skip

    found = causes(*[r | {whose: r["source"]} for r in rows])

    assert found == {
        name: None, "a": name, "staging/nightly": None, "b": "staging/nightly",
    }  # fmt: skip


def test_a_log_that_names_no_environment_tells_of_the_live_run_and_not_of_the_other() -> None:
    found = executions(
        [row("shop", "nightly", environment="live"), row("trial", "nightly", 1, environment="test"),
         row("queue", "nightly", 2), row("queue", "a", 3, cause_id="nightly")]
    )  # fmt: skip

    assert found.keys() == {"nightly", "test/nightly", "a"}
    assert found["a"]["cause_id"] == "nightly"
    assert found["nightly"]["chain_size"] == 2


def test_one_log_that_numbers_the_runs_of_two_tenants() -> None:
    rows = [row("shop", "1"), row("shop", "2", 1, cause_id="1")]
    theirs = [r | {"event_id": f"{r['event_id']} y", "tenant": "y"} for r in rows]

    found = causes(*[r | {"tenant": "x"} for r in rows], *theirs)

    assert found == {"x/1": None, "x/2": "x/1", "y/1": None, "y/2": "y/1"}


def test_a_log_that_knows_no_owner_tells_of_the_same_run() -> None:
    found = executions(
        [row("queue", "task"), row("shop", "task", 1, tenant="x"),
         row("shop", "a", 2, cause_id="task", tenant="x", environment="live"),
         row("shop", "b", 2.5, tenant="y")]
    )  # fmt: skip

    assert found.keys() == {"task", "a", "b"}
    assert found["a"]["cause_id"] == "task"


def test_a_batch_that_one_log_shows_at_work_for_two_tenants_is_one_run() -> None:
    rows = [row("jobs", "batch", n, tenant=t) for n, t in enumerate("xy")]

    assert causes(*rows, row("shop", "batch", 3, tenant="x")) == {"batch": None}


@pytest.mark.parametrize("name", ["execution_id", "event_id", "delivery_id", "occurrence_id"])
def test_nothing_of_one_tenant_or_environment_causes_anything_of_another(name: str) -> None:
    for whose in ("tenant", "environment"):
        cause = row("shop", "cause") | {whose: "x", name: "named"}
        child = row("bank", "child", 1, cause_id="named")

        for theirs, expected in ((None, cause["execution_id"]), ("y", None)):
            found = executions([cause, child | {whose: theirs}])["child"]
            assert (found["cause_id"], found["cause_unseen"]) == (expected, expected is None)
