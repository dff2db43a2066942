"""What webhook mappings take for a retry, a redelivery and a fan-out."""

from decimal import Decimal
from typing import Any

from tests.connectors.formats.reading import DATA, sample

Events = list[dict[str, Any]]


def _requests(folder: str, name: str = "requests.jsonl") -> Events:
    return [e for e in sample(DATA / folder / name).events if e["kind"] == "delivery"]


def test_a_retry_is_the_same_message_handed_over_again() -> None:
    refused, taken, *_ = _requests("webhooks")

    assert refused["delivery_id"] == taken["delivery_id"] == "msg_1"
    assert refused["consumer"] == taken["consumer"]
    assert refused["handoff_id"] != taken["handoff_id"]
    assert (refused["outcome"], taken["outcome"]) == ("error", "ok")


def test_one_message_at_two_endpoints_is_a_fan_out() -> None:
    first, _, elsewhere, *_ = _requests("webhooks")

    assert first["delivery_id"] == elsewhere["delivery_id"]
    assert first["consumer"] != elsewhere["consumer"]
    assert first["handoff_id"] != elsewhere["handoff_id"]


def test_requests_without_a_message_id_are_never_one_message() -> None:
    *_, legacy, health = _requests("webhooks")

    assert "delivery_id" not in legacy
    assert "delivery_id" not in health
    assert legacy["outcome"] == "unknown"
    assert "not-a-real-token" not in legacy["raw"]


def test_a_guid_at_one_hook_is_a_redelivery_and_at_two_a_fan_out() -> None:
    again, late, other_hook, first, _ = _requests("github", "deliveries.json")

    assert {e["delivery_id"] for e in (again, late, other_hook, first)} == {first["delivery_id"]}
    assert len({e["handoff_id"] for e in (again, late, other_hook, first)}) == 4
    assert again["consumer"] == late["consumer"] == first["consumer"] != other_hook["consumer"]
    assert [e["trigger_kind"] for e in (first, late)] == ["event", "manual_retry"]
    assert (late["outcome"], late["error_kind"]) == ("timeout", "timeout")


def test_what_a_redelivered_body_says_happened_once() -> None:
    said = [e for e in sample(DATA / "github" / "requests.jsonl").events if e["kind"] == "write"]

    assert len(said) == 3
    assert len({e["occurrence_id"] for e in said}) == 1


def test_a_run_that_is_started_again_is_another_execution_of_it() -> None:
    third, first, _ = sample(DATA / "github" / "runs.json").events

    assert (third["attempt"], first["attempt"]) == (3, 1)
    assert third["execution_id"] != first["execution_id"]
    assert third["previous_execution_id"] == "30433642/2"
    assert (third["actor"], third["on_behalf_of"]) == ("hubot", "octocat")


def test_svix_attempts_of_one_message_at_two_endpoints_are_a_fan_out() -> None:
    asked_for, late, elsewhere, refused = _requests("svix", "attempts.json")

    assert {e["delivery_id"] for e in (asked_for, late, elsewhere, refused)} == {"msg_1"}
    assert late["consumer"] == refused["consumer"] != elsewhere["consumer"]
    assert (late["outcome"], refused["outcome"], elsewhere["outcome"]) == ("timeout", "error", "ok")
    assert asked_for["trigger_kind"] == "manual_retry"


def test_hookdeck_names_request_event_and_attempt() -> None:
    events = {e["execution_id"]: e for e in sample(DATA / "hookdeck" / "events.json").events}
    attempts = {e["execution_id"]: e for e in _requests("hookdeck", "attempts.json")}

    assert {e["cause_id"] for e in events.values()} == {"req_1"}
    assert len({e["consumer"] for e in events.values()}) == 2
    assert [attempts[a]["attempt"] for a in ("atm_1", "atm_3", "atm_4")] == [1, 2, 3]
    assert attempts["atm_4"]["trigger_kind"] == "manual_retry"
    assert attempts["atm_4"]["outcome"] == "timeout"


def test_a_stripe_event_that_came_three_times_is_one_charge() -> None:
    received = sample(DATA / "stripe" / "deliveries.jsonl").events
    told = [e for e in received if e["kind"] == "effect"]
    handed = [e for e in received if e["kind"] == "delivery"]

    assert len(told) == len(handed) == 3
    assert {e["effect_id"] for e in told} == {"ch_1"}
    assert {e["occurrence_id"] for e in told} == {e["delivery_id"] for e in handed} == {"evt_1"}
    assert len({e["handoff_id"] for e in handed}) == 3
    assert len({e["consumer"] for e in handed}) == 2


def test_a_replayed_answer_of_stripe_is_no_second_charge() -> None:
    lost, replayed, in_use, looked = sample(DATA / "stripe" / "requests.jsonl").events

    assert lost["operation_key"] == replayed["operation_key"] == "order-7"
    assert [e["outcome"] for e in (lost, replayed, in_use)] == ["timeout", "replayed", "rejected"]
    assert replayed["previous_execution_id"] == "req_1"
    assert (looked["kind"], looked["action"]) == ("read", "GET /v1/charges/ID")
    assert "sk_test" not in lost["raw"]


def test_shopify_topics_of_one_act_are_two_messages() -> None:
    refused, again, elsewhere, updated, *_ = _requests("shopify")

    assert refused["delivery_id"] == again["delivery_id"] == elsewhere["delivery_id"]
    assert refused["consumer"] == again["consumer"] != elsewhere["consumer"]
    assert updated["delivery_id"] != refused["delivery_id"]


def test_shopify_tells_a_refund_twice_and_a_checkout_ordered_twice() -> None:
    told = sample(DATA / "shopify" / "requests.jsonl").events
    refunds = [e for e in told if e["kind"] == "effect"]
    created = {e["entity_id"]: e for e in told if e["action"] == "orders/create" and "amount" in e}

    assert [e["effect_id"] for e in refunds] == ["389404469", "389404469"]
    assert {e["amount"] for e in refunds} == {Decimal("2.5")}
    assert len(created) == 2
    assert {e["natural_key"] for e in created.values()} == {"chk_1"}


def test_slack_counts_its_retries_from_the_second_delivery_on() -> None:
    first, second, third, bot, *_ = _requests("slack")

    assert [e["attempt"] for e in (first, second, third, bot)] == [1, 2, 3, 1]
    assert {e["delivery_id"] for e in (first, second, third)} == {"Ev1"}
    assert first["outcome"] == "unknown"


def test_a_slack_message_told_three_times_was_posted_once() -> None:
    said = [e for e in sample(DATA / "slack" / "requests.jsonl").events if e["kind"] == "effect"]
    posted = {e["effect_id"]: e["actor_kind"] for e in said}

    assert len(said) == 4
    assert posted == {"C1/1772359200.000100": "human", "C1/1772359264.000200": "service"}


def test_sendgrid_posts_a_batch_again_and_counts_smtp_only() -> None:
    events = sample(DATA / "sendgrid" / "requests.jsonl").events
    handed = [e for e in events if e["kind"] == "delivery"]
    deferred = [e for e in events if e["action"] == "deferred" and e["kind"] == "attempt"]

    assert len(handed) == 6
    assert len({e["delivery_id"] for e in handed}) == 3
    assert not any("attempt" in e for e in handed)
    assert {(e["attempt"], e["attempt_kind"]) for e in deferred} == {
        (1, "transport"), (3, "transport"),
    }  # fmt: skip


def test_states_of_a_twilio_message_are_one_effect() -> None:
    events = sample(DATA / "twilio" / "callbacks.jsonl").events
    sent = [e for e in events if e.get("effect_id") == "SM1"]
    tried, again, *_ = [e for e in events if e["kind"] == "delivery"]

    assert [e["action"] for e in sent] == ["message.sent", "message.sent", "message.delivered"]
    assert len({e["occurrence_id"] for e in sent}) == 2
    assert tried["delivery_id"] == again["delivery_id"]
    assert tried["handoff_id"] != again["handoff_id"]


def test_two_twilio_messages_with_one_text_and_recipient_can_be_compared() -> None:
    again, first, undelivered, received = sample(DATA / "twilio" / "messages.json").events

    assert again["payload_hash"] == first["payload_hash"] != undelivered["payload_hash"]
    assert again["effect_id"] != first["effect_id"]
    assert "effect_id" not in undelivered
    assert (received["kind"], received["customer_id"]) == ("state", "+15005550006")


def test_paypal_tells_a_capture_again_and_what_a_refund_takes_back() -> None:
    told = [e for e in sample(DATA / "paypal" / "requests.jsonl").events if e["kind"] == "effect"]
    refund, denied, sale, _ = sample(DATA / "paypal" / "list.json").events

    assert [e["effect_id"] for e in told] == ["42311647XV020574X", "42311647XV020574X"]
    assert len({e["occurrence_id"] for e in told}) == 1
    assert refund["compensates_effect_id"] == "42311647XV020574X"
    assert refund["effect_id"] == "1Y107995YT783435V"
    assert (denied["outcome"], "effect_id" in denied) == ("error", False)
    assert (sale["amount"], sale["currency"]) == (Decimal("0.48"), "USD")


def test_paypal_transmissions_to_two_addresses_are_a_fan_out() -> None:
    failed, again, elsewhere = _requests("paypal", "transmissions.jsonl")

    assert failed["delivery_id"] == again["delivery_id"] == elsewhere["delivery_id"]
    assert failed["consumer"] == again["consumer"] != elsewhere["consumer"]
    assert len({e["handoff_id"] for e in (failed, again, elsewhere)}) == 3


def test_hubspot_counts_from_zero_and_sends_the_batch_again() -> None:
    events = sample(DATA / "hubspot" / "requests.jsonl").events
    tries = sorted((e["delivery_id"], e["attempt"]) for e in events if e["kind"] == "delivery")
    changed = {e["occurrence_id"] for e in events if e["kind"] == "write"}

    assert [attempt for _, attempt in tries] == [1, 2, 3, 1, 2, 3]
    assert changed == {message for message, _ in tries}
    assert len(changed) == 2


def test_an_sqs_message_received_again_keeps_its_id_and_has_another_receipt() -> None:
    first, third = _requests("sqs", "receive.json")
    refused, taken = _requests("sqs", "consumer.jsonl")

    assert first["delivery_id"] == third["delivery_id"]
    assert first["handoff_id"] != third["handoff_id"]
    assert (first["attempt"], third["attempt"]) == (1, 3)
    assert "occurred_at" not in third
    assert (refused["outcome"], taken["outcome"]) == ("error", "ok")


def test_messages_of_one_sqs_batch_are_not_one_message() -> None:
    first, sibling, again = _requests("sqs", "lambda.jsonl")

    assert first["delivery_id"] == again["delivery_id"] != sibling["delivery_id"]
    assert sibling["related"][0]["id"] == "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"


def test_pubsub_counts_only_under_a_dead_letter_policy() -> None:
    *tries, without = _requests("pubsub", "push.jsonl")

    assert [e["attempt"] for e in tries] == [1, 2, 3]
    assert [e["outcome"] for e in tries] == ["error", "error", "ok"]
    assert "attempt" not in without
    assert without["delivery_id"] != tries[0]["delivery_id"]


def test_a_service_bus_message_that_was_only_looked_at_was_not_delivered() -> None:
    first, third, dead, waiting = _requests("service_bus", "messages.jsonl")

    assert (first["attempt"], third["attempt"], dead["attempt"]) == (1, 3, 10)
    assert first["delivery_id"] == third["delivery_id"]
    assert (dead["outcome"], dead["error"]) == ("error", "MaxDeliveryCountExceeded")
    assert waiting["outcome"] == "pending"
    assert not {"attempt", "handoff_id"} & waiting.keys()
