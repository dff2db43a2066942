"""What queues' records are taken to mean where it decides over a finding."""

from typing import Any

import pytest

from tests.connectors.formats.reading import DATA, MAPPINGS, sample
from tests.normalise.batches import prepared, staged


def _events(folder: str, name: str) -> list[dict[str, Any]]:
    return sample(DATA / folder / name).events


def test_an_event_published_twice_is_one_occurrence_in_two_messages() -> None:
    told = [e for e in _events("kafka", "orders.jsonl") if e.get("occurrence_id") == "/shop|8f1"]

    assert [event["delivery_id"] for event in told] == ["orders/0/1", "orders/0/2"]


def test_a_dead_letter_is_the_message_that_it_was() -> None:
    (died,) = [
        e for e in _events("rabbitmq_queues", "orders.jsonl") if e["action"] == "dead-letter"
    ]

    assert (died["delivery_id"], died["consumer"], died["error"]) == ("m-1", "orders", "rejected")


def test_a_task_that_was_taken_again_is_no_retry() -> None:
    (taken,) = [e for e in _events("celery_broker", "broker.jsonl") if e["kind"] == "delivery"]

    assert (taken["action"], taken["attempt"]) == ("taken-again", 1)


def test_a_stalled_job_begins_twice_and_ends_once() -> None:
    rows = [e for e in _events("bullmq", "orders.jsonl") if e["delivery_id"] == "orders/4"]
    runs = [e["action"] for e in rows if e["action"] in {"active", "stalled", "completed"}]

    assert runs == ["active", "stalled", "active", "completed", "completed"]
    assert [e["kind"] for e in rows if e["action"] == "completed"] == ["trigger", "state"]


def test_a_negative_acknowledgement_and_the_next_delivery_are_two_attempts() -> None:
    rows = [e for e in _events("jetstream", "orders.jsonl") if e["kind"] == "delivery"]
    attempts = [(e["attempt"], e["outcome"]) for e in rows if e["delivery_id"] == "ORDERS/2"]

    assert attempts == [(1, "error"), (2, "ok")]


def test_a_job_that_failed_once_is_at_its_second_attempt_when_it_begins_again() -> None:
    job = b'"job":{"jid":"j","class":"Charge","args":[],"failed_at":1.5,"retry_count":0}'
    with prepared() as connection:
        events, _, _ = staged(
            connection,
            MAPPINGS["sidekiq"],
            [b'{"where":"work","process":"p","thread":"t","at":2,%b}' % job],
        )

    assert {(e["action"], e["attempt"]) for e in events} == {("work", 2), ("failed", 1)}


def test_equal_content_is_no_operation_of_the_senders() -> None:
    attributes = b'"Attributes":{"MessageDeduplicationId":"%b"}'
    message = b'{"MessageId":"m","QueueUrl":"q","MD5OfBody":"d",%b}' % attributes
    with prepared() as connection:
        events, _, _ = staged(
            connection, MAPPINGS["sqs"], [message % b"pay-1", message % (b"0f" * 32)]
        )

    assert [event.get("operation_key") for event in events] == ["pay-1", None]


def test_each_start_of_a_job_on_one_thread_is_a_handing_over_of_its_own() -> None:
    line = b"%sZ pid=4 tid=abc class=Charge jid=a INFO: %s"
    said = [
        line % (b"2026-11-01T10:00:00.100", b"start"),
        line % (b"2026-11-01T10:00:02.200", b"done"),
        line % (b"2026-11-01T10:05:00.100", b"start"),
        line % (b"2026-11-01T10:05:00.100", b"start"),
    ]
    with prepared() as connection:
        events, _, _ = staged(connection, MAPPINGS["sidekiq-log"], said)
    first, done, again, told_twice = [event.get("handoff_id") for event in events]

    assert first != again
    assert (again, done) == (told_twice, None)


@pytest.mark.parametrize("name", ["worker.txt", "worker.jsonl", "dyno.txt"])
def test_a_retry_in_the_log_of_sidekiqs_workers_is_another_run_of_one_job(name: str) -> None:
    runs = [event for event in _events("sidekiq", name) if event["kind"] == "trigger"]
    failed = next(event for event in runs if event["action"] == "fail")
    again = [event for event in runs if event["delivery_id"] == failed["delivery_id"]]
    said = [event for event in _events("sidekiq", name) if event["action"] == "message"]

    assert [event["action"] for event in again] == ["start", "fail", "start", "done"]
    assert len({event["execution_id"] for event in again}) == 2
    assert [record["id"] for event in said for record in event["related"]] == [
        "o-1",
        "o-2",
        "o-3",
        "o-2",
    ]


def test_a_task_that_was_received_twice_and_answered_twice_had_two_effects() -> None:
    events = _events("celery", "worker.txt")
    effects = [e for e in events if e["kind"] == "effect"]
    twice = [e for e in effects if e["delivery_id"].startswith("c567c6f0")]
    received = [e for e in events if e["kind"] == "delivery"]

    assert [e["effect_id"] for e in twice] == ["ch_3Px2KQ8sLm2Vd72", "ch_3PxRKQ8sLm2Vd7R"]
    assert [e["delivery_id"] for e in received].count(twice[0]["delivery_id"]) == 2
    assert {e["effect_class"] for e in effects} == {"billing"}


def test_each_end_of_a_task_in_the_log_of_celerys_workers_has_its_outcome() -> None:
    ends = {
        (e["workflow"], e["action"]): (e["outcome"], e.get("error"), e.get("error_kind"))
        for e in _events("celery", "worker.txt")
        if e["kind"] == "trigger"
    }
    refused = "ConnectionError('connection to mail.example refused')"

    assert ends == {
        ("shop.charge", "succeeded"): ("ok", None, None),
        ("shop.charge", "revoked"): ("cancelled", None, None),
        ("shop.notify", "retry"): ("error", refused, "network"),
        ("shop.notify", "succeeded"): ("ok", None, None),
        ("shop.refund", "raised unexpected"): (
            "error",
            "TimeoutError('no answer from payments within 5 s')",
            "timeout",
        ),
        ("shop.capture", "raised expected"): ("error", "Declined('card declined')", "other"),
        ("shop.sync", "ignored"): ("skipped", None, None),
        ("shop.book", "reject"): ("rejected", "no stock", None),
        ("shop.export", "raised unexpected"): ("error", "SoftTimeLimitExceeded()", "timeout"),
    }


def test_a_retry_of_a_task_says_when_it_may_begin_again_and_what_it_says_names_its_record() -> None:
    events = _events("celery", "worker.txt")
    (retry,) = [e for e in events if e["action"] == "retry"]
    said = [e for e in events if e["action"] == "message"]
    named = {r["id"] for e in said for r in e.get("related", ())}

    assert (retry["retry_after"] - retry["ended_at"]).total_seconds() == 2
    assert named == {f"ORD-{n}" for n in range(1, 7)}
    assert [e["action"] for e in events if e["outcome"] == "timeout"] == ["soft time limit"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"Received task: a.b[i]  ETA:[2026-11-27 08:00:00+00:00] ", ("delivery", "received")),
        (
            b"Task a.b[i] retry: Retry at 2026-11-27 08:00:00+00:00: OSError('x')",
            ("trigger", "retry"),
        ),
        (b"Task a.b[i] INTERNAL ERROR: OSError('x')", ("trigger", "INTERNAL ERROR")),
        (b"Hard time limit (5.0s) exceeded for a.b[i]", ("other", "hard time limit")),
    ],
)
def test_rarer_lines_of_celerys_workers_are_known(line: bytes, told: tuple[str, str]) -> None:
    stamped = b"[2026-11-27 07:05:11,571: ERROR/MainProcess] %s" % line
    with prepared() as connection:
        events, _, _ = staged(connection, MAPPINGS["celery-log"], [stamped])

    assert (events[0]["kind"], events[0]["action"]) == told
    assert (events[0]["delivery_id"], events[0]["workflow"]) == ("i", "a.b")
    assert events[0].get("error") in {None, "OSError('x')", "5.0 s"}
