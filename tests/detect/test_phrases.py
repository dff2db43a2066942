"""Words that the explanations of duplicates share."""

import pytest

from forensics.detect.duplicate_side_effect.phrases import money


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("155.0000", "EUR", "155.00 EUR"),
        ("89.9000", "EUR", "89.90 EUR"),
        ("1200", "EUR", "1,200.00 EUR"),
        ("0.0012", "EUR", "0.0012 EUR"),
        ("5", None, "5.00"),
        (None, "EUR", ""),
    ],
)
def test_an_amount_is_written_as_beside_it(
    amount: str | None, currency: str | None, said: str
) -> None:
    assert money({"amount": amount, "currency": currency}) == said
