"""What the mappings take records to mean where it decides over a finding."""

import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tests.connectors.formats.reading import DATA, MAPPINGS, sample
from tests.normalise.batches import prepared, staged

LISTED = {event["action"]: event for event in sample(DATA / "stripe" / "list.json").events}
SPANS = {e["action"]: e for e in sample(DATA / "otlp" / "conventions.json").events}
CALLS = {e["action"]: e for e in sample(DATA / "cloudtrail" / "lookup-events.json").events}


def _stripe(record: str) -> dict[str, Any]:
    (event,) = _all_of_stripe(record)
    return event


def _all_of_stripe(*records: str) -> list[dict[str, Any]]:
    """The events of several records, read in one go: a mapping is dear to set up."""
    with prepared() as connection:
        events, _, _ = staged(connection, MAPPINGS["stripe"], [r.encode() for r in records])
    return events


def _event(kind: str, fields: str, rest: str = "", *, event_id: str = "evt_1") -> str:
    return (
        f'{{"object":"event","id":"{event_id}","created":1,"type":"{kind}","data":{{"object":'
        f"{{{fields}}}{rest}}}}}"
    )


def _charged(fields: str, one: str, other: str) -> list[dict[str, Any]]:
    """Two charges that differ in what stands in a field."""
    return _all_of_stripe(
        _event("charge.succeeded", fields % one, event_id="evt_1"),
        _event("charge.succeeded", fields % other, event_id="evt_2"),
    )


@pytest.mark.parametrize(
    ("headers", "occurrence"),
    [
        ('"id":"7"', None),
        ('"id":"7","eventType":"OrderPlaced"', "orders/7"),
        ('"id":"7","aggregateid":"o-1"', "orders/7"),
        ('"event_id":"7"', "orders/7"),
        ('"ce_id":"7","ce_source":"shop"', "shop|7"),
    ],
)
def test_an_id_is_an_events_where_something_says_so(headers: str, occurrence: str | None) -> None:
    record = f'{{"topic":"orders","partition":0,"offset":1,"headers":{{{headers}}},"value":{{}}}}'
    with prepared() as connection:
        (event,), _, _ = staged(connection, MAPPINGS["kafka"], [record.encode()])

    assert event.get("occurrence_id") == occurrence


def test_a_message_that_kcat_wrote_down_has_its_time_and_content() -> None:
    said = b'{"topic":"orders","partition":0,"offset":7,"tstype":"create","ts":1795659006124,%b}'
    told = said % rb'"key":"o-1","payload":"{\"order_id\":\"ORD-1\"}"'
    with prepared() as connection:
        (event,), _, _ = staged(connection, MAPPINGS["kafka"], [told])

    assert event["occurred_at"].timestamp() == pytest.approx(1795659006.124)
    assert (event["clock"], event["delivery_id"]) == ("orders's producers", "orders/0/7")
    assert [record["id"] for record in event["related"]] == ["ORD-1"]


def test_one_charge_has_several_witnesses_and_one_effect() -> None:
    witnesses = ("charge.succeeded", "payment_intent.succeeded", "invoice.paid")

    assert {LISTED[action]["effect_id"] for action in witnesses} == {"ch_0000000000000001"}
    assert [LISTED[action]["kind"] for action in witnesses] == ["effect", "effect", "state"]


@pytest.mark.parametrize(
    ("rest", "record"),
    [
        ('"latest_charge":"ch_1"', ("charge", "ch_1")),
        ('"latest_charge":"ch_1","metadata":{"order_id":"o-1"}', ("order", "o-1")),
        ('"latest_charge":"ch_1","invoice":"in_1"', ("invoice", "in_1")),
        ('"amount":1', ("payment_intent", "pi_1")),
    ],
)
def test_an_intent_is_not_what_the_money_is_owed_for(rest: str, record: tuple[str, str]) -> None:
    fields = f'"object":"payment_intent","id":"pi_1",{rest}'
    event = _stripe(_event("payment_intent.succeeded", fields))

    assert (event["entity_type"], event["entity_id"]) == record
    assert ("payment_intent", "pi_1") in [(r["type"], r["id"]) for r in event["related"]]


def test_a_refund_says_what_it_takes_back_and_only_its_own_sum() -> None:
    refund = LISTED["charge.refunded"]

    assert refund["effect_id"] == "re_0000000000000002"
    assert refund["compensates_effect_id"] == "ch_0000000000000001"
    assert refund["amount"] == Decimal("2.5")
    assert refund["money_stage"] == "refunded"


def test_a_declined_charge_is_no_effect() -> None:
    declined = LISTED["charge.failed"]

    assert (declined["outcome"], declined["error"]) == ("error", "card_declined")
    assert "effect_id" not in declined


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('"order_id":"o","attempt":"1"', '"order_id":"o","attempt":"2"', True),
        ('"order_id":"o","checkoutSession":"a"', '"order_id":"o","checkoutSession":"b"', True),
        ('"order_id":"o","try":"1"', '"order_id":"o","try":"2"', True),
        ('"order_id":"o","attempt":"1"', '"order_id":"p","attempt":"1"', False),
        ('"order_id":"o","seat":"1"', '"order_id":"o","seat":"2"', False),
        ('"order_id":"o"', '"order_id":"o","attempt":"2"', True),
        ("", '"attempt":"2"', True),
        ('"a":"1","a":"2","attempt":"1"', '"a":"1","a":"2","attempt":"2"', True),
        ('"order_id":"o","timestamp":"1"', '"order_id":"o","timestamp":"2"', True),
        ('"order_id":"o","request_id":"a"', '"order_id":"o","request_id":"b"', True),
        ('"order_id":"o","worker":"a"', '"order_id":"o","worker":"b"', True),
        ('"order_id":"o","sessionId":"a"', '"order_id":"o","sessionId":"b"', True),
        ('"order_id":"o","session":"yoga"', '"order_id":"o","session":"pilates"', False),
        ('"order_id":"o","ip_address":"a"', '"order_id":"o","ip_address":"b"', True),
        ('"order_id":"o","user_agent":"a"', '"order_id":"o","user_agent":"b"', True),
        ('"order_id":"o","requested_at":"1"', '"order_id":"o","requested_at":"2"', True),
        ('"order_id":"o","starts_at":"1"', '"order_id":"o","starts_at":"2"', False),
        ('"order_id":"o","host":"a"', '"order_id":"o","host":"b"', True),
        ('"order_id":"o","cart_id":"a"', '"order_id":"o","cart_id":"b"', False),
        ('"server_id":"a"', '"server_id":"b"', False),
        ('"session_id":"a"', '"session_id":"b"', False),
        ('"order_id":"o","slot_timestamp":"1"', '"order_id":"o","slot_timestamp":"2"', False),
        (r'"a\"b*":"1","attempt":"1"', r'"a\"b*":"1","attempt":"2"', True),
        ('"*":"1","attempt":"1"', '"*":"2","attempt":"1"', False),
        ('"a/b~":"1","attempt":"1"', '"a/b~":"2","attempt":"1"', False),
        ('"order_id":"o","country":"DE"', '"order_id":"o","country":"FR"', False),
    ],
)
def test_which_attempt_it_was_is_no_part_of_what_was_paid_for(
    one: str, other: str, same: bool
) -> None:
    fields = '"object":"charge","id":"ch_1","amount":1000,"currency":"eur","metadata":{%s}'
    first, second = _charged(fields, one, other)

    assert (first["payload_hash"] == second["payload_hash"]) is same


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Payment", "payment retry", True),
        ("Payment", "Payment - attempt 2", True),
        ("Payment", "Payment, 2nd attempt", True),
        ("Payment (try #1)", "PAYMENT (attempt 2 of 3)", True),
        ("Order 17", "Retry 2 for order 17", True),
        ("Order 17", "Order 18", False),
        ("Order 17 retry", "Order 18 retry", False),
        ("Payment 1", "Payment 2", False),
        ("Tryout kit", "Kit", False),
    ],
)
def test_which_attempt_it_was_is_no_part_of_what_a_charge_was_for(
    one: str, other: str, alike: bool
) -> None:
    fields = '"object":"charge","id":"ch_1","amount":8936,"currency":"eur","description":"%s"'
    first, second = _charged(fields, one, other)

    assert (first["payload_hash"] == second["payload_hash"]) is alike
    assert json.loads(second["attributes"]) == {"description": other}


def test_a_payout_is_about_the_account_that_it_goes_to() -> None:
    fields = '"object":"payout","id":"po_1","amount":1000,"currency":"eur","type":"bank_account"'
    named, unnamed = _all_of_stripe(
        _event("payout.created", fields + ',"destination":"ba_1"', event_id="evt_1"),
        _event("payout.created", fields, event_id="evt_2"),
    )

    assert (named["entity_type"], named["entity_id"]) == ("bank_account", "ba_1")
    assert (unnamed["entity_type"], unnamed["entity_id"]) == ("payout", "po_1")


def test_links_that_open_a_customers_page_are_not_stored() -> None:
    assert "bearer-link" not in LISTED["charge.refunded"]["raw"]
    assert "secret_not_a_real" not in LISTED["payment_intent.succeeded"]["raw"]


@pytest.mark.parametrize(
    ("currency", "amount"), [("eur", "12.34"), ("jpy", "1234"), ("kwd", "1.234")]
)
def test_amounts_are_in_major_units(currency: str, amount: str) -> None:
    fields = f'"id":"ch_1","object":"charge","amount":1234,"currency":"{currency}"'

    event = _stripe(_event("charge.succeeded", fields))

    assert (event["amount"], event["currency"]) == (Decimal(amount), currency.upper())


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("charge.succeeded", '"captured":false', {"kind": "effect", "money_stage": "authorised"}),
        ("charge.captured", '"captured":true', {"kind": "effect", "money_stage": "captured"}),
        ("charge.expired", "", {"money_stage": "reversed", "compensates_effect_id": "x_1"}),
        ("refund.created", '"charge":"ch_1"', {"compensates_effect_id": "ch_1"}),
        ("charge.dispute.funds_withdrawn", '"charge":"ch_1"', {"money_stage": "disputed"}),
        ("charge.dispute.created", '"charge":"ch_1"', {"kind": "state"}),
        ("payout.created", "", {"effect_id": "x_1", "money_stage": "debited"}),
        ("payout.paid", "", {"effect_id": "x_1", "money_stage": "settled"}),
        ("payout.failed", "", {"compensates_effect_id": "x_1", "money_stage": "reversed"}),
        ("transfer.created", "", {"effect_class": "ledger", "effect_id": "x_1"}),
        ("payment_intent.payment_failed", "", {"kind": "attempt", "outcome": "error"}),
        ("invoice.sent", '"object":"invoice"', {"kind": "effect", "effect_class": "messaging"}),
        ("customer.created", "", {"kind": "write", "write_kind": "create", "effect_class": "crm"}),
        ("customer.subscription.deleted", "", {"write_kind": "delete", "effect_class": "billing"}),
        ("payment_intent.canceled", "", {"kind": "state", "outcome": "cancelled"}),
        ("balance.available", "", {"kind": "state", "outcome": "ok"}),
        ("something.new", "", {"kind": "state", "actor_kind": "provider"}),
    ],
)
def test_every_type_of_event_has_its_meaning(
    kind: str, fields: str, expected: dict[str, str]
) -> None:
    base = '"id":"x_1","amount":100,"currency":"eur"' + (f",{fields}" if fields else "")

    event = _stripe(_event(kind, base))

    assert {name: event.get(name) for name in expected} == expected


def test_cloudtrail_names_an_effect_only_where_the_answer_does() -> None:
    launched, assumed, throttled = (
        CALLS[name] for name in ("RunInstances", "AssumeRole", "DeleteSnapshot")
    )

    assert launched["effect_id"] == "i-0000000000000001"
    assert launched["operation_key"] == "deploy-1"
    assert launched["on_behalf_of"] == "alice"
    assert assumed["kind"] == "read"
    assert assumed["cause_id"] == launched["execution_id"] == "r-1"
    assert assumed["occurrence_id"].endswith("a")
    assert "not-a-real-token" not in assumed["raw"]
    assert (throttled["outcome"], throttled["error_kind"]) == ("error", "throttle")
    assert not {"entity_id", "entity_type", "payload_hash", "effect_id"} & throttled.keys()


def test_real_cloudtrail_holds_no_effect_twice() -> None:
    seen = defaultdict(set)
    for path in sorted((DATA / "cloudtrail").glob("*.json")):
        for event in sample(path).events:
            if event["kind"] == "effect" and event["outcome"] == "ok" and "entity_id" in event:
                seen[event["tenant"], event["action"], event["entity_id"]].add(event["event_id"])

    assert seen
    assert [key for key, events in seen.items() if len(events) > 1] == []


def test_a_span_says_what_kind_of_act_it_was() -> None:
    call, handled, saved, thought = SPANS.values()

    assert [e["kind"] for e in SPANS.values()] == ["attempt", "delivery", "write", "inference"]
    assert (call["target_system"], call["attempt"], call["attempt_kind"]) == ("psp", 3, "transport")
    assert (handled["delivery_id"], handled["consumer"]) == ("m-1", "billing")
    assert handled["cause_id"] == call["execution_id"]
    assert handled["other_causes"] == ["4bf92f3577b34da6a3ce929d0e0e4736/00f067aa0ba90299"]
    assert saved["write_kind"] == "update"
    assert "ended_at" not in saved
    assert (thought["actor"], thought["actor_kind"]) == ("triage", "ai_agent")


def test_a_span_can_say_canonical_columns_itself() -> None:
    call = SPANS["POST /charges"]

    assert call["operation_key"] == "op-9"
    assert call["amount"] == Decimal("12.5")
    assert call["retry_after"].isoformat() == "2026-03-01T10:00:05+00:00"
    assert "not-a-real-token" not in call["raw"] + call["attributes"]


def test_a_column_that_a_span_gives_wrongly_is_quarantined_with_a_sentence() -> None:
    reading = sample(DATA / "otlp" / "conventions.json")

    assert reading.quarantined == ["`attempt` cannot be read from `not a number`"]
