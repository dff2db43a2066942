"""SQS: dead-letter queues alone, with leave, and with our own receive taken off the count."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from connectors import registry
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec
from tests.connectors.live import shop
from tests.connectors.live.consumers.sqs import QUEUE, client
from tests.connectors.live.contract import PAGE, MarkingContract, System, known_after, records
from tests.connectors.live.servers import sqs_server

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("sqs")]
__all__ = ["sqs_server"]

MARKED = frozenset({"marks"})
DEAD = "orders-dead"
GIVEN_UP_AFTER = 3
HIDDEN_S = 1.05
"""So long after a reading its messages are shown again."""


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")


class Queues:
    """A queue that gives up messages into another."""

    secret = ""
    marked = (str(GIVEN_UP_AFTER + 1), str(GIVEN_UP_AFTER + 2))  # with the look of who is told
    page_says = "One receive more in each message's `ApproximateReceiveCount`"

    def __init__(self, server: str) -> None:
        self.shown_at = 0.0
        self.endpoint = f"http://{server}"
        self.address = f"sqs://eu-central-1/{DEAD}?endpoint={self.endpoint}&hidden_s=1"
        self.service = client(self.endpoint)
        for url in self.service.list_queues().get("QueueUrls", []):
            self.service.delete_queue(QueueUrl=url)
        self.dead = self.service.create_queue(QueueName=DEAD)["QueueUrl"]
        policy = {
            "deadLetterTargetArn": f"arn:aws:sqs:eu-central-1:123456789012:{DEAD}",
            "maxReceiveCount": str(GIVEN_UP_AFTER),
        }
        self.url = self.service.create_queue(
            QueueName=QUEUE, Attributes={"RedrivePolicy": orjson.dumps(policy).decode()}
        )["QueueUrl"]

    def poison(self, count: int) -> None:
        for number in range(count):
            self.service.send_message(QueueUrl=self.url, MessageBody=f'{{"n": {number}}}')
        for _ in range(GIVEN_UP_AFTER + 1):
            while self.service.receive_message(
                QueueUrl=self.url, VisibilityTimeout=0, MaxNumberOfMessages=10
            ).get("Messages"):
                pass

    def add(self, count: int) -> None:
        self.poison(count)

    def unmarked(self, document: bytes) -> bytes:
        told = orjson.loads(document)
        del told["Attributes"]["ApproximateReceiveCount"]
        return orjson.dumps(told)

    def content(self, document: bytes) -> bytes:
        return str(orjson.loads(document)["Body"]).encode()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Begins once all messages are shown; what it receives is hidden for a while."""
        time.sleep(max(0, self.shown_at - time.monotonic()))
        try:
            yield
        finally:
            self.shown_at = time.monotonic() + HIDDEN_S

    def taken(self) -> list[tuple[bytes, object]]:
        time.sleep(max(0, self.shown_at - time.monotonic()))
        messages: list[dict[str, Any]] = []
        while some := self.service.receive_message(
            QueueUrl=self.dead, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            messages += some
        return [
            (message["Body"].encode(), message["Attributes"]["ApproximateReceiveCount"])
            for message in messages
        ]


class TestDeadLetters(MarkingContract):
    @pytest.fixture
    def system(self, queues: Queues) -> Queues:
        queues.poison(2 * PAGE)
        return queues

    def reading(self, system: System) -> AbstractContextManager[None]:
        return cast("Queues", system).reading()


def taken(
    address: str, known: Sequence[KnownPart] = (), allow: frozenset[str] = MARKED
) -> tuple[list[Page], list[Notice]]:
    items = list(registry.connector(SourceSpec(name="", address=address, allow=allow)).pages(known))
    return (
        [item for item in items if isinstance(item, Page)],
        [item for item in items if isinstance(item, Notice)],
    )


@pytest.fixture
def queues(sqs_server: str) -> Queues:
    return Queues(sqs_server)


def test_a_message_says_how_often_consumers_received_it_without_our_own(queues: Queues) -> None:
    queues.poison(1)
    pages, (notice,) = taken(queues.address)
    ((_, place), document) = next(iter(records(pages).items()))
    found = orjson.loads(document)

    assert found["MessageId"] == place
    assert found["Attributes"]["ApproximateReceiveCount"] == str(GIVEN_UP_AFTER)
    assert found["Body"] == '{"n": 0}'
    assert "ReceiptHandle" not in found
    assert "added a receive to 1 message" in notice.sentence


def test_a_second_reading_brings_what_is_new_alone(queues: Queues) -> None:
    queues.poison(12)
    first, _ = taken(queues.address)
    queues.poison(2)
    time.sleep(HIDDEN_S)
    second, _ = taken(queues.address, known_after(first))

    assert len(records(first)) == 12
    assert len(records(second)) == 2
    assert not records(first).keys() & records(second).keys()


def test_messages_that_are_hidden_are_said_to_be_missing_until_they_are_read(
    queues: Queues,
) -> None:
    queues.poison(3)
    answer = queues.service.receive_message(QueueUrl=queues.dead, VisibilityTimeout=60)
    handle = answer["Messages"][0]["ReceiptHandle"]
    source = registry.connector(SourceSpec(name="", address=queues.address, allow=MARKED))
    items: list[Page | Notice] = []
    with pytest.raises(SourceError, match="about 1 message more") as raised:
        items.extend(source.pages([]))
    first = [item for item in items if isinstance(item, Page)]
    queues.service.change_message_visibility(
        QueueUrl=queues.dead, ReceiptHandle=handle, VisibilityTimeout=0
    )
    time.sleep(HIDDEN_S)
    second, _ = taken(queues.address, known_after(first))

    assert "again" in raised.value.hint
    assert (len(records(first)), len(records(second))) == (2, 1)


def test_what_was_read_and_is_gone_does_not_stand_for_what_is_hidden(queues: Queues) -> None:
    queues.poison(3)
    first, _ = taken(queues.address)
    queues.service.purge_queue(QueueUrl=queues.dead)
    queues.poison(3)
    queues.service.receive_message(QueueUrl=queues.dead, VisibilityTimeout=60)
    source = registry.connector(SourceSpec(name="", address=queues.address, allow=MARKED))
    items: list[Page | Notice] = []
    with pytest.raises(SourceError, match="about 1 message more"):
        items.extend(source.pages(known_after(first)))

    assert len(records([item for item in items if isinstance(item, Page)])) == 2


def test_what_a_reading_hides_is_said_by_the_next_until_it_is_shown(queues: Queues) -> None:
    queues.poison(2)
    first, _ = taken(f"{queues.address}0")
    with pytest.raises(SourceError, match=r"about 2 messages more.* perhaps an earlier reading"):
        taken(queues.address, known_after(first))


def test_without_leave_no_message_is_received(queues: Queues) -> None:
    queues.poison(1)
    with pytest.raises(SourceError, match="add 1 to the count") as raised:
        taken(queues.address, allow=frozenset())
    answer = queues.service.receive_message(
        QueueUrl=queues.dead, MessageSystemAttributeNames=["All"]
    )

    assert "--allow-marks" in raised.value.hint
    count = answer["Messages"][0]["Attributes"]["ApproximateReceiveCount"]
    assert count == str(GIVEN_UP_AFTER + 1)


def test_a_queue_that_others_take_from_is_never_read(queues: Queues) -> None:
    with pytest.raises(SourceError, match="no dead-letter queue"):
        taken(queues.address.replace(DEAD, QUEUE))


def test_what_is_there_is_said_without_a_mark(queues: Queues) -> None:
    queues.poison(2)
    kind = registry.live_source(queues.address)
    assert kind
    (facts,) = kind.open(SourceSpec(name="", address=queues.address)).facts()

    assert (facts.name, facts.records) == (DEAD, 2)
    assert QUEUE in facts.note


def test_what_cannot_be_read_is_said_with_what_to_do(queues: Queues) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        taken(queues.address.replace(DEAD, "none"))
    with pytest.raises(UsageError, match="names no queue"):
        taken("sqs://eu-central-1")


def test_a_worker_killed_between_charge_and_deletion_is_found(
    queues: Queues, tmp_path: Path
) -> None:
    for name in shop.ORDERS:
        queues.service.send_message(QueueUrl=queues.url, MessageBody=shop.order(name).decode())
    shop.run("sqs", queues.endpoint, tmp_path)
    queues.poison(1)

    assert shop.charged_twice(tmp_path) == {shop.CHARGED_TWICE}
    found = shop.accused(tmp_path, queues.address, allow=MARKED)
    assert found == {shop.CHARGED_TWICE: "redelivery"}
