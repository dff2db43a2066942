"""How often something was done: once is never said where it was, or may have been, more often."""

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from typing import Any

import duckdb
import pytest

from forensics.scope import trace
from tests.scope.asked_worlds import Charge, Event, World, asked, made, moment, seconds

Verdicts = dict[tuple[str, str], dict[str, Any]]

_SHOPS, _ORDERS = 100, 100
_UNORDERED = dict.fromkeys(("group_id", "witnesses", "customers", "recorded_callees"))


def charged(connection: duckdb.DuckDBPyConnection) -> Verdicts:
    """The verdict on the charges of each order, by tenant and order."""
    rows = connection.sql("""
        FROM name_verdicts
        WHERE field = 'entity_id:order' AND effect_class = 'billing'
            AND money_stage = 'captured'""")
    return {(row["tenant"], row["value"]): row for row in rows.to_arrow_table().to_pylist()}


def verdicts_on(world: World) -> Verdicts:
    with asked(world) as connection:
        return charged(connection)


def said_once(verdicts: Verdicts) -> list[tuple[str, str]]:
    return sorted(asked_for for asked_for, row in verdicts.items() if row["is_once"])


@pytest.fixture(scope="module")
def small() -> World:
    return made(2, shops=20, orders=50)


@pytest.fixture(scope="module")
def proven(small: World) -> list[tuple[str, str]]:
    """Orders of the small world that were charged once, as far as its logs tell."""
    found = said_once(verdicts_on(small))
    assert len(found) > 200
    return found


def test_of_ten_thousand_orders_none_is_said_to_be_charged_once_that_was_not() -> None:
    world = made(1, shops=_SHOPS, orders=_ORDERS)
    verdicts = verdicts_on(world)

    once = said_once(verdicts)
    false = [o for o in once if not is_true(world, o, verdicts[o])]
    assert not false
    assert len(once) > 0.15 * _SHOPS * _ORDERS
    assert sum(len(charges) > 1 for charges in world.charges.values()) > 0.2 * _SHOPS * _ORDERS


def test_of_one_order_the_same_is_said_as_among_all(small: World) -> None:
    orders = [order for _, order in list(small.charges)[::9]]
    every = verdicts_on(small)
    with asked(small, orders) as connection:
        alone = charged(connection)

    assert alone.keys() >= {key for key in every if key[1] in orders}
    for key, row in alone.items():
        assert row | _UNORDERED == every[key] | _UNORDERED


def test_no_answer_on_an_order_says_once_of_money_taken_more_often(small: World) -> None:
    orders = [order for _, order in small.charges]
    with asked(small, orders) as connection:
        trace.ask(connection, orders)
        rows = connection.sql("""
            SELECT v.*, id FROM asked_groups INNER JOIN name_verdicts AS v USING (group_id)
            WHERE is_once AND takes_money AND tenant = split_part(id, '-', 1)
                AND id IN (SELECT value FROM effect_names WHERE field = 'entity_id:order')""")
        once = {(row["tenant"], row["id"]): row for row in rows.to_arrow_table().to_pylist()}

    assert len(once) > 200
    assert not [order for order, row in once.items() if not is_true(small, order, row)]


def is_true(world: World, asked_for: tuple[str, str], row: dict[str, Any]) -> bool:
    """One in the coverage that the verdict names, and no line that is left tells of another."""
    tenant, order = asked_for
    known = tenant, order.lower().replace(" ", "-")
    (span,) = row["spans"]
    return within(world.charges[known], span) == 1 and len(world.told[known]) == 1


def within(charges: list[Charge], span: dict[str, Any]) -> int:
    begin, end = seconds(span["from_at"]), seconds(span["until_at"])
    return sum(begin <= round(charge.at, 3) <= end for charge in charges if charge.callee == "pay")


def without_its_record(event: Event) -> Event | None:
    return None


def without_an_id(event: Event) -> Event:
    return event | {"effect_id": None}


def without_a_time(event: Event) -> Event:
    return event | {"occurred_at": None}


def of_unknown_outcome(event: Event) -> Event:
    return event | {"outcome": "unknown"}


def by_nobody_s_word_but_the_caller_s(event: Event) -> Event:
    return event | {"vantage": "client", "system": "shop", "target_system": "pay"}


CHANGES: list[Callable[[Event], Event | None]] = [
    without_its_record,
    without_an_id,
    without_a_time,
    of_unknown_outcome,
    by_nobody_s_word_but_the_caller_s,
]


def test_without_the_record_that_it_rests_on_nothing_is_proven(
    small: World, proven: list[tuple[str, str]]
) -> None:
    with asked(small) as connection:
        named = connection.sql("""
            SELECT DISTINCT tenant, value, unnest(witnesses) AS event_id FROM named_groups
            WHERE field = 'entity_id:order' AND money_stage = 'captured'""").fetchall()
    changes = dict(zip(proven[::2], cycle(CHANGES), strict=False))
    records = {event_id: changes.get((tenant, order)) for tenant, order, event_id in named}
    events = []
    for event in small.events:
        change = records.get(event["event_id"]) if event["source"].endswith("-pay") else None
        changed = change(event) if change else event
        events += [changed] if changed else []
    left = said_once(verdicts_on(replace(small, events=events)))

    assert not set(left) & changes.keys()
    assert left


def open_call(order: tuple[str, str], at: float) -> Event:
    """A call about an order of which nobody knows what became."""
    return {
        "event_id": f"{order}/open",
        "source": f"{order[0]}-shop",
        "occurred_at": moment(at),
        "kind": "attempt",
        "action": "POST /charges",
        "outcome": "timeout",
        "system": order[0],
        "tenant": order[0],
        "entity_type": "order",
        "entity_id": order[1],
    }


def test_an_open_call_or_a_charge_that_may_be_its_own_takes_the_proof_away(
    small: World, proven: list[tuple[str, str]]
) -> None:
    called, nameless = proven[::2], {tenant for tenant, _ in proven[:60]}
    calls = [open_call(order, small.charges[order][0].at + 5) for order in called]
    charges = [
        open_call((tenant, ""), 50_000)
        | {"source": f"{tenant}-pay", "system": "pay", "vantage": "provider", "outcome": "ok"}
        | {"kind": "effect", "effect_class": "billing", "money_stage": "captured"}
        | {"effect_id": f"ch_{tenant}_nameless", "entity_type": None, "entity_id": None}
        for tenant in sorted(nameless)
    ]
    left = said_once(verdicts_on(replace(small, events=[*small.events, *calls, *charges])))

    assert not set(called) & set(left)
    assert not nameless & {tenant for tenant, _ in left}
    assert left


def test_a_log_that_is_not_whole_proves_nothing(
    small: World, proven: list[tuple[str, str]]
) -> None:
    tenants = sorted({tenant for tenant, _ in proven})[::2]
    states = dict(zip(tenants, cycle(["sampled", "truncated", "expired", "unknown"]), strict=False))
    coverage = [
        row | {"state": states.get(row["source"].removesuffix("-pay"), row["state"]), "reason": "."}
        for row in small.coverage
    ]
    left = said_once(verdicts_on(replace(small, coverage=coverage)))

    assert not states.keys() & {tenant for tenant, _ in left}
    assert left


def test_a_hole_stays_one_whatever_is_read_after_it(
    small: World, proven: list[tuple[str, str]]
) -> None:
    tenants = sorted({tenant for tenant, _ in proven})
    torn, mended = (f"{tenants[0]}-pay", "expired"), (f"{tenants[1]}-pay", "truncated")
    earlier = [
        row | {"page": 0, "state": state, "reason": "."}
        for source, state in (torn, mended)
        for row in small.coverage
        if row["source"] == source
    ]
    coverage = [*earlier, *small.coverage]
    left = {tenant for tenant, _ in said_once(verdicts_on(replace(small, coverage=coverage)))}

    assert {tenant for tenant, _ in proven} - left == {tenants[0]}


def test_coverage_that_begins_or_ends_with_the_charge_or_is_not_known_proves_nothing(
    small: World, proven: list[tuple[str, str]]
) -> None:
    last = dict(proven)
    ends = {f"{shop}-pay": moment(small.charges[shop, last[shop]][0].at) for shop in last}
    coverage = []
    for number, row in enumerate(small.coverage):
        at = ends.get(row["source"])
        holds = at and row["first_at"] <= at <= row["last_at"]
        coverage.append(row | {("first_at", "last_at")[number % 2]: at} if holds else row)
    left = set(said_once(verdicts_on(replace(small, coverage=coverage))))

    assert not set(last.items()) & left
    assert left
    assert not said_once(verdicts_on(replace(small, coverage=[])))


def test_a_charge_in_nobody_s_books_may_be_anybody_s() -> None:
    world = made(3, shops=1, orders=30)
    before = said_once(verdicts_on(world))
    (of_nobody,) = [e for e in world.events if e.get("effect_id", "") and e["source"] == "shop0-pay"
                    and e["entity_id"] == before[0][1]]  # fmt: skip
    other = of_nobody | {"event_id": "x", "effect_id": "ch_x", "tenant": None}

    left = said_once(verdicts_on(replace(world, events=[*world.events, other])))
    assert before[0] not in left
