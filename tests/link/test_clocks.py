"""How far clocks are apart, and which of two events came first by them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from forensics.link.clocks import UNKNOWN_US, spread, ties
from tests.link.linked import linked

START = datetime(2026, 11, 2, tzinfo=UTC)


def begin(name: str, second: float | None, system: str, **columns: Any) -> dict[str, Any]:
    at = None if second is None else START + timedelta(seconds=second)
    row = {"event_id": name, "execution_id": name, "occurred_at": at, "system": system}
    return row | {"kind": "trigger"} | columns


def clocks(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    with linked(events) as connection:
        rows = connection.sql("FROM clocks").to_arrow_table().to_pylist()
    return {row["clock"]: row for row in rows}


def test_two_clocks_with_causes_both_ways_are_bounded_from_both_sides() -> None:
    found = clocks(
        [
            begin("a1", 0, "shop"), begin("b1", 5.010, "bank", cause_id="a1"),
            begin("b2", 10, "bank"), begin("a2", 5.030, "shop", cause_id="b2"),
            begin("b3", 20, "bank"), begin("a3", 99, "shop", cause_id="b3"),
        ]
    )  # fmt: skip

    assert found["bank"]["reference"] == found["shop"]["reference"] == "bank"
    assert found["shop"]["offset_us"] == -4_990_000
    assert found["shop"]["error_us"] == 20_001
    assert found["bank"]["error_us"] == 1
    assert found["shop"]["pairs"] == 3


def test_an_effect_before_its_cause_proves_that_its_clock_is_behind() -> None:
    found = clocks([begin("a", 3, "shop"), begin("b", 0, "bank", cause_id="a")])

    assert found["shop"]["offset_us"] - found["bank"]["offset_us"] == 3_000_000
    assert found["shop"]["error_us"] == UNKNOWN_US + 1


@pytest.mark.parametrize(
    ("cause", "effect"),
    [
        (begin("a", 0, "shop"), begin("b", 9, "bank", cause_id="a")),
        (begin("a", 3, "shop", time_means="end"), begin("b", 0, "bank", cause_id="a")),
        (begin("a", 3, "shop", kind="effect"), begin("b", 0, "bank", cause_id="a")),
        (begin("a", None, "shop"), begin("b", 0, "bank", cause_id="a")),
        (begin("a", 3, "shop"), begin("b", None, "bank", cause_id="a")),
        (begin("a", 3, "shop"), begin("b", 0, "bank")),
    ],
    ids=["delay", "stamped_at_its_end", "not_the_beginning", "no_time", "no_effect", "no_cause"],
)
def test_what_proves_nothing_leaves_the_clocks_as_they_were(
    cause: dict[str, Any], effect: dict[str, Any]
) -> None:
    found = clocks([cause, effect])

    for name, row in found.items():
        assert (row["reference"], row["offset_us"], row["pairs"]) == (name, 0, 0)
        assert row["error_us"] == UNKNOWN_US // 2


def test_slow_answers_alone_do_not_make_a_clock_wrong() -> None:
    known = ties({("a", "b"): (90_000_000, 5), ("b", "a"): (400_000, 5)})

    assert known["a"]["b"].offset_us == (UNKNOWN_US - 400_000) // 2
    assert known["a"]["b"].error_us == (UNKNOWN_US + 400_000) // 2


def test_a_clock_that_was_set_is_only_known_roughly() -> None:
    known = ties({("a", "b"): (-4_000_000, 5), ("b", "a"): (2_000_000, 5)})

    assert known["a"]["b"].error_us == UNKNOWN_US + 2_000_000
    assert known["a"]["b"].offset_us == -3_000_000
    assert known["b"]["a"].offset_us == 3_000_000


def test_clocks_tied_through_others_add_their_errors_along_the_tightest_path() -> None:
    known = ties(
        {
            ("a", "b"): (10, 9), ("b", "a"): (10, 9),
            ("b", "c"): (120, 1), ("c", "b"): (-80, 1),
            ("a", "c"): (500, 1), ("c", "a"): (900, 1),
            ("x", "y"): (5, 1), ("y", "x"): (5, 1),
        }
    )  # fmt: skip

    found = {clock: (reference, tie) for clock, reference, tie in spread(known)}

    assert found["c"][0] == "a"
    assert (found["c"][1].error_us, found["c"][1].offset_us) == (10 + 20, 100)
    assert found["y"][0] == "x"
    assert set(found) == {"a", "b", "c", "x", "y"}


@settings(max_examples=25)
@given(
    some.integers(-5_000, 5_000),
    some.lists(some.tuples(some.booleans(), some.integers(1, 900)), min_size=1, max_size=8),
)
def test_the_true_offset_is_within_the_error_of_the_estimate(
    ahead_ms: int, journeys: list[tuple[bool, int]]
) -> None:
    delays: dict[tuple[str, str], tuple[int, int]] = {}
    for forth, delay in journeys:
        pair = ("a", "b") if forth else ("b", "a")
        seen = (delay + (ahead_ms if forth else -ahead_ms)) * 1000
        delays[pair] = (min(seen, delays.get(pair, (seen, 0))[0]), 1)

    tie = ties(delays).get("a", {}).get("b")

    if len(delays) == 2 and tie is not None and abs(ahead_ms) <= 1000:
        assert abs(tie.offset_us - ahead_ms * 1000) <= tie.error_us
    if tie is None:
        assert len(delays) == 1


ORDER = """
    SELECT order_of(a.occurred_at, ca, b.occurred_at, cb)
    FROM events a JOIN clocks ca ON ca.clock = clock_of(a.clock, a.system, a.source),
         events b JOIN clocks cb ON cb.clock = clock_of(b.clock, b.system, b.source)
    WHERE a.event_id = 'a' AND b.event_id = 'b'"""


@pytest.mark.parametrize(
    ("a", "b", "order"),
    [
        (begin("a", 0, "s"), begin("b", 0.000001, "s"), "before"),
        (begin("a", 0.000001, "s"), begin("b", 0, "s"), "after"),
        (begin("a", 0, "s"), begin("b", 0, "s"), "possible"),
        (begin("a", 0, "s", clock_resolution_us=10**6), begin("b", 0.9, "s"), "possible"),
        (begin("a", 0, "s", clock_resolution_us=10**6), begin("b", 1, "s"), "before"),
        (begin("a", 0, "s"), begin("b", 1, "t"), "possible"),
        (begin("a", 0, "s"), begin("b", 1.000001, "t"), "before"),
        (begin("a", 1.000001, "s"), begin("b", 0, "t"), "after"),
        (begin("a", 0, "s", clock="k"), begin("b", 0.5, "t", clock="k"), "before"),
        (begin("a", None, "s"), begin("b", 5, "s"), "possible"),
        (begin("a", 5, "s"), begin("b", None, "t"), "possible"),
    ],
)
def test_two_events_are_ordered_as_far_as_their_clocks_can_tell(
    a: dict[str, Any], b: dict[str, Any], order: str
) -> None:
    with linked([a, b]) as connection:
        assert connection.execute(ORDER).fetchall() == [(order,)]


def test_a_known_offset_orders_what_the_stamps_show_the_wrong_way_round() -> None:
    ahead = [
        begin("x1", 0, "s"), begin("y1", 60.010, "t", cause_id="x1"),
        begin("y2", 90, "t"), begin("x2", 30.010, "s", cause_id="y2"),
    ]  # fmt: skip

    with linked([*ahead, begin("a", 40, "s"), begin("b", 99, "t")]) as connection:
        assert connection.execute(ORDER).fetchall() == [("after",)]


@pytest.mark.parametrize(
    ("a", "b", "order"),
    [
        (("log", "p0", 1), ("log", "p0", 2), "before"),
        (("log", None, 2), ("log", None, 1), "after"),
        (("log", "p0", 1), ("log", "p0", 1), None),
        (("log", "p0", 1), ("log", "p1", 2), None),
        (("log", None, 1), ("log", "p1", 2), None),
        (("log", None, 1), ("other", None, 2), None),
        (("log", None, None), ("log", None, 2), None),
    ],
)
def test_a_log_orders_its_own_rows_without_a_clock(
    a: tuple[str, str | None, int], b: tuple[str, str | None, int], order: str | None
) -> None:
    with linked([]) as connection:
        query = "SELECT order_in_log(?, ?, ?, ?, ?, ?)"
        assert connection.execute(query, [*a, *b]).fetchall() == [(order,)]
