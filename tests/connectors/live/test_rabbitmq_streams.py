"""Streams of RabbitMQ: read as often as one likes."""

import subprocess
import threading
import time
from pathlib import Path

import orjson
import pika
import pytest

from connectors.live import pages as paging
from connectors.rabbitmq_queues import connector
from forensics.model.errors import SourceError, UsageError
from tests.connectors.live import shop
from tests.connectors.live.consumers.rabbitmq_queues import QUEUE
from tests.connectors.live.contract import HistoryContract, known_after, read, records
from tests.connectors.live.rabbitmq_broker import STREAM, Stream, stream
from tests.connectors.live.servers import rabbitmq, rabbitmq_server

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("rabbitmq")]
__all__ = ["rabbitmq_server", "stream"]


class TestStream(HistoryContract):
    @pytest.fixture
    def system(self, stream: Stream) -> Stream:
        return stream


@pytest.mark.parametrize("removed_meanwhile", [0, 5])
def test_what_retention_removed_is_said_of_all_that_is_read_after_it(
    stream: Stream, monkeypatch: pytest.MonkeyPatch, removed_meanwhile: int
) -> None:
    ask = connector._oldest
    monkeypatch.setattr(connector, "_oldest", lambda *of: ask(*of) + removed_meanwhile)
    small = {"x-max-length-bytes": 20_000, "x-stream-max-segment-size-bytes": 10_000}
    stream.channel.queue_delete("log")
    stream.channel.queue_declare("log", durable=True, arguments=STREAM | small)
    for _ in range(60):
        stream.channel.basic_publish("", "log", b"x" * 1000)
    monkeypatch.setattr(paging, "PAGE_RECORDS", 4)
    found = read(stream.address)
    oldest = min(int(place) for _, place in records(found))

    assert oldest > 0
    assert len(found) > 1
    assert {page.coverage for page in found} == {"expired"}
    assert f"{oldest} messages before offset {oldest} " in found[-1].coverage_reason


_STORE_AN_OFFSET = """
    {ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"log">>)),
    Writer = maps:get(leader_pid, amqqueue:get_type_state(Queue)),
    osiris:write_tracking(Writer, <<"a consumer">>, {offset, 1})."""
"""What a broker does when a consumer of the stream protocol stores how far it has come."""


def test_an_offset_that_a_stream_keeps_for_itself_is_no_loss(tmp_path: Path) -> None:
    with rabbitmq(tmp_path) as server:
        stream = Stream(server)
        before = read(stream.address)
        subprocess.run([tmp_path / "rabbitmqctl", "eval", _STORE_AN_OFFSET], check=True)
        stream.add(3)
        (page,) = read(stream.address, known=known_after(before))
        stream.channel.connection.close()

    assert min(int(place) for _, place in records([page])) == 9
    assert page.coverage == "complete"


def test_a_message_is_what_the_broker_has(stream: Stream) -> None:
    assert orjson.loads(records(read(stream.address))["log", "3"]) == {
        "queue": "log",
        "offset": 3,
        "exchange": "",
        "routing_key": "log",
        "redelivered": False,
        "properties": {"delivery_mode": 1},
        "headers": {"n": 2**40, "raw": {"base64": "/w=="}},
        "body": {"n": 3},
    }


def test_a_stream_to_which_messages_come_all_the_time_is_read_to_where_it_ended(
    stream: Stream,
) -> None:
    read_to_its_end = threading.Event()
    published = []

    def publish() -> None:
        connection = pika.BlockingConnection(
            pika.URLParameters(f"amqp://guest:guest@{stream.server}/%2F")
        )
        channel, until = connection.channel(), time.monotonic() + 6
        while not read_to_its_end.wait(0.02) and time.monotonic() < until:
            channel.basic_publish("", "log", b"{}")
            published.append(time.monotonic())
        connection.close()

    publisher = threading.Thread(target=publish)
    publisher.start()
    pages = read(stream.address)
    read_to_its_end.set()
    publisher.join()

    assert len(records(pages)) >= 8
    assert published[-1] - published[0] < 5
    assert pages[-1].complete


def test_what_cannot_be_read_is_said_with_what_to_do(stream: Stream) -> None:
    with pytest.raises(UsageError, match="port that is no number"):
        read("amqp://localhost:abc/?queue=log")
    with pytest.raises(UsageError, match="names no queue"):
        read(f"amqp://{stream.server}")
    with pytest.raises(SourceError, match="no queue 'none-such'"):
        read(f"amqp://{stream.server}?queue=none-such")
    with pytest.raises(SourceError, match="does not let the account in"):
        read(f"amqp://nobody@{stream.server}?queue=log")


def test_a_worker_killed_between_charge_and_acknowledgement_is_found(
    stream: Stream, tmp_path: Path
) -> None:
    channel = stream.channel
    channel.queue_declare(QUEUE, durable=True)
    channel.exchange_declare("shop", "fanout")
    for queue in (QUEUE, "log"):
        channel.queue_bind(queue, "shop")
    for name in shop.ORDERS:
        properties = pika.BasicProperties(message_id=f"m-{name}", type="order.placed")
        channel.basic_publish("shop", "", shop.order(name), properties)
    shop.run("rabbitmq_queues", f"amqp://guest:guest@{stream.server}/%2F", tmp_path)

    assert shop.charged_twice(tmp_path) == {shop.CHARGED_TWICE}
    assert shop.accused(tmp_path, stream.address) == {shop.CHARGED_TWICE: "redelivery"}
