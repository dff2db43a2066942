"""What counts as given back: the last word on it, in the same currency, and nothing taken again."""

from decimal import Decimal
from typing import Any

import pytest

from tests.link.linked import linked
from tests.scope.scoped import charge, refund


def given_back(*events: dict[str, Any], effect: str = "ch") -> Decimal | None:
    """What came back of one effect; None when nothing at all is known to have."""
    with linked([charge("ch", 0), *events]) as connection:
        rows = connection.execute(
            "SELECT compensated_amount FROM effects WHERE effect_id = $effect", {"effect": effect}
        ).fetchall()
    amount: Decimal | None = rows[0][0]
    return amount


def later(outcome: str, minute: float, **other: Any) -> dict[str, Any]:
    """A later line about the refund `re`."""
    row = refund("re", minute, of="ch", outcome=outcome, kind="state", event_id=f"e-{minute}")
    return row | other


def test_a_refund_that_failed_afterwards_gave_nothing_back() -> None:
    made = refund("re", 1, of="ch")

    assert given_back(made) == 10
    assert given_back(made, later("error", 2)) is None
    assert given_back(made, later("cancelled", 2)) is None
    assert given_back(made, later("error", 2, compensates_effect_id=None)) is None


def test_of_one_instant_the_failure_is_the_later_word() -> None:
    assert given_back(refund("re", 1, of="ch"), later("error", 1)) is None


def test_a_refund_that_was_pending_and_then_made_counts() -> None:
    assert given_back(refund("re", 1, of="ch", outcome="pending"), later("ok", 2)) == 10
    assert given_back(refund("re", 1, of="ch", outcome="pending")) is None


def test_a_failed_attempt_without_an_id_says_nothing_of_the_refund_that_was_made() -> None:
    made = refund("re", 1, of="ch", operation_key="r")
    attempt = refund("x", 2, of="ch", operation_key="r", effect_id=None, outcome="error")

    assert given_back(made, attempt) == 10


def test_a_dispute_that_was_won_takes_the_money_again() -> None:
    dispute = refund("dp", 1, of="ch", money_stage="disputed")
    won = refund("won", 2, of="dp", money_stage="credited", effect_id=None)

    assert given_back(dispute) == 10
    assert given_back(dispute, won) is None
    assert given_back(dispute, won | {"amount": Decimal(4)}) == 6


def test_what_was_reinstated_may_name_the_charge_the_dispute_or_bear_its_id() -> None:
    dispute = refund("dp", 1, of="ch", money_stage="disputed")
    won = refund("won", 2, of="ch", money_stage="reinstated")

    assert given_back(dispute, won) is None
    assert given_back(dispute, won | {"compensates_effect_id": "dp"}) is None
    assert given_back(dispute, won | {"compensates_effect_id": None, "effect_id": "dp"}) is None
    assert given_back(dispute, won | {"amount": Decimal(4)}) == 6
    assert given_back(dispute, won | {"amount": None, "currency": "EUR"}) is None
    assert given_back(dispute, won | {"outcome": "error"}) == 10
    assert given_back(dispute, won | {"currency": "USD"}) == 10
    assert given_back(dispute, won | {"tenant": "another"}) == 10


def test_what_was_reinstated_of_a_capture_is_of_its_dispute() -> None:
    capture = refund("cap", 1, of="ch", money_stage="captured")
    dispute = refund("dp", 2, of="cap", money_stage="disputed")
    won = refund("won", 3, of="cap", money_stage="reinstated")

    assert given_back(capture, dispute, effect="cap") == 10
    assert given_back(capture, dispute, won, effect="cap") is None


def test_what_was_reinstated_without_a_return_gave_nothing_back() -> None:
    assert given_back(refund("won", 2, of="ch", money_stage="reinstated")) is None


def test_what_was_reinstated_is_of_the_last_return_before_it() -> None:
    first, second = (
        refund(f"re{n}", 3 * n, of="ch", money_stage="refunded", amount=Decimal(5)) for n in (1, 2)
    )
    again = refund("won", 4, of="ch", money_stage="reinstated", amount=Decimal(5))

    assert given_back(first, again, second) == 5
    assert given_back(first, again | {"occurred_at": second["occurred_at"]}, second) == 5
    assert given_back(second, again) == 5


@pytest.mark.parametrize(
    "second", [{"amount": None, "currency": None}, {"amount": Decimal(4), "currency": "USD"}]
)
def test_the_order_of_lines_of_one_instant_decides_nothing(second: dict[str, Any]) -> None:
    dispute = refund("dp", 1, of="ch", money_stage="disputed")
    won = refund("won", 2, of="ch", money_stage="reinstated")
    again = won | {"event_id": "a-won"} | second

    assert given_back(dispute, won, again) is None
    assert given_back(dispute, again, won) is None


def test_what_was_reinstated_without_an_amount_takes_all() -> None:
    nothing = {"amount": None, "currency": None}
    dispute = refund("dp", 1, of="ch", money_stage="disputed")
    won = refund("won", 2, of="ch", money_stage="reinstated")

    assert given_back(dispute, won | nothing) is None
    assert given_back(dispute | nothing, won) is None
    assert given_back(dispute | nothing, won | nothing) is None


@pytest.mark.parametrize(
    ("returned", "again", "back"),
    [
        ((5, 5), (5, 5), None),
        ((5, 5), (None, None), None),
        ((5, 5), (5, 3), 2),
        ((5, 5), (3, 5), 2),
        ((3, 4), (3,), 4),
        ((4, 3), (4,), 3),
        ((6, 4), (4, 6), None),
        ((9,), (4, 5), None),
        ((6, 1), (3, 2), 2),
        ((5, 5), (5,), 5),
    ],
    ids=str,
)
def test_each_that_was_reinstated_of_a_charge_is_of_a_return_of_its_own(
    returned: tuple[int, ...], again: tuple[int | None, ...], back: int | None
) -> None:
    events = [
        refund(f"re{n}", 1 + n, of="ch", amount=Decimal(amount))
        for n, amount in enumerate(returned)
    ]
    events += [
        refund(
            f"won{n}",
            5 + n,
            of="ch",
            money_stage="reinstated",
            amount=None if amount is None else Decimal(amount),
        )
        for n, amount in enumerate(again)
    ]

    assert given_back(*events) == back
    assert given_back(*reversed(events)) == back


def test_a_return_that_was_named_itself_is_not_taken_again() -> None:
    first, second = (refund(f"re{n}", n, of="ch", amount=Decimal(5)) for n in (1, 2))
    won, other = (
        refund(f"won{n}", 3 + n, of=of, money_stage="reinstated", amount=Decimal(5))
        for n, of in enumerate(("re2", "ch"))
    )

    assert given_back(first, second, won) == 5
    assert given_back(first, second, won, other) is None


@pytest.mark.parametrize(
    ("other", "back"),
    [({}, None), ({"amount": Decimal(9)}, 10), ({"entity_id": "o-2"}, 10)],
    ids=str,
)
def test_what_was_reinstated_without_naming_anything_is_of_its_record_and_sum(
    other: dict[str, Any], back: int | None
) -> None:
    order = {"entity_type": "order", "entity_id": "o-1"}
    reversal = refund("cb", 1, of="ch", money_stage="reversed") | order
    again = refund("won", 2, of="ch", money_stage="reinstated") | order

    assert given_back(reversal, again | {"compensates_effect_id": None} | other) == back


def test_as_many_as_were_reinstated_of_a_record_are_taken_again() -> None:
    order = {"entity_type": "order", "entity_id": "o-1"}
    events = [
        event | order
        for event in (
            charge("b", 0),
            refund("cb1", 1, of="ch", money_stage="reversed"),
            refund("cb2", 2, of="b", money_stage="reversed"),
            *(
                refund(f"w{n}", 2 + n, of="ch", money_stage="reinstated")
                | {"compensates_effect_id": None}
                for n in (1, 2)
            ),
        )
    ]

    assert [given_back(*events, effect=effect) for effect in ("ch", "b")] == [None, None]
    assert [given_back(*events[:-1], effect=effect) for effect in ("ch", "b")] == [10, None]


def test_what_was_won_and_lost_again_counts_again() -> None:
    assert (
        given_back(
            refund("dp", 1, of="ch", money_stage="disputed"),
            refund("won", 2, of="dp", money_stage="credited"),
            refund("lost", 3, of="won", money_stage="reversed"),
        )
        == 10
    )


def test_reversals_that_name_each_other_end() -> None:
    assert (
        given_back(
            refund("r1", 1, of="r2", money_stage="credited"),
            refund("r2", 2, of="r1", money_stage="credited"),
        )
        is None
    )


@pytest.mark.parametrize("currency", ["USD", None])
def test_another_currency_gives_nothing_of_the_amount_back(currency: str | None) -> None:
    with linked([charge("ch", 0), refund("re", 1, of="ch", currency=currency)]) as connection:
        rows = connection.execute("""
            SELECT compensated_amount, taken_back, len(compensations) FROM effects
            WHERE effect_id = 'ch'""").fetchall()
    assert rows == [(0, False, 1)]


def test_a_reversal_without_an_amount_takes_all_of_it_back() -> None:
    assert given_back(refund("re", 1, of="ch", amount=None, currency=None)) == 10


def test_the_refund_may_bear_the_id_of_the_charge() -> None:
    assert given_back(refund("ch", 1, of="ch", event_id="other")) == 10


def test_one_id_in_the_books_of_two_tenants_is_taken_back_for_one() -> None:
    books = [
        charge("ch", 0, tenant="a", event_id="a"),
        charge("ch", 0, tenant="b", event_id="b"),
        refund("re", 1, of="ch", tenant="a"),
    ]
    with linked(books) as connection:
        rows = connection.execute(
            "SELECT tenant, taken_back FROM effects WHERE action = 'charge' ORDER BY tenant"
        ).fetchall()
    assert rows == [("a", True), ("b", False)]
