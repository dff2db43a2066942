"""JetStream: read by the numbers of its messages, while consumers stay as they were."""

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import nats
import orjson
import pytest
from nats.js.api import ConsumerConfig, RetentionPolicy, StorageType, StreamConfig

from connectors.jetstream.server import JetStream
from connectors.jetstream.source import SOURCE
from connectors.live.address import Address
from forensics.model.errors import SourceError, UsageError
from tests.connectors.live import servers, shop
from tests.connectors.live.consumers.jetstream import DURABLE, STREAM
from tests.connectors.live.contract import (
    HistoryContract,
    LiveContract,
    known_after,
    read,
    records,
)
from tests.connectors.live.servers import nats_server

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("nats")]
__all__ = ["nats_server"]

Answer = TypeVar("Answer")


class Stream:
    """A stream of which a durable consumer has taken some."""

    secret = ""

    def __init__(self, server: str, options: str = "", **config: Any) -> None:
        self.server = server
        self.address = f"nats://{server}/{STREAM}{options}"
        self.loop = asyncio.new_event_loop()
        self.client = self.run(nats.connect(f"nats://{server}"))
        self.js = self.client.jetstream()
        for name in self.run(self.js.streams_info()):
            self.run(self.js.delete_stream(name.config.name))
        self.make(**config)
        self.add(8)
        consumer = ConsumerConfig(ack_wait=60)
        self.taken = self.run(self.js.pull_subscribe("orders.*", DURABLE, STREAM, consumer))
        self.messages = self.run(self.taken.fetch(3))
        self.run(self.messages[0].ack_sync())

    def run(self, asked: Coroutine[Any, Any, Answer]) -> Answer:
        return self.loop.run_until_complete(asked)

    def make(self, name: str = STREAM, subject: str = "orders.*", **config: Any) -> None:
        """A stream in memory: one on disk can begin with messages of the deleted one of its name.

        NATS 2.10 removes a stream's files after it has answered that the stream is deleted.
        """
        settings = StreamConfig(name, subjects=[subject], storage=StorageType.MEMORY, **config)
        self.run(self.js.add_stream(settings))

    def add(self, count: int) -> None:
        for number in range(count):
            headers = {"Nats-Msg-Id": f"n-{self.client.stats['out_msgs']}"}
            self.run(self.js.publish("orders.new", b'{"n": %d}' % number, headers=headers))

    def marks(self) -> object:
        info = self.run(self.js.stream_info(STREAM))
        consumers = self.run(self.js.consumers_info(STREAM))
        return info.state, [
            (c.name, c.delivered, c.ack_floor, c.num_redelivered) for c in consumers
        ]

    def close(self) -> None:
        self.run(self.client.close())
        self.loop.close()


@pytest.fixture
def stream(nats_server: str) -> Iterator[Stream]:
    made = Stream(nats_server)
    yield made
    made.close()


class TestMessages(HistoryContract):
    @pytest.fixture
    def system(self, nats_server: str) -> Iterator[Stream]:
        made = Stream(nats_server, "?consumers=none")
        yield made
        made.close()


class TestMessagesAndConsumers(LiveContract):
    @pytest.fixture
    def system(self, stream: Stream) -> Stream:
        return stream


def test_a_message_is_what_the_server_has(stream: Stream) -> None:
    headers = {"Twice": "a"}
    stream.run(stream.js.publish("orders.odd", b"\xff", headers=headers))
    found = orjson.loads(records(read(stream.address))[STREAM, "9"])

    assert found.pop("time").startswith("20")
    assert found == {
        "stream": STREAM,
        "sequence": 9,
        "subject": "orders.odd",
        "headers": {"Twice": "a"},
        "value": {"base64": "/w=="},
    }


def test_how_far_a_consumer_has_come_is_told_when_it_changed(stream: Stream) -> None:
    first = read(stream.address)
    stream.run(stream.messages[1].ack_sync())
    again = records(read(stream.address, known_after(first)))
    told = [orjson.loads(document) for document in again.values()]

    assert [(t["delivered"], t["acknowledged"], t["unacknowledged"]) for t in told] == [(3, 2, 1)]


def test_a_work_queue_is_read_beside_its_consumer_and_says_what_is_gone(nats_server: str) -> None:
    stream = Stream(nats_server, retention=RetentionPolicy.WORK_QUEUE)
    before = stream.marks()
    page, _ = read(stream.address)

    assert (page.records.num_rows, page.coverage) == (7, "expired")
    assert "acknowledged" in page.coverage_reason
    assert stream.marks() == before
    stream.close()


def test_a_work_queue_that_was_emptied_says_what_is_gone(nats_server: str) -> None:
    stream = Stream(nats_server, "?consumers=none", retention=RetentionPolicy.WORK_QUEUE)
    some = read(stream.address)
    stream.run(stream.js.purge_stream(STREAM))
    (everything,) = read(stream.address)
    stream.add(2)
    stream.run(stream.js.purge_stream(STREAM))
    (late,) = read(stream.address, known_after(some))
    stream.close()

    assert (everything.records.num_rows, everything.coverage) == (0, "expired")
    assert " 8 messages" in everything.coverage_reason
    # One was acknowledged before the first reading, and two came and went after it.
    assert " 3 messages" in late.coverage_reason


def test_a_stream_that_was_made_anew_is_not_taken_for_the_old_one(stream: Stream) -> None:
    before = known_after(read(stream.address))
    stream.run(stream.js.delete_stream(STREAM))
    stream.make()
    with pytest.raises(SourceError, match="made anew"):
        read(stream.address, before)


def test_what_cannot_be_read_is_said_with_what_to_do(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.live.waiting.ATTEMPTS", 1)
    with pytest.raises(SourceError, match="stream not found"):
        read(f"nats://{stream.server}/NONE")
    with pytest.raises(UsageError, match="names no stream"):
        read(f"nats://{stream.server}")
    with pytest.raises(SourceError, match="does not answer"):
        read("nats://127.0.0.1:1/ORDERS")


def test_a_token_before_the_host_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NATS_PASSWORD", raising=False)
    with pytest.raises(UsageError, match="is it a token") as raised:
        read("nats://hunter2@localhost/ORDERS")

    assert "hunter2" not in f"{raised.value} {raised.value.hint}"


def test_a_server_without_jetstream_is_said_to_be_one(tmp_path: Path) -> None:
    port = servers.free_port()
    command = [servers.found("nats-server"), "-a", "127.0.0.1", "-p", str(port)]
    with servers.running(command, port=port, folder=tmp_path):
        address = f"nats://127.0.0.1:{port}/{STREAM}"
        server = JetStream(Address.parse(address, options=SOURCE.options, secrets=SOURCE.secrets))
        with pytest.raises(SourceError, match="has no JetStream"):
            server.ask(f"STREAM.INFO.{STREAM}", {})
        with pytest.raises(SourceError, match="has no JetStream"):
            server.messages(STREAM, range(1, 4))
        server.close()


def test_a_worker_killed_between_charge_and_acknowledgement_is_found(
    nats_server: str, tmp_path: Path
) -> None:
    stream = Stream(nats_server)
    stream.run(stream.js.delete_stream(STREAM))
    stream.make()
    stream.make("EVENTS", "$JS.EVENT.METRIC.CONSUMER.>")
    for name in shop.ORDERS:
        stream.run(stream.js.publish("orders.new", shop.order(name)))
    shop.run("jetstream", nats_server, tmp_path)
    stream.close()

    assert shop.charged_twice(tmp_path) == {shop.CHARGED_TWICE}
    address = f"nats://{nats_server}/{STREAM},EVENTS"
    assert shop.accused(tmp_path, address) == {shop.CHARGED_TWICE: "redelivery"}
