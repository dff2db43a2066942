"""Which field is the id of what was made, where its name may be another's."""

import pytest

from tests.normalise.test_propose import columns, proposed
from tests.normalise.unknown_logs import Record

COUNT = 40


def _told(action: str, **fields: str) -> list[Record]:
    """Records of one action; in a value `{n}` is new on every line, `{pair}` on every second."""
    return [
        {
            "time": f"2026-11-10T08:{n:02}:00Z",
            "event": action,
            **{
                name: value.format(n=n, pair=n // 2, tenth=n % 10) for name, value in fields.items()
            },
        }
        for n in range(COUNT)
    ]


@pytest.mark.parametrize(
    ("action", "fields", "effect", "other"),
    [
        ("reply.sent", {"message_id": "m{n}"}, "message_id", ("delivery_id", None)),
        ("ledger.posted", {"entry_id": "e{n}"}, "entry_id", ("occurrence_id", None)),
        ("ledger.posted", {"Buchungsnummer": "e{n}"}, "Buchungsnummer", ("entity_id", None)),
        # It repeats: of a message that was handed over again.
        ("reply.sent", {"message_id": "m{pair}"}, None, ("delivery_id", "message_id")),
        # Charges are made by messages, and lines of a log have ids.
        ("order.charged", {"message_id": "m{n}"}, None, ("delivery_id", "message_id")),
        ("order.charged", {"entry_id": "e{n}"}, None, ("occurrence_id", "entry_id")),
        ("reply.read", {"message_id": "m{n}"}, None, ("delivery_id", "message_id")),
        # Another field names what was made.
        (
            "email.sent",
            {"message_id": "m{n}", "email_id": "em{n}"},
            "email_id",
            ("delivery_id", "message_id"),
        ),
        (
            "email.sent",
            {"message_id": "m{n}", "external_id": "em{n}"},
            "message_id",
            ("delivery_id", None),
        ),
    ],
)
def test_an_id_that_is_new_on_every_line_is_of_what_the_line_says_was_made(
    action: str, fields: dict[str, str], effect: str | None, other: tuple[str, str | None]
) -> None:
    found = columns(proposed(_told(action, **fields)))

    assert found.get("effect_id") == (f"{{{effect}}}" if effect else None)
    assert found.get(other[0]) == (f"{{{other[1]}}}" if other[1] else None)


@pytest.mark.parametrize(
    ("action", "fields", "effect", "entity"),
    [
        (
            "Lastschrift",
            {"Belegnummer": "B{n}", "Mandatsreferenz": "M{tenth}"},
            "Belegnummer",
            "Mandatsreferenz",
        ),
        ("charge", {"voucher_no": "B{n}", "order_id": "o{pair}"}, "voucher_no", "order_id"),
        # Two payments of one document; a document that nothing else stands for; no payments.
        ("charge", {"Belegnummer": "B{pair}", "order_id": "o{tenth}"}, None, "order_id"),
        ("charge", {"Belegnummer": "B{n}"}, None, "Belegnummer"),
        ("charge", {"Belegnummer": "B{n}", "order_id": "o{n}"}, None, "order_id"),
        ("order.updated", {"Belegnummer": "B{n}", "order_id": "o{pair}"}, None, "order_id"),
        (
            "charge",
            {"Belegnummer": "B{n}", "order_id": "o{pair}", "payment_id": "p{n}"},
            "payment_id",
            "order_id",
        ),
    ],
)
def test_a_document_that_is_new_on_every_line_is_the_payment_where_records_come_again(
    action: str, fields: dict[str, str], effect: str | None, entity: str
) -> None:
    found = columns(proposed(_told(action, **fields)))

    assert found.get("effect_id") == (f"{{{effect}}}" if effect else None)
    assert found["entity_id"] == f"{{{entity}}}"


def test_a_message_s_id_beside_charges_is_that_of_the_mails_where_they_alone_have_it() -> None:
    records = [
        {name: value for name, value in record.items() if name != absent}
        for n, record in enumerate(_told("", message_id="m{n}", charge_id="ch{n}"))
        for absent in (("message_id", "charge_id")[n % 2],)
    ]
    for n, record in enumerate(records):
        record["event"] = ("charge", "email.sent")[n % 2]
    both: list[Record] = [{**record, "message_id": f"m{n}"} for n, record in enumerate(records)]

    assert columns(proposed(records))["effect_id"] == "coalesce({charge_id}, {message_id})"
    assert columns(proposed(both))["effect_id"] == "{charge_id}"
    assert columns(proposed(both))["delivery_id"] == "{message_id}"


def test_what_a_reversal_took_back_is_found_among_postings() -> None:
    records: list[Record] = [
        {**record, **({"reverses": f"e{n - 20}", "event": "ledger.reversed"} if n > 35 else {})}
        for n, record in enumerate(_told("ledger.posted", entry_id="e{n}"))
    ]

    assert columns(proposed(records))["compensates_effect_id"] == "{reverses}"


@pytest.mark.parametrize(
    ("action", "fields", "customer"),
    [
        ("payout.paid", {"seller_id": "S{tenth}"}, "seller_id"),
        ("Auszahlung", {"Verkäufer-ID": "S{tenth}"}, "Verkäufer-ID"),
        ("transfer", {"driver": "D{n}"}, "driver"),
        # Of a sale the seller did not pay, and one name on every line is whoever keeps the log.
        ("order.charged", {"seller_id": "S{tenth}"}, None),
        ("refund.issued", {"seller_id": "S{tenth}"}, None),
        ("payout.paid", {"seller_id": "S1"}, None),
        ("payout.paid", {"seller_rating": "S{tenth}"}, None),
        ("payout.paid", {"seller_id": "S{tenth}", "customer_id": "C{n}"}, "customer_id"),
    ],
)
def test_a_seller_is_who_is_paid_in_a_log_of_payouts(
    action: str, fields: dict[str, str], customer: str | None
) -> None:
    found = columns(proposed(_told(action, **fields))).get("customer_id", "").replace('"', "")

    assert found == (f"{{{customer}}}" if customer else "")


def test_where_sales_are_told_too_a_seller_is_nobody_who_paid() -> None:
    records = [
        {**record, "event": ("payout.paid", "charge")[n % 2]}
        for n, record in enumerate(_told("", seller_id="S{tenth}"))
    ]

    assert "customer_id" not in columns(proposed(records))


def _ledger(refunds: str, charges: str, *, alone: bool = True) -> list[Record]:
    """Charges, of which every third was given back in a line that names it."""
    paid = [
        {"time": f"2026-11-10T08:{n:02}:00Z", "type": "payment.captured", charges: f"ch_{n:08}"}
        for n in range(20)
    ]
    returned = [
        {**line, "type": "payment.refunded", refunds: f"re_{n:08}"}
        for n, line in enumerate(paid)
        if n % 3 == 0
    ]
    return [*(paid if alone else []), *returned]


def test_a_refund_that_names_its_charge_has_an_id_of_its_own() -> None:
    found = columns(proposed(_ledger("refund_id", "charge_id")))

    assert found["effect_id"] == "coalesce({refund_id}, {charge_id})"
    assert (
        found["compensates_effect_id"] == "CASE WHEN {refund_id} IS NOT NULL THEN {charge_id} END"
    )


@pytest.mark.parametrize(
    "records",
    [
        pytest.param(_ledger("payout_id", "charge_id"), id="no id of a return"),
        pytest.param(_ledger("refund_id", "charge_id", alone=False), id="beside every one"),
        pytest.param(
            [
                {key: value for key, value in line.items() if n or key != "charge_id"}
                for n, line in enumerate(reversed(_ledger("refund_id", "charge_id")))
            ],
            id="one without",
        ),
    ],
)
def test_what_stands_beside_an_id_otherwise_takes_nothing_back(records: list[Record]) -> None:
    assert "compensates_effect_id" not in columns(proposed(records))


def test_who_says_what_the_effect_is_has_said_it() -> None:
    found = columns(proposed(_ledger("refund_id", "charge_id"), effect_id="charge_id"))

    assert (found["effect_id"], "compensates_effect_id" in found) == ("{charge_id}", False)
