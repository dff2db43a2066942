"""What was done to customers besides charging them twice, and to others whose limit was used up."""

from collections.abc import Iterable
from typing import Any

import pytest

from forensics.detect.recursive_chain.detector import RECURSIVE_CHAIN
from forensics.detect.retry_storm.detector import RETRY_STORM
from tests.scope.scoped import charge
from tests.scope.test_operations import ours, plain
from tests.scope.told import row, storm, told


@pytest.mark.parametrize(
    ("booked", "harmed"),
    [
        ("10", {"charged": "confirmed"}),
        ("9", {"charged": "confirmed", "charged wrongly": "possible"}),
    ],
)
def test_of_whom_two_logs_say_different_sums_was_perhaps_charged_wrongly(
    booked: str, harmed: dict[str, str]
) -> None:
    around = [
        make(name, minute, key=name, customer_id=name, entity_id=name, entity_type="order")
        for name, minute in (("first", 0), ("last", 100))
        for make in (charge, ours)
    ]
    twice = [charge("a", 50), charge("b", 51), ours("a", 50), ours("b", 51, amount=booked)]
    states = {"log": "complete", "shop": "complete"}
    with told([*twice, *around, plain("log", 200)], states=states) as ((one,), _):
        harms = one.blast_radius.harms

    assert {harm.harm: harm.certain for harm in harms} == harmed
    assert {name for harm in harms for name in harm.customers} == {"customer"}


def circle() -> list[dict[str, Any]]:
    """Two workflows that set each other off, each run of which calls the same system."""
    events = []
    for number in range(8):
        run = {
            "execution_id": f"run-{number}",
            "cause_id": f"run-{number - 1}" if number else None,
            "workflow": ("there", "back")[number % 2],
        }
        record = {"entity_type": "contact", "entity_id": "c1"}
        events += [
            row(f"t{number}", number / 10, **run, **record),
            row(f"c{number}", number / 10 + 0.02, kind="attempt", target_system="crm", **run),
        ]
    return events


def refused(minute: float, **other: Any) -> dict[str, Any]:
    """Another's call that was told to slow down."""
    given = {
        "kind": "attempt",
        "action": "put",
        "outcome": "error",
        "error_kind": "throttle",
        "target_system": "crm",
        "customer_id": "another",
        "execution_id": "another",
    }
    return row("refused", minute, **(given | other))


@pytest.mark.parametrize(
    ("other", "counted"),
    [
        ([refused(0.6)], (1, 1)),
        ([refused(0.6, target_system="mail")], (0, 0)),
        ([refused(0.6, error_kind="server")], (0, 0)),
        ([refused(5)], (0, 0)),
        ([refused(-5)], (0, 0)),
        ([refused(0.6, tenant="another")], (0, 0)),
        ([refused(0.6, environment="test")], (0, 0)),
        ([refused(0.6, execution_id="run-6")], (0, 0)),
        # Two logs of one call.
        (
            [refused(0.6, operation_key="p"), refused(0.61, operation_key="p", event_id="r2")],
            (1, 1),
        ),
    ],
)
def test_who_is_refused_by_what_a_circle_called_is_collateral(
    other: list[dict[str, Any]], counted: tuple[int, int]
) -> None:
    with told([*circle(), *other], (RECURSIVE_CHAIN,)) as ((one,), _):
        radius = one.blast_radius

    assert (radius.refused, radius.refused_customers) == counted


def short_of(error: str, **other: Any) -> dict[str, Any]:
    """Another's call, in the middle of the storm, that failed for want of something."""
    given = {"target_system": "payments", "error": error, "error_kind": "dependency"}
    return refused(5, **(given | other))


@pytest.mark.parametrize(
    ("failed", "counted"),
    [
        (short_of("53300 sorry, too many clients already"), 1),
        (short_of("OperationalError: (1040, 'Too many connections')"), 1),
        (short_of("order 53300 is lost"), 0),
        (short_of("1226", error_kind="throttle", actor="shop-user"), 1),
        (short_of("1226", error_kind="throttle", actor="another-user"), 0),
        (short_of("QueuePool limit of size 5 overflow 10 reached"), 1),
        (short_of("QueuePool limit of size 5 overflow 10 reached", system="office"), 0),
        (short_of("Connection pool is full, discarding connection"), 0),
        # What a log says of itself is nobody's call.
        (short_of("too many connections", kind="state"), 0),
        (short_of("503"), 0),
        (short_of("53100 could not extend file"), 0),
    ],
)
def test_whose_limit_was_used_up_is_told_by_the_refusal(
    failed: dict[str, Any], counted: int
) -> None:
    tried = [event | {"actor": "shop-user"} for event in storm(300)]
    with told([*tried, failed], (RETRY_STORM,)) as ((one,), _):
        radius = one.blast_radius

    assert (radius.refused, radius.starved) == (counted, 0)


def waited(minute: float, **other: Any) -> dict[str, Any]:
    """Another's call that got no answer."""
    given = {"target_system": "payments", "outcome": "timeout", "error_kind": "timeout"}
    return refused(minute, **(given | other))


def usual(minutes: Iterable[float], **other: Any) -> list[dict[str, Any]]:
    """Another's calls that were served."""
    served = {"outcome": "ok", "error_kind": None, "target_system": "payments"}
    return [refused(m, **(served | {"event_id": f"usual-{m}"} | other)) for m in minutes]


BEFORE = range(-30, -5)
LIMIT = refused(4, target_system="payments", event_id="limit", customer_id="third")


@pytest.mark.parametrize(
    ("others", "counted"),
    [
        # Still served after the storm had begun, and then no longer.
        ([*usual([*BEFORE, 2]), waited(5)], (1, 1)),
        # Nobody was: what failed is what they called, and no limit.
        ([*usual(BEFORE), waited(5)], (0, 0)),
        ([*usual([*BEFORE, 7]), waited(5)], (0, 0)),
        ([*usual(BEFORE), LIMIT, waited(5)], (1, 1)),
        ([*usual(BEFORE), LIMIT, waited(3)], (0, 0)),
        # As before; and where before is not told.
        ([*usual([*BEFORE, 2]), waited(-10, event_id="early"), waited(5)], (0, 0)),
        ([*usual([*BEFORE][:9]), *usual([2]), waited(5)], (0, 0)),
        ([*usual([*BEFORE, 2], target_system="mail"), waited(5)], (0, 0)),
        ([*usual([*BEFORE, 2]), waited(5, target_system="mail")], (0, 0)),
        ([*usual([*BEFORE, 2]), waited(5, tenant="another")], (0, 0)),
        ([*usual([*BEFORE, 2]), waited(11)], (0, 0)),
        # Overload is a limit's doing where a limit is told.
        ([*usual([*BEFORE, 2]), short_of("503")], (0, 0)),
        ([*usual([*BEFORE, 2]), LIMIT, short_of("503")], (1, 1)),
        ([*usual(BEFORE), LIMIT, short_of("53200 out of memory")], (1, 1)),
        # What was refused has not starved besides.
        ([*usual([*BEFORE, 2]), LIMIT, waited(5, operation_key="p"),
          refused(6, target_system="payments", event_id="r2", operation_key="p")], (0, 0)),
    ],
)  # fmt: skip
def test_who_waits_in_vain_beside_a_storm_has_perhaps_starved(
    others: list[dict[str, Any]], counted: tuple[int, int]
) -> None:
    with told([*storm(300), *others], (RETRY_STORM,)) as ((one,), _):
        radius = one.blast_radius

    assert (radius.starved, radius.starved_customers) == counted
    assert radius.refused == sum(event.get("error_kind") == "throttle" for event in others)


def at_callee(count: int, **other: Any) -> list[dict[str, Any]]:
    """The same calls as in `storm`, as the log of the callee tells them."""
    there = {
        "source": "edge",
        "system": "payments",
        "target_system": None,
        "vantage": "server",
        "actor": "10.0.0.1",
        "cause_id": None,
        "operation_key": "reserve-o1",
    }
    return [
        event | there | {"event_id": f"{event['event_id']}-there"} | other for event in storm(count)
    ]


@pytest.mark.parametrize(
    ("there", "wasted"),
    [
        ({}, 39),
        # Another log of the same side tells of other calls of the same runs.
        ({"vantage": "client", "system": "office", "target_system": "payments"}, 78),
        # Nothing says that they are the same.
        ({"execution_id": None}, 78),
    ],
)
def test_a_call_that_two_logs_tell_of_is_wasted_once(there: dict[str, Any], wasted: int) -> None:
    with told([*storm(40), *at_callee(40, **there)], (RETRY_STORM,)) as (found, _):
        radii = [one.blast_radius for one in found]

    assert sum(radius.calls_wasted for radius in radii) == wasted


def test_without_a_storm_nobody_s_limit_was_used_up() -> None:
    twice = [charge("a", 4, target_system="payments"), charge("b", 6, target_system="payments")]
    with told([*twice, *usual([*BEFORE, 2]), LIMIT, waited(5)]) as ((one,), _):
        radius = one.blast_radius

    assert (radius.refused, radius.starved) == (0, 0)
