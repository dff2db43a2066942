"""Estimates by declared rates."""

from decimal import Decimal

import pytest

from forensics.model.errors import UsageError
from forensics.model.impact import Rate
from forensics.scope.estimate import cost_of_calls, estimates


def rate(name: str = "fee", per: str = "effect", currency: str = "EUR", **numbers: float) -> Rate:
    """A rate; exact unless told otherwise."""
    given = {"low": 2.0, "likely": 2.0, "high": 2.0} | numbers
    return Rate(name=name, per=per, currency=currency, **given)


def test_an_exact_rate_is_multiplied() -> None:
    (one,) = estimates([rate()], {"effect": 7})

    assert (one.low, one.middle, one.high) == (Decimal(14), Decimal(14), Decimal(14))


def test_the_twentieths_of_a_triangle_are_those_of_the_textbook() -> None:
    """P5 of a triangle over [0, 2] with its top at 1 is sqrt(2 * 0.05)."""
    (one,) = estimates([rate(low=0, likely=1, high=2)], {"effect": 1000})

    assert float(one.low) == pytest.approx(316.2, rel=0.05)
    assert float(one.middle) == pytest.approx(1000, rel=0.03)
    assert float(one.high) == pytest.approx(1683.8, rel=0.03)


def test_currencies_are_never_added_and_what_counts_nothing_is_left_out() -> None:
    found = estimates(
        [rate(), rate("hour", "incident", "USD"), rate("mail", "customer")],
        {"effect": 1, "incident": 1, "customer": 0},
    )

    assert [(one.currency, one.rates) for one in found] == [("EUR", ("fee",)), ("USD", ("hour",))]


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"per": "effect"}, "lacks `currency`"),
        (
            {"per": "hour"} | dict.fromkeys(("currency", "low", "likely", "high"), 1),
            "no unit `hour`",
        ),
        ({"per": "effect", "currency": "EUR", "low": 2, "likely": 1, "high": 3}, "must rise"),
        ({"per": "effect", "currency": "EUR", "low": "a", "likely": 1, "high": 3}, "be numbers"),
        ({"each": 1}, "no key `each`"),
    ],
)
def test_a_rate_that_cannot_be_meant_is_refused(entry: dict[str, object], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        Rate.parse("fee", entry, where="forensics.toml [impact.fee]")


def test_wasted_calls_are_priced_only_by_what_is_declared_of_a_call() -> None:
    told = cost_of_calls([rate(per="call"), rate("mail", "effect")], 1000)

    assert told == (
        " By what `[impact]` says of a call, 1,000 wasted calls may have cost 2,000.00 EUR"
        " (2,000.00 to 2,000.00)."
    )
    assert cost_of_calls([rate()], 1000) == ""
    assert cost_of_calls([rate(per="call", low=0, likely=0, high=0)], 1000) == ""
