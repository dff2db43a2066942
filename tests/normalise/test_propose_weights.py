"""What one field is taken for, by its name and its values; a near-miss beside every hit."""

from collections.abc import Callable
from typing import Any

import pytest

from forensics.normalise.propose_names import nesting, phrase_of
from forensics.normalise.propose_words import outcome_of, sense_of
from tests.normalise.test_propose import columns, proposed
from tests.normalise.unknown_logs import Record

COUNT = 40


def column_of(name: str, value: Callable[[int], Any], **beside: Callable[[int], Any]) -> list[str]:
    """The columns that use a field with these values, in a log that has a time too."""
    records = [
        {"ts": f"2026-11-02T08:{n:02d}:00Z", name: value(n), **{k: v(n) for k, v in beside.items()}}
        for n in range(COUNT)
    ]
    used = columns(proposed(records))
    placeholders = (f"{{{name}}}", f'{{"{name}"}}')
    return [c for c, expression in used.items() if any(p in expression for p in placeholders)]


@pytest.mark.parametrize(
    ("name", "value", "column"),
    [
        ("idempotency_key", lambda n: f"k{n}", "operation_key"),
        ("attempt", lambda n: n % 3, "attempt"),
        ("max_attempts", lambda n: n % 3, None),
        ("retries", lambda n: n % 2, "attempt"),
        ("retry_delay", lambda n: n % 2, None),
        ("row_version", lambda n: n, "version_written"),
        ("version", lambda n: f"1.{n}.0", None),
        ("version", lambda _: 2, None),
        ("expected_version", lambda n: n, "version_read"),
        ("user_id", lambda n: f"u{n % 9}", "customer_id"),
        ("user_agent", lambda n: f"agent{n % 9}", None),
        ("creditor_name", lambda n: f"Anna Huber {n % 9}", "customer_id"),
        ("payee", lambda n: f"acct{n % 9}", "customer_id"),
        ("beneficiaryIban", lambda n: f"DE{n % 9:020}", "customer_id"),
        ("payer", lambda n: f"p{n % 9}", "customer_id"),
        ("Empfänger", lambda n: f"Anna Huber {n % 9}", "customer_id"),
        ("Kreditor-Nr", lambda n: 70_000 + n % 9, "customer_id"),
        ("Beguenstigter/Zahlungspflichtiger", lambda n: f"Anna Huber {n % 9}", "customer_id"),
        ("Empfangszeit", lambda n: f"Anna Huber {n % 9}", None),
        ("creditor_name", lambda _: "Shop GmbH", None),
        ("payer", lambda _: "shop", None),
        ("payee", lambda n: "Shop GmbH" if n < 9 else f"Anna Huber {n}", None),
        ("payee", lambda n: "Shop GmbH" if n < 8 else f"Anna Huber {n}", "customer_id"),
        ("payee", lambda n: f"Anna Huber {n} " + "of the same house " * 8, None),
        ("payer_id", lambda n: "cus_7" if n < 20 else f"cus_{n}", "customer_id"),
        ("payer_name", lambda n: "Ida" if n < 20 else f"Anna Huber {n}", None),
        ("payer_id", lambda _: "shop", None),
        ("client_ip", lambda n: f"192.0.2.{n}", None),
        ("total", lambda n: f"{n}.50", "amount"),
        ("total_pages", lambda n: n, None),
        ("total_ms", lambda n: n, None),
        ("amount", lambda n: f"{n}.50", "amount"),
        ("amount", lambda n: 1000 + n, None),
        ("amount", lambda n: f"1.2{n:02},50", "amount"),
        ("Betrag", lambda n: f"{n},5", "amount"),
        ("Gesamtbetrag", lambda n: f"{n},50" if n % 2 else f"{n}", "amount"),
        ("Betrag", lambda n: f"{n},500", None),
        ("Betreff", lambda n: f"{n},50", None),
        ("Prüfsumme", lambda n: 1000 + n, None),
        ("Rabattbetrag", lambda n: f"{n},50", None),
        ("Listenpreis", lambda n: f"{n},50", None),
        ("Währung", lambda _: "EUR", "currency"),
        ("Kundennummer", lambda n: f"{4000 + n % 9}", "customer_id"),
        ("Bestellnummer", lambda n: f"B-{n}", "entity_id"),
        ("amount_cents", lambda n: 1000 + n, "amount"),
        ("amount_ct", lambda n: 1000 + n, "amount"),
        ("Montant TTC", lambda n: f"{n},50", "amount"),
        ("Montant TVA", lambda n: f"{n},50", None),
        # Of a part alone, nothing says how much was paid.
        ("tax_amount", lambda n: f"{n}.50", None),
        ("amount_net", lambda n: f"{n}.50", None),
        ("Amount Refunded", lambda n: f"{n}.50", None),
        ("loan_amount", lambda n: f"{n}.50", "amount"),
        ("service", lambda n: ("a", "b")[n % 2], "system"),
        ("service", lambda n: f"what was done in sentence {n}", None),
        ("status", lambda n: ("ok", "failed")[n % 2], "outcome"),
        ("status", lambda n: (200, 503)[n % 2], "outcome"),
        ("status", lambda n: ("draft", "live")[n % 2], None),
        ("status", lambda n: ("open", "pending")[n % 2], None),
        ("status", lambda n: (1, 7)[n % 2], None),
        ("env", lambda n: ("prod", "staging")[n % 2], "environment"),
        ("env", lambda n: ("blue", "green")[n % 2], None),
        ("livemode", lambda n: n % 2 == 0, "environment"),
        ("currency", lambda n: ("EUR", "usd")[n % 2], "currency"),
        ("currency", lambda n: ("euro", "dollar")[n % 2], None),
        ("message_id", lambda n: f"m{n // 2}", "delivery_id"),
        ("event_id", lambda n: f"e{n}", "occurrence_id"),
        ("event_id", lambda n: f"e{n // 2}", "delivery_id"),
        ("lsn", lambda n: 7 * n, "source_seq"),
        ("offset", lambda n: n % 2, None),
        ("tbl", lambda n: ("accounts", "ledger")[n % 2], "entity_type"),
        ("session_user", lambda n: ("shop_app", "admin")[n % 2], "actor"),
        ("side", lambda n: ("debit", "credit")[n % 2], "money_stage"),
        ("Soll/Haben-Kennzeichen", lambda n: "SH"[n % 2], "money_stage"),
        ("CdtDbtInd", lambda n: ("CRDT", "DBIT")[n % 2], "money_stage"),
        ("dr_cr", lambda n: ("DR", "CR")[n % 2], "money_stage"),
        ("direction", lambda _: "credit", "money_stage"),
        ("side", lambda n: ("debit", "credit", "both")[n % 3], None),
        ("side", lambda n: ("left", "right")[n % 2], None),
        ("sens", lambda _: "CR", None),
        ("size", lambda n: "SH"[n % 2], None),
        ("card_type", lambda n: ("debit", "credit")[n % 2], None),
        ("account_type", lambda n: ("debit", "credit")[n % 2], None),
        ("line_item", lambda n: n % 2 + 1, "item_key"),
        ("Positions-Nr.", lambda n: n % 3 + 1, "item_key"),
        ("sku", lambda n: f"SKU-{n % 7}", "item_key"),
        ("parcel", lambda n: f"{n % 2 + 1}/2", "item_key"),
        ("parcel_no", lambda n: n % 2 + 1, "item_key"),
        ("seat", lambda n: f"{n}A", "item_key"),
        ("Sitzplatz-Nr", lambda n: f"{n}A", "item_key"),
        ("passenger", lambda n: f"Anna Huber {n % 9}", "item_key"),
        ("numéro de siège", lambda n: f"{n}A", "item_key"),
        ("position", lambda n: n % 4 + 1, "item_key"),
        # Of a program, of a queue, of a card, of a plane, and a sentence.
        ("line", lambda n: 87 + n % 4, None),
        ("position", lambda n: 700 + n, "source_seq"),
        ("pos", lambda n: f"49.{n}", None),
        ("card_last4", lambda n: 1000 + n, None),
        ("seats", lambda n: n % 3, None),
        ("place", lambda n: f"Berlin{n % 9}", None),
        ("room", lambda n: f"The one at the end of the long corridor, to the right: {n:06}", None),
        ("before", lambda n: {"a": n}, "before_hash"),
        ("before", lambda n: f"{n}", None),
    ],
)  # fmt: skip
def test_a_field_is_taken_for_what_it_is(
    name: str, value: Callable[[int], Any], column: str | None
) -> None:
    assert [c for c in column_of(name, value) if c not in _FOLLOWING] == (
        [column] if column else []
    )


_FOLLOWING = {"error_kind"}
"""Columns that follow from another one."""


def test_whole_amounts_are_cents_only_beside_a_currency() -> None:
    assert column_of("amount", lambda n: 1000 + n, currency=lambda _: "EUR") == ["amount"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Bestellnummer", "order"),
        ("Bestell-Nr.", "order"),
        ("Auftrags-ID", "order"),
        ("Auftrag", "order"),
        ("Numéro de commande", "order"),
        ("mandate_reference", "mandate"),
        ("Rechnungsnummer", "invoice"),
        ("Rechnung", "invoice"),
        ("N° facture", "invoice"),
        ("Mandatsreferenz", "mandate"),
        ("mandate_id", "mandate"),
        ("Vertragsnummer", "contract"),
        ("Belegnummer", "document"),
        ("Referenz", "record"),
        ("Auftraggeber", None),
        ("Bestelldatum", None),
        ("Rechnungsadresse", None),
        ("commande", None),
        ("Vertrag", None),
    ],
)
def test_records_are_called_what_they_are_in_english(name: str, kind: str | None) -> None:
    records: list[Record] = [
        {"ts": f"2026-11-02T08:{n:02}:00Z", name: f"B-{n}"} for n in range(COUNT)
    ]
    found = columns(proposed(records))

    assert (found.get("entity_type"), found.get("entity_id", "").replace('"', "")) == (
        (f"'{kind}'", f"{{{name}}}") if kind else (None, "")
    )


@pytest.mark.parametrize(
    ("name", "value", "is_made"),
    [
        ("Zahlungsnummer", "ZA-{}", True),
        ("Transaktionscode", "{:017}X", True),
        ("Transaktions-ID", "T{}", True),
        ("Erstattungs-Nr.", "E{}", True),
        ("Numéro de transaction", "T{}", True),
        ("ID paiement", "P{}", True),
        ("txn_id", "fx-{}-a", True),
        ("Transaction No.", "{}", True),
        ("Psp Reference", "PSP{}", True),
        ("EndToEndId", "E2E{}", True),
        ("Kundenreferenz (End-to-End)", "E2E{}", True),
        # Chosen by whoever pays: the same every month, or nothing at all.
        ("EndToEndId", "NOTPROVIDED", False),
        ("End-to-End-ID", "K-{tenth}", False),
        ("Transaktionscode", "T{tenth}", True),
        ("Zahlungsart", "Z{}", False),
        ("Zahlungsreferenz", "Z{}", False),
        ("payment_reference", "Z{}", False),
        ("psp_status", "Z{}", False),
        ("Buchungscode", "B{}", False),
    ],
)
def test_the_id_of_a_payment_is_known_under_its_names(
    name: str, value: str, *, is_made: bool
) -> None:
    records: list[Record] = [
        {"ts": f"2026-11-02T08:{n:02}:00Z", name: value.format(n, tenth=n % 10)}
        for n in range(COUNT)
    ]
    assert ("effect_id" in columns(proposed(records))) is is_made


@pytest.mark.parametrize(
    ("names", "amount"),
    [
        (("discount_amount", "tax_amount", "total_amount"), "total_amount"),
        (("tax_amount", "total"), "total"),
        (("fee_amount", "gross_amount", "net_amount"), "gross_amount"),
        (("Converted Amount", "Amount Refunded", "Fee", "Amount"), "Amount"),
        (("amount_discounted", "amount_fee_cents", "amount_paid"), "amount_paid"),
        (("discount_cents", "shipping_cents", "total_cents"), "total_cents"),
        (("gift_wrap_amount", "captured_amount"), "captured_amount"),
        # Of an order that is paid in two halves, one of them.
        (("order_total", "payment_amount"), "payment_amount"),
        (("total_amount", "amount_paid"), "amount_paid"),
        (("order_amount", "booking_amount_cents"), "order_amount"),
        (("tax_amount", "shipping_amount"), ""),
    ],
)
def test_of_several_sums_the_amount_is_what_was_paid_in_all(
    names: tuple[str, ...], amount: str
) -> None:
    sums = {name: lambda n, place=place: f"{place + n}.50" for place, name in enumerate(names)}
    beside = {"currency": lambda _: "EUR"}

    taken = [
        name
        for name, value in sums.items()
        if column_of(name, value, **beside, **{k: v for k, v in sums.items() if k != name})
    ]

    assert taken == ([amount] if amount else [])


@pytest.mark.parametrize(
    ("names", "currency"),
    [
        (("Amount", "Converted Currency", "Currency"), "Currency"),
        (("order_currency", "payment_amount", "payment_currency"), "payment_currency"),
        (("amount", "base_currency", "order_currency_code"), "base_currency"),
    ],
)
def test_of_several_currencies_the_amount_s_own_is_taken(
    names: tuple[str, ...], currency: str
) -> None:
    records: list[Record] = [
        {
            "ts": f"2026-11-02T08:{n:02}:00Z",
            **{name: "EUR" if "urrency" in name else 1000 + n for name in names},
        }
        for n in range(COUNT)
    ]
    found = columns(proposed(records))

    assert found["currency"].replace('"', "") == f"upper({{{currency}}})"
    assert found["amount"].replace('"', "").endswith(f", {{{currency}}})")


def test_a_line_of_an_order_says_more_than_what_it_is_of() -> None:
    beside = {"sku": lambda n: f"SKU-{n % 7}"}

    assert column_of("line_no", lambda n: n % 3, **beside) == ["item_key"]
    assert column_of("sku", beside["sku"], line_no=lambda n: n % 3) == []


def test_one_passenger_may_sit_on_two_seats() -> None:
    assert column_of("seat", lambda n: f"{n}A", passenger=lambda n: f"P-{n % 9}") == ["item_key"]


@pytest.mark.parametrize(
    ("payers", "payees", "column"),
    [(30, 7, "payer_name"), (7, 30, "payee"), (7, 8, "payee"), (7, 7, None)],
)
def test_of_who_pays_and_who_is_paid_the_customer_has_more_names(
    payers: int, payees: int, column: str | None
) -> None:
    beside = {
        "payer_name": lambda n: f"Anna Huber {n % payers}",
        "payee": lambda n: f"Seller {n % payees}",
    }

    taken = {
        one: column_of(one, value, **{k: v for k, v in beside.items() if k != one})
        for one, value in beside.items()
    }

    assert taken == {one: ["customer_id"] if one == column else [] for one in beside}


def test_who_is_paid_is_no_customer_where_payers_are_more_though_one_of_them_is_frequent() -> None:
    found = column_of(
        "payee",
        lambda n: f"Seller {n % 7}",
        payer_name=lambda n: "Ida" if n < 20 else f"Anna Huber {n}",
    )

    assert found == []


def test_a_payer_s_name_does_not_stand_against_a_payer_s_id() -> None:
    ids = column_of("payer_id", lambda n: f"p{n}", payer_name=lambda n: f"Anna Huber {n}")

    assert ids == ["customer_id"]


def test_a_cause_that_is_in_the_log_makes_its_name_an_execution() -> None:
    found = column_of("id", lambda n: f"j{n}", parent_id=lambda n: f"j{n - 1}" if n else None)

    assert found == ["occurrence_id", "execution_id"]


def test_the_time_of_a_thing_inside_is_not_the_time_of_the_record() -> None:
    records = [{"order": {"created_at": f"2026-11-{n:02d}T08:00:00Z"}} for n in range(1, 20)]
    both = [{**record, "ts": f"2026-12-{n:02d}T08:00:00Z"} for n, record in enumerate(records, 1)]

    assert columns(proposed(both))["occurred_at"] == "iso_time({ts})"


@pytest.mark.parametrize(
    ("path", "phrase"),
    [
        ("orderId", "order_id"),
        ("order.id", "order_id"),
        ('"order.id"', "order_id"),
        ("data.id", "id"),
        ('headers."Idempotency-Key"', "idempotency_key"),
        ("traceID", "trace_id"),
        ("HTTPStatus", "http_status"),
        ("Empfänger", "empfaenger"),
        ("ÜbertragSchlüssel", "uebertrag_schluessel"),
        ("Begu\u0308nstigter", "beguenstigter"),
        ("bénéficiaire", "beneficiaire"),
        ("request.headers.x_request_id", "x_request_id"),
    ],
)
def test_names_are_the_same_words_however_they_are_written(path: str, phrase: str) -> None:
    assert phrase_of(path) == phrase


@pytest.mark.parametrize(
    ("path", "depth"),
    [("ts", 0), ("data.ts", 0), ("event.ts", 0), ("order.ts", 1), ("order.id", 0), ("a.b.c", 2)],
)
def test_only_things_of_their_own_count_as_nesting(path: str, depth: int) -> None:
    assert nesting(path) == depth


@pytest.mark.parametrize(
    ("value", "kind", "more"),
    [
        ("charge.create", "effect", {"effect_class": "billing", "money_stage": "captured"}),
        ("refundIssued", "effect", {"effect_class": "billing", "money_stage": "refunded"}),
        ("payment.authorized", "effect", {"money_stage": "authorised"}),
        ("debit.returned", "effect", {"money_stage": "reversed", "outcome": "ok"}),
        ("payment.returned", "effect", {"money_stage": "reversed", "outcome": "ok"}),
        ("payment_returning", "effect", {"money_stage": "reversed"}),
        ("Rücklastschrift", "effect", {"effect_class": "billing", "money_stage": "reversed"}),
        ("debit.retoure", "effect", {"money_stage": "reversed"}),
        ("debit_return", "effect", {"money_stage": "reversed"}),
        ("deposit.returned", "effect", {"money_stage": "reversed"}),
        ("debit.collected", "effect", {"money_stage": "debited"}),
        ("payment.return", "effect", {"money_stage": "captured"}),
        ("payment API returned 402", "effect", {"money_stage": "captured"}),
        ("refund.returned", "effect", {"money_stage": "refunded"}),
        ("chargeback", "effect", {"money_stage": "reversed"}),
        ("chargeback_reversal", "effect", {"money_stage": "reinstated"}),
        ("CHARGEBACK_REVERSED", "effect", {"money_stage": "reinstated", "outcome": "ok"}),
        ("dispute.funds_reinstated", "effect", {"money_stage": "reinstated", "outcome": "ok"}),
        ("dispute_won", "effect", {"money_stage": "reinstated", "outcome": "ok"}),
        ("dispute_lost", "effect", {"money_stage": "disputed"}),
        ("refund_reversal", "effect", {"money_stage": "reinstated"}),
        ("payment_reversal", "effect", {"money_stage": "reversed"}),
        ("refund_failed", "effect", {"money_stage": "refunded", "outcome": "error"}),
        ("Zahlung storniert", "effect", {"money_stage": "reversed", "outcome": "ok"}),
        ("Storno", "effect", {"money_stage": "reversed"}),
        (
            "Zahlung: Storno fehlgeschlagen",
            "effect",
            {"money_stage": "reversed", "outcome": "error"},
        ),
        ("payment.voided", "effect", {"money_stage": "reversed", "outcome": "ok"}),
        ("authorization.voided", "effect", {"money_stage": "authorised", "outcome": "cancelled"}),
        ("Erstattung storniert", "effect", {"money_stage": "refunded", "outcome": "cancelled"}),
        ("Bestellung storniert", None, {"money_stage": None}),
        ("Zahlung erstattet", "effect", {"money_stage": "refunded", "outcome": "ok"}),
        ("Zahlung wird erstattet", "effect", {"money_stage": "refunded"}),
        ("item.returned", None, {"money_stage": None}),
        ("parcel.returned", None, {"money_stage": None}),
        ("shipment.returned", "effect", {"effect_class": "inventory", "money_stage": None}),
        ("Retoure", None, {"money_stage": None}),
        ("transfer.credited", "effect", {"effect_class": "billing", "money_stage": "credited"}),
        ("transfer.debited", "effect", {"money_stage": "debited"}),
        ("deposit_debited", "effect", {"money_stage": "debited"}),
        ("Überweisung gutgeschrieben", "effect", {"money_stage": "credited", "outcome": "ok"}),
        ("Überweisung abgebucht", "effect", {"money_stage": "debited", "outcome": "ok"}),
        ("transfer", "effect", {"money_stage": "debited"}),
        ("transfer.credited.debited", "effect", {"money_stage": "debited"}),
        # Whoever is paid has it; who paid has not.
        ("payout.credited", "effect", {"money_stage": "debited"}),
        ("refund.credited", "effect", {"money_stage": "refunded"}),
        ("ledger.posted", "effect", {"effect_class": "ledger", "outcome": "ok", "phase": None}),
        ("JournalEntryPosted", "effect", {"effect_class": "ledger", "money_stage": None}),
        ("transaction.posted", "effect", {"effect_class": "ledger"}),
        ("GL gebucht", "effect", {"effect_class": "ledger", "outcome": "ok"}),
        ("ledger.debited", "effect", {"effect_class": "ledger", "money_stage": "debited"}),
        ("ledger.reversed", "effect", {"effect_class": "ledger", "money_stage": "reversed"}),
        ("payment.posted", "effect", {"effect_class": "billing", "money_stage": "captured"}),
        ("POST /ledger", "attempt", {"effect_class": None}),
        ("post ledger entry", "attempt", {"effect_class": None}),
        ("webhook posted", "attempt", {"effect_class": None}),
        ("transaction.booked", None, {}),
        ("ledger.closed", None, {}),
        ("read ledger posted", "read", {}),
        ("charge.failed", "effect", {"outcome": "error"}),
        ("charge.started", "attempt", {"phase": "start", "outcome": "pending"}),
        ("list_charges", "read", {}),
        ("email.opened", "read", {}),
        ("sms_sent", "effect", {"effect_class": "messaging", "outcome": "ok"}),
        ("order.created", "write", {"write_kind": "create"}),
        ("delete_order", "write", {"write_kind": "delete"}),
        ("lock.acquired", "lock", {"phase": "start"}),
        ("lock.released", "lock", {"phase": "end"}),
        ("job.enqueued", "other", {"outcome": "pending"}),
        ("job.failed", "trigger", {"phase": "end", "outcome": "error"}),
        ("http.retry", "attempt", {}),
        ("deploy", "change", {}),
    ],
)
def test_verbs_say_what_kind_of_thing_happened(
    value: str, kind: str | None, more: dict[str, str | None]
) -> None:
    said = sense_of(value).columns

    assert said.get("kind") == kind
    assert {column: said.get(column) for column in more} == more


@pytest.mark.parametrize("value", ["", "banana", "page", "X-1"])
def test_what_no_row_knows_stays_unknown(value: str) -> None:
    assert not sense_of(value).known


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("COMPLETED", "ok"),
        ("timed_out", "timeout"),
        ("in_progress", "pending"),
        ("not_paid", None),
        ("draft", None),
        ("paid_leave", None),
        ("partially_failed", "partial"),
        ("deduplicated", "skipped"),
    ],
)
def test_a_status_is_an_outcome_only_when_all_of_it_is_known(
    value: str, outcome: str | None
) -> None:
    assert outcome_of(value, status=True) == outcome
