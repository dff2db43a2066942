"""RabbitMQ's trace: fan-out, redelivery and a second publication are three things."""

from tests.connectors.formats.reading import DATA, sample

JSON = sample(DATA / "rabbitmq_trace" / "json.jsonl").events
TEXT = sample(DATA / "rabbitmq_trace" / "text.txt").events


def _deliveries(message: str) -> list[tuple[str, int | None]]:
    rows = [e for e in JSON if e["kind"] == "delivery" and e.get("delivery_id") == message]
    return [(e["consumer"], e.get("attempt")) for e in rows]


def test_one_message_in_two_queues_has_two_consumers_and_what_is_handed_over_again_is_counted() -> (
    None
):
    assert _deliveries("m-1") == [("billing", None), ("billing", 2), ("mail", None)]


def test_what_was_published_twice_is_not_counted_as_an_attempt() -> None:
    published = [e for e in JSON if e["kind"] == "other" and e.get("delivery_id") == "m-2"]

    assert len(published) == 2
    assert {attempt for _, attempt in _deliveries("m-2")} == {None}


def test_a_message_without_id_is_never_another_one() -> None:
    assert all("delivery_id" not in e for e in JSON if e.get("entity_type") != "message")


def test_what_the_broker_gave_up_is_told_once_however_often_it_is_delivered() -> None:
    (dead,) = [e for e in JSON if e["action"] == "dead-letter"]

    assert (dead["consumer"], dead["error"], dead["outcome"]) == (
        "billing",
        "delivery_limit",
        "rejected",
    )
    assert dead["occurrence_id"] == "dead-letter///m-4/billing/delivery_limit/1/1795661084"


def test_the_text_says_what_the_json_says() -> None:
    names = ("kind", "action", "outcome", "delivery_id", "operation_key", "consumer", "attempt")
    names += ("actor", "system", "trace_id", "payload_hash", "occurrence_id")

    shown = [
        sorted(str([e.get(name) for name in names]) for e in events) for events in (JSON, TEXT)
    ]

    assert shown[0] == shown[1]
