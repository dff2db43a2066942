"""A sum that is written as negative gives back what the sum would take."""

from decimal import Decimal

import orjson
import pytest

from tests.normalise.batches import mapping, prepared, staged


@pytest.mark.parametrize(
    ("reading", "written"),
    [
        ("major_units({sum})", "-54.30"),
        ("major_units({sum})", "54.30-"),
        ("major_units({sum})", "(54.30)"),
        ("comma_units({sum})", "-54,30"),
        ("comma_units({sum})", "54,30-"),
        ("minor_units({sum}, 'EUR')", "-5430"),
        ("{sum}", "-54.3"),
    ],
)
def test_a_negative_sum_gives_back_and_is_stored_without_its_sign(
    reading: str, written: str
) -> None:
    how = mapping(f"""
        [[event]]
        [event.columns]
        action = "{{a}}"
        money_stage = "'captured'"
        amount = "{reading}"
    """)

    with prepared() as connection:
        ((event,), tally, _) = staged(
            connection, how, [orjson.dumps({"a": "charge", "sum": written})]
        )

    assert (event["amount"], event["money_stage"]) == (Decimal("54.30"), "refunded")
    assert tally.quarantined == 0


@pytest.mark.parametrize(
    ("amount", "stage", "effect_class", "expected"),
    [
        ("-1", "captured", "billing", "refunded"),
        ("-1", "settled", "billing", "refunded"),
        ("-1", "authorised", "billing", "reversed"),
        ("-1", None, "billing", "refunded"),
        ("-1", None, "ledger", "debited"),
        ("1", None, "ledger", None),
        ("0", "captured", "billing", "captured"),
        ("1", "captured", "billing", "captured"),
        ("-1", "debited", "billing", "debited"),
        ("-1", "credited", "ledger", "credited"),
        ("-1", "fee", "messaging", "fee"),
        ("-1", "refunded", "billing", "refunded"),
        ("-1", None, None, None),
        (None, "captured", "billing", "captured"),
    ],
)
def test_what_a_negative_sum_means_its_stage_says(
    amount: str | None, stage: str | None, effect_class: str | None, expected: str | None
) -> None:
    how = mapping("""
        [[event]]
        [event.columns]
        action = "{a}"
        amount = "{amount}"
        money_stage = "{stage}"
        effect_class = "{class}"
    """)
    record = {"a": "x", "amount": amount, "stage": stage, "class": effect_class}

    with prepared() as connection:
        ((event,), _, _) = staged(connection, how, [orjson.dumps(record)])

    assert event.get("money_stage") == expected


def test_a_log_of_payments_that_are_negative_throughout_says_so_by_abs() -> None:
    how = mapping("""
        [[event]]
        [event.columns]
        action = "{a}"
        money_stage = "'captured'"
        amount = "abs(major_units({sum}))"
    """)

    with prepared() as connection:
        ((event,), _, _) = staged(connection, how, [b'{"a":"x","sum":-5}'])

    assert (event["amount"], event["money_stage"]) == (Decimal(5), "captured")


def test_a_negative_sum_gives_back_though_the_mapping_names_no_stage() -> None:
    how = mapping("""
        [[event]]
        columns = { action = "{a}", effect_class = "'billing'", amount = "major_units({sum})" }
    """)

    with prepared() as connection:
        (events, _, _) = staged(connection, how, [b'{"a":"x","sum":-5}', b'{"a":"x","sum":5}'])

    assert [event.get("money_stage") for event in events] == ["refunded", None]
