"""What the verdict on an order says of charges that name it by their key alone, and of refunds."""

from decimal import Decimal
from typing import Any

import pytest

from forensics.scope.trace_words import sentence
from tests.scope.asked_worlds import Event, World, asked, moment


def charge(number: int, **other: Any) -> Event:
    return {
        "event_id": f"pay{number}",
        "source": "pay",
        "occurred_at": moment(number),
        "kind": "effect",
        "action": "charge.succeeded",
        "outcome": "ok",
        "system": "pay",
        "vantage": "provider",
        "effect_class": "billing",
        "money_stage": "captured",
        "effect_id": f"ch_{number}",
        "operation_key": f"k{number}",
        "entity_type": "charge",
        "entity_id": f"ch_{number}",
        "customer_id": "anna",
        "amount": Decimal(10),
        "currency": "EUR",
    } | other


def call(number: int, order: str = "B-1", **other: Any) -> Event:
    return {
        "event_id": f"shop{number}",
        "source": "shop",
        "occurred_at": moment(number),
        "kind": "attempt",
        "action": "pay",
        "outcome": "ok",
        "system": "shop",
        "entity_type": "order",
        "entity_id": order,
        "operation_key": f"k{number}",
        "customer_id": "anna",
    } | other


def refund(number: int, amount: int) -> Event:
    return charge(number, entity_id=f"ch_{number}") | {
        "event_id": f"back{number}",
        "action": "charge.refunded",
        "money_stage": "refunded",
        "effect_id": None,
        "operation_key": None,
        "compensates_effect_id": f"ch_{number}",
        "amount": Decimal(amount),
    }


def told(*events: Event, value: str = "B-1") -> str:
    """The verdict on the charges of one name."""
    with asked(World(events=list(events)), [value]) as connection:
        rows = connection.sql(
            "FROM name_verdicts WHERE value = $value AND money_stage = 'captured'",
            params={"value": value},
        )
        (row,) = rows.to_arrow_table().to_pylist()
    return sentence(row, [])


def test_charges_under_the_keys_of_an_orders_calls_are_charges_of_the_order() -> None:
    assert told(charge(1), charge(2), call(1), call(2)).startswith(
        "charged 2 times (`ch_1` 10.00 EUR, `ch_2` 10.00 EUR)"
    )


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([call(2, customer_id="bert")], id="of another customer"),
        pytest.param([call(2), call(3, "B-2", operation_key="k2")], id="of two orders"),
        pytest.param([call(2, tenant="other")], id="of another tenant"),
    ],
)
def test_a_key_that_may_be_anothers_names_no_order(others: list[Event]) -> None:
    second = charge(2, tenant="mine") if "tenant" in others[0] else charge(2)
    verdict = told(charge(1), second, call(1), *others)
    assert verdict.startswith("charged at least once (`ch_1` 10.00 EUR)")


def test_a_call_in_doubt_under_the_key_of_a_charge_is_not_perhaps_one_more() -> None:
    lost = call(1, event_id="edge1", source="edge", system="edge", outcome="timeout")
    answered = told(charge(1), charge(2), call(1), call(2), lost)
    assert "perhaps once more" not in answered
    unanswered = told(charge(1), charge(2), call(1), call(2), call(3, outcome="timeout"))
    assert "perhaps once more" in unanswered


@pytest.mark.parametrize(
    ("amount", "end"),
    [(10, ", 1 of them given back in full, so once in the end"), (4, " 10.00 EUR)")],
)
def test_what_was_given_back_is_said(amount: int, end: str) -> None:
    verdict = told(charge(1), charge(2), call(1), call(2), refund(1, amount))
    how = "in full" if end.endswith("end") else "in part"
    assert verdict == (
        f"charged 2 times (`ch_1` 10.00 EUR given back {how}, `ch_2` 10.00 EUR)"
        f"{end.removeprefix(' 10.00 EUR)')}: no finding objects to it"
    )


def test_the_log_of_a_provider_that_gives_a_refund_no_id_is_here() -> None:
    with asked(World(events=[charge(1), refund(1, 10)]), ["anna"]) as connection:
        rows = connection.sql("FROM name_verdicts WHERE money_stage = 'refunded'")
        (row, *_) = rows.to_arrow_table().to_pylist()
    assert "is kept by" not in sentence(row, [])


def of_order(number: int, order: str | None = "B-17-5", **other: Any) -> Event:
    kind = {"entity_type": "order", "entity_id": order} if order else {}
    return charge(number, customer_id=f"c{number}") | kind | other


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"raw": '{"description": "Order B-17-5"}'}, "names it in its text or attributes alone"),
        ({"attributes": '{"Bestellung": "B-17-5"}'}, "names it in its text or attributes alone"),
        ({"attributes": '{"memo": "for B-17-5."}'}, "names it in its text or attributes alone"),
        (
            {"entity_type": "order", "entity_id": "B-17-5/2"},
            "bears this order with something after",
        ),
        ({"entity_type": "order", "entity_id": "B-17-5b"}, "bears this order with something after"),
        ({"raw": "Order B-17-5", "outcome": "timeout"}, "names it in its text or attributes alone"),
    ],
)
def test_a_charge_that_says_the_order_elsewhere_may_be_one_more_of_it(
    other: Event, why: str
) -> None:
    second = of_order(2, None, **other) | {"source": "pay"}
    for asked_for in ("B-17-5", "ch_1"):
        with asked(World(events=[of_order(1), second]), [asked_for]) as connection:
            rows = connection.sql("FROM name_verdicts WHERE value = 'B-17-5'")
            (row,) = rows.to_arrow_table().to_pylist()
        verdict = sentence(row, [])
        assert verdict.startswith("charged at least once (`ch_1` 10.00 EUR)")
        assert f"1 effect such as `ch_2` {why}" in verdict


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"raw": "Order B-17-55"}, id="another order"),
        pytest.param({"raw": "not B-17-5", "outcome": "error"}, id="not charged"),
        pytest.param({"raw": "B-17-5", "money_stage": "refunded"}, id="a refund"),
        pytest.param({"raw": "B-17-5", "tenant": "b"}, id="of another tenant"),
        pytest.param({"raw": "B-17-5", "effect_id": "ch_1"}, id="the same charge"),
        pytest.param({"raw": "B-17-5", "entity_type": "payout", "entity_id": "p"}, id="a payout"),
        pytest.param({"entity_type": "order", "entity_id": "B-17-55"}, id="an order further on"),
        pytest.param({"entity_type": "order", "entity_id": "B-17-6/2"}, id="part of another"),
    ],
)
def test_what_only_resembles_the_order_or_is_no_charge_is_none_of_it(other: Event) -> None:
    first, second = of_order(1, tenant="a"), of_order(2, None, tenant="a") | other
    verdict = told(first, second, value="B-17-5")
    assert "something after it" not in verdict
    assert "text or attributes" not in verdict
