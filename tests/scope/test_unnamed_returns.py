"""Money that came back without a word of which charge it was of."""

from decimal import Decimal
from typing import Any

import pytest

from tests.link.linked import linked
from tests.link.test_identities import ALIKE
from tests.scope.scoped import charge, of_order, refund, scoped
from tests.scope.told import told

Event = dict[str, Any]


def unnamed(effect: str | None, minute: float, **other: Any) -> Event:
    """A refund that names no charge."""
    return refund(effect or "", minute, of="", **({"compensates_effect_id": None} | other))


def taken_back(*events: Event) -> list[str]:
    """Ids of the charges that were taken back."""
    with linked(events) as connection:
        rows = connection.execute("""
            SELECT effect_id FROM effects
            WHERE taken_back AND action = 'charge' ORDER BY effect_id""").fetchall()
    return [effect for (effect,) in rows]


TWICE = of_order(charge("a", 0), charge("b", 1))


def test_a_refund_of_the_order_is_not_asked_for_again() -> None:
    found = scoped([*TWICE, *of_order(unnamed("re", 2))])

    (row,) = found.repairs
    assert (row.act, row.subject, row.keep, row.compensated) == ("none", "b", "a", "10.00")
    assert found.totals["EUR"].net == 0


def test_a_refund_takes_back_the_last_charge_before_it_that_none_took() -> None:
    back = [unnamed("r1", 1.5), unnamed("r2", 3), unnamed("r3", 4), unnamed("r4", 5)]

    assert taken_back(*TWICE, *of_order(back[0])) == ["b"]
    assert taken_back(*TWICE, *of_order(charge("c", 2), *back[:2])) == ["b", "c"]
    assert taken_back(*TWICE, *of_order(charge("c", 4.5), *back[:3])) == ["a", "b"]
    assert taken_back(*TWICE, *of_order(*back, charge("c", 6))) == ["a", "b"]


@pytest.mark.parametrize(
    "other",
    [
        {"entity_id": "o2"},
        {"entity_type": "invoice"},
        {"amount": Decimal(9)},
        {"currency": "USD"},
        {"system": "other"},
        {"customer_id": "other"},
        {"tenant": "other"},
        {"outcome": "error"},
        {"money_stage": "credited"},
        {"minute": -1},
    ],
    ids=str,
)
def test_what_fits_no_charge_is_of_none(other: Event) -> None:
    back = unnamed("re", other.get("minute", 2))
    differing = {name: value for name, value in other.items() if name != "minute"}

    assert taken_back(*TWICE, *of_order(back | differing)) == []


def test_a_refund_that_was_asked_for_is_under_way() -> None:
    found = scoped([*TWICE, *of_order(unnamed("re", 2, outcome="pending"))])

    (row,) = found.repairs
    assert (row.act, row.subject, row.state) == ("check", "b", "refund pending")


def test_where_no_record_is_named_the_customer_decides() -> None:
    assert taken_back(charge("a", 0), charge("b", 1), unnamed("re", 2)) == ["b"]
    assert taken_back(*TWICE, unnamed("re", 2)) == ["b"]
    assert taken_back(*TWICE, unnamed("re", 2, customer_id="other")) == []


def test_a_refund_that_may_be_of_another_order_leaves_open_what_is_still_out() -> None:
    other = charge("c", 1.5, key="other", entity_type="order", entity_id="o2")
    events = [*TWICE, other, unnamed("re", 2)]
    found = scoped(events)
    with told(events) as ((incident,), _):
        (out,) = incident.blast_radius.still_out

    assert taken_back(*events) == []
    (row,) = found.repairs
    assert (row.act, row.subject, row.state, row.amount) == (
        "check",
        "b",
        "perhaps refunded",
        "10.00",
    )
    assert row.keep_because == "a refund that names none may be of either"
    assert [out.low, out.high] == [0, 10]


def test_as_many_refunds_as_charges_leave_nothing_open() -> None:
    other = charge("c", 1.5, key="other", entity_type="order", entity_id="o2")
    back = [unnamed("r1", 2), unnamed("r2", 3), unnamed("r3", 4)]

    assert taken_back(*TWICE, other, *back) == ["a", "b", "c"]


def test_a_later_charge_of_the_record_that_was_given_back_may_not_have_been_meant() -> None:
    month = 31 * 24 * 60
    later = charge("c", month, key="next month")
    about = {"entity_type": "subscription", "entity_id": "s1"}
    events = [charge("a", 0), charge("b", 1), later, unnamed("re", month + 1)]
    (row,) = scoped([about | event for event in events]).repairs

    assert (row.act, row.subject, row.state) == ("check", "b", "perhaps refunded")


def test_a_refund_that_may_be_of_something_else_of_the_order_leaves_open_what_is_still_out() -> (
    None
):
    events = of_order(charge("other", -1, key="other"), *TWICE, unnamed("re", 2))
    (row,) = scoped(events).repairs
    with told(events) as ((incident,), _):
        (out,) = incident.blast_radius.still_out

    assert (row.act, row.subject, row.state) == ("check", "b", "perhaps refunded")
    assert (out.low, out.high) == (0, 10)


@pytest.mark.parametrize("name", ["operation_key", "period_key", "item_key"])
def test_what_was_paid_for_says_the_key_the_period_or_the_item(name: str) -> None:
    other = charge("other", -1)
    events = of_order(*TWICE, unnamed("re", 2))

    assert taken_back(*of_order(other), *events) == ["b"]
    assert taken_back(*of_order(other | {name: "else"}), *events) == []


def test_the_last_month_is_not_meant_where_earlier_ones_were_paid_too() -> None:
    month = 31 * 24 * 60
    paid = [charge(name, -n * month, key=name) for n, name in enumerate(("march", "february"), 1)]
    events = of_order(*paid, charge("a", 0), charge("b", 1), unnamed("re", 2))

    assert taken_back(*events) == []
    assert taken_back(*events, *of_order(*(unnamed(f"r{n}", 3 + n) for n in range(3)))) == [
        "a",
        "b",
        "february",
        "march",
    ]


def test_of_two_that_were_paid_under_keys_of_their_own_either_refund_mends_it() -> None:
    both = of_order(charge("a", 0), charge("b", 1, key="again"), unnamed("re", 2))
    later = of_order(charge("c", 3, key="later"))

    assert taken_back(*both) == ["b"]
    assert taken_back(*TWICE, *of_order(unnamed("re", 2)), *later) == ["b"]


def test_one_of_three_that_came_back_leaves_one_to_give_back() -> None:
    found = scoped([*TWICE, *of_order(charge("c", 1.5), unnamed("re", 2))])

    assert found.acts == {"b": "refund", "c": "none"}


def test_the_id_of_the_charge_names_it() -> None:
    back = unnamed("a", 2, event_id="back", amount=Decimal(10))

    assert taken_back(*TWICE, *of_order(back)) == ["a"]
    assert taken_back(*TWICE, *of_order(back), *of_order(unnamed("re", 3))) == ["a", "b"]


TOLD_BY_SHOP = {"source": "app", "system": "shop", "target_system": "payments", "vantage": "client"}


def test_one_refund_that_two_logs_tell_of_gives_back_one_charge() -> None:
    named = refund("re", 2, of="a", source="psp")
    unidentified = unnamed("x", 2.1, effect_id=None, **TOLD_BY_SHOP)

    assert taken_back(*TWICE, *of_order(named, unidentified)) == ["a"]
    assert taken_back(*TWICE, *of_order(named, unidentified | {"source": "psp"})) == ["a", "b"]
    assert taken_back(*TWICE, *of_order(unnamed("re", 2, source="psp"), unidentified)) == ["b"]


def test_two_lines_of_one_refund_without_an_id_give_back_one_charge() -> None:
    asked = unnamed("x", 2, effect_id=None, **TOLD_BY_SHOP)
    done = asked | {"event_id": "y", "action": "refund done"}

    assert taken_back(*TWICE, *of_order(asked, done)) == ["b"]
    assert taken_back(*TWICE, *of_order(asked, asked | {"event_id": "y"})) == ["a", "b"]


def test_a_charge_that_is_named_by_a_refund_is_not_taken_back_again() -> None:
    named = refund("r1", 2, of="b", source="psp")

    assert taken_back(*TWICE, *of_order(named, unnamed("r2", 3, source="psp"))) == ["a", "b"]


@pytest.mark.parametrize("last", [f"log {letter}" for letter in "bcdefg"])
def test_of_two_logs_that_tell_as_much_the_first_by_name_is_believed(last: str) -> None:
    early, late = unnamed("r1", 0.5, source=last), unnamed("r2", 2, source="log a")

    assert taken_back(*TWICE, *of_order(early, late)) == ["b"]


@pytest.mark.parametrize("field", ["entity_id", "customer_id"])
def test_names_of_one_hash_are_of_two_things(field: str) -> None:
    about = {"entity_type": "order"} if field == "entity_id" else {}
    one, other = ({**about, field: name} for name in ALIKE)
    too_early = unnamed("r0", -1) | one

    assert taken_back(charge("a", 0) | one, too_early, unnamed("r1", 2) | one) == ["a"]
    assert taken_back(charge("a", 0) | one, too_early, unnamed("r1", 2) | other) == []


def test_customers_of_one_hash_are_two_customers() -> None:
    one, other = ({"customer_id": name} for name in ALIKE)
    events = [charge("a", 0) | one, charge("b", 1) | other, unnamed("re", 2) | one]

    assert taken_back(*of_order(*events)) == ["a"]


@pytest.mark.parametrize("name", ["operation_key", "item_key"])
def test_keys_of_one_hash_say_that_several_things_were_paid_for(name: str) -> None:
    paid = [charge(effect, n) | {name: key} for n, (effect, key) in enumerate(
        zip("abc", (ALIKE[0], *ALIKE), strict=True))]  # fmt: skip

    assert taken_back(*of_order(*paid, unnamed("re", 3))) == []
