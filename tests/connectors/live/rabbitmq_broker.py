"""A RabbitMQ broker with queues of every kind, and messages in them."""

from collections.abc import Iterator

import orjson
import pika
import pytest

from tests.connectors.live.consumers.rabbitmq_queues import QUEUE
from tests.connectors.live.contract import PAGE

STREAM = {"x-queue-type": "stream", "x-max-age": "7D", "x-max-length-bytes": 10**9}
MARKED = frozenset({"marks"})


class Stream:
    """A stream queue beside a classic and a quorum queue."""

    secret = ""

    def __init__(self, server: str) -> None:
        self.server = server
        self.address = f"amqp://{server}?queue=log"
        self.channel = pika.BlockingConnection(
            pika.URLParameters(f"amqp://guest:guest@{server}/%2F")
        ).channel()
        self.channel.confirm_delivery()
        for queue in ("log", "classic", "quorum", "passing", QUEUE):
            self.channel.queue_delete(queue)
        self.channel.queue_declare("log", durable=True, arguments=STREAM)
        self.channel.queue_declare("classic", durable=True)
        self.channel.queue_declare("quorum", durable=True, arguments={"x-queue-type": "quorum"})
        self.channel.queue_declare("passing")
        self.add(8)

    def add(self, count: int, queue: str = "log") -> None:
        for number in range(count):
            properties = pika.BasicProperties(headers={"n": 2**40, "raw": b"\xff"})
            self.channel.basic_publish("", queue, b'{"n": %d}' % number, properties)

    def marks(self) -> object:
        found = []
        self.channel.basic_qos(prefetch_count=100)
        for method, properties, body in self.channel.consume(
            "log", arguments={"x-stream-offset": "first"}, inactivity_timeout=1
        ):
            if method is None:
                break
            found.append((method.redelivered, repr(properties), body))
        self.channel.cancel()
        answer = self.channel.queue_declare("log", passive=True).method
        return found, answer.consumer_count


@pytest.fixture
def stream(rabbitmq_server: str) -> Iterator[Stream]:
    made = Stream(rabbitmq_server)
    yield made
    made.channel.connection.close()


class Queue:
    """A queue that hands its messages over, and marks those that come back."""

    secret = ""
    page_says = "each message that was looked at is marked as redelivered for ever"

    def __init__(self, stream: Stream, kind: str, marked: tuple[object, object]) -> None:
        self.stream = stream
        self.kind = kind
        self.marked = marked
        self.address = f"amqp://{stream.server}?queue={kind}"
        self.add(2 * PAGE)

    def add(self, count: int) -> None:
        self.stream.add(count, self.kind)

    def unmarked(self, document: bytes) -> bytes:
        told = orjson.loads(document)
        del told["redelivered"]
        for name in ("x-acquired-count", "x-delivery-count"):
            told["headers"].pop(name, None)
        return orjson.dumps(told)

    def content(self, document: bytes) -> bytes:
        return orjson.dumps(orjson.loads(document)["body"])

    def taken(self) -> list[tuple[bytes, object]]:
        found = []
        while True:
            method, properties, body = self.stream.channel.basic_get(self.kind, auto_ack=True)
            if not method:
                return found
            told = (method.redelivered, properties.headers.get("x-delivery-count"))
            found.append((orjson.dumps(orjson.loads(body)), told))
