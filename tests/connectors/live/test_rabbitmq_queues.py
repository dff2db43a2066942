"""Classic and quorum queues of RabbitMQ: to read marks the messages, and is done with leave."""

from dataclasses import replace
from pathlib import Path

import orjson
import pika
import pytest

from connectors import registry
from connectors.live import pages as paging
from connectors.rabbitmq_queues import marked
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Notice, Page, SourceSpec
from tests.connectors.live import shop
from tests.connectors.live.consumers.rabbitmq_queues import QUEUE
from tests.connectors.live.contract import PAGE, MarkingContract, known_after, read, records
from tests.connectors.live.rabbitmq_broker import MARKED, Queue, Stream, stream
from tests.connectors.live.servers import rabbitmq_server

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("rabbitmq")]
__all__ = ["rabbitmq_server", "stream"]


class TestClassic(MarkingContract):
    @pytest.fixture
    def system(self, stream: Stream) -> Queue:
        return Queue(stream, "classic", ((False, None), (True, None)))


class TestQuorum(MarkingContract):
    @pytest.fixture
    def system(self, stream: Stream) -> Queue:
        return Queue(stream, "quorum", ((False, None), (True, 1)))

    def test_only_what_was_added_comes_with_the_next_reading(self, system: Queue) -> None:
        before = self.read(system)
        system.add(1)
        source = registry.connector(self.spec(system))
        (notice,) = source.pages(known_after(before))

        assert isinstance(notice, Notice)
        assert "It is not read again" in notice.sentence


@pytest.mark.parametrize("queue", ["classic", "quorum", "passing"])
def test_a_queue_that_would_be_marked_is_refused(stream: Stream, queue: str) -> None:
    stream.add(1, queue)
    with pytest.raises(SourceError, match=f"`{queue}` is a (classic|quorum) queue") as raised:
        read(f"amqp://{stream.server}?queue={queue}")
    _, properties, _ = stream.channel.basic_get(queue, auto_ack=True)

    assert "--allow-marks" in raised.value.hint
    assert "x-delivery-count" not in properties.headers


def test_a_mark_that_may_be_our_own_is_told_as_not_known(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_RECORDS", PAGE)
    queue = Queue(stream, "classic", (False, True))
    source = registry.connector(SourceSpec(name="", address=queue.address, allow=MARKED))
    items = source.pages([])
    first = next(items)
    assert isinstance(first, Page)
    assert isinstance(next(items), Page)  # marked, but not stored
    items.close()
    queue.add(1)
    second = records(read(queue.address, known_after([first]), allow=MARKED))

    told = [orjson.loads(document)["redelivered"] for document in second.values()]
    assert told == ["unknown"] * PAGE + [False]


def test_with_leave_a_queue_is_read_and_its_messages_stay(stream: Stream) -> None:
    stream.add(4, "classic")
    address = f"amqp://{stream.server}?queue=classic"
    source = registry.connector(SourceSpec(name="", address=address, allow=MARKED))
    items = list(source.pages([]))
    pages = [item for item in items if isinstance(item, Page)]
    (notice,) = [item for item in items if isinstance(item, Notice)]

    assert [orjson.loads(d)["redelivered"] for d in records(pages).values()] == [False] * 4
    assert "marked 4 messages" in notice.sentence
    assert stream.channel.queue_declare("classic", passive=True).method.message_count == 4


def test_what_a_cursor_tells_grows_with_the_messages_and_not_with_their_square(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_RECORDS", 1)
    stream.add(120, "classic")
    address = f"amqp://{stream.server}?queue=classic"
    found = read(address, allow=MARKED)
    sizes = [page.records.num_rows for page in found]

    assert sum(sizes) == 120
    assert (sizes[0], max(sizes)) == (1, 12)
    assert len(records(found)) == 120
    assert len(found[-1].cursor) < 120 * 11 + 40
    assert not records(read(address, known_after(found), allow=MARKED))


@pytest.mark.parametrize(("limit", "most"), [("_MOST_RECORDS", 3), ("_MOST_BYTES", 1)])
def test_a_page_of_a_queue_is_never_more_than_memory_takes(
    stream: Stream, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(marked, limit, most)
    stream.add(8, "classic")
    found = read(f"amqp://{stream.server}?queue=classic", allow=MARKED)

    assert max(page.records.num_rows for page in found) == most
    assert len(records(found)) == 8


def test_a_case_that_lists_what_was_read_goes_on_from_there(stream: Stream) -> None:
    stream.add(4, "classic")
    address = f"amqp://{stream.server}?queue=classic"
    (part,) = known_after(read(address, allow=MARKED))
    digests = marked._digests(orjson.loads(part.cursor)["read"])
    listed = orjson.dumps({"read": digests, "whole": True}).decode()
    stream.add(1, "classic")
    again = read(address, [replace(part, cursor=listed)], allow=MARKED)

    assert len({*digests}) == 4
    assert len(records(again)) == 1


def test_what_is_published_again_once_its_twin_was_taken_is_stored(stream: Stream) -> None:
    stream.add(2, "classic")
    address = f"amqp://{stream.server}?queue=classic"
    first = read(address, allow=MARKED)
    stream.channel.basic_get("classic", auto_ack=True)
    stream.add(1, "classic")
    second = read(address, known_after(first), allow=MARKED)
    third = read(address, known_after(second), allow=MARKED)

    (document,) = records(second).values()
    assert orjson.loads(document)["body"] == {"n": 0}
    assert not orjson.loads(document)["redelivered"]
    assert not records(first).keys() & records(second).keys()
    assert not records(third)


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_where_the_case_does_not_say_what_was_read_nothing_is_read_twice(
    stream: Stream, kind: str
) -> None:
    stream.add(2, kind)
    address = f"amqp://{stream.server}?queue={kind}"
    (known,) = known_after(read(address, allow=MARKED))
    source = registry.connector(SourceSpec(name="", address=address, allow=MARKED))
    (notice,) = source.pages([replace(known, cursor="")])
    stream.channel.connection.sleep(0.1)
    _, properties, _ = stream.channel.basic_get(kind)

    assert isinstance(notice, Notice)
    assert (notice.state, "does not say which" in notice.sentence) == ("kept", True)
    assert properties.headers.get("x-delivery-count", 1) == 1


def test_what_a_consumer_holds_is_read_once_it_lets_go(stream: Stream) -> None:
    stream.add(3, "classic")
    address = f"amqp://{stream.server}?queue=classic"
    consumer = pika.BlockingConnection(
        pika.URLParameters(f"amqp://guest:guest@{stream.server}/%2F")
    )
    consumer.channel().basic_get("classic")

    def bodies() -> dict[int, bool]:
        source = registry.connector(SourceSpec(name="", address=address, allow=MARKED))
        read_once = records([item for item in source.pages([]) if isinstance(item, Page)])
        told = map(orjson.loads, read_once.values())
        return {message["body"]["n"]: message["redelivered"] for message in told}

    held = bodies()
    consumer.close()

    assert held == {1: False, 2: False}
    assert set(bodies()) == {0, 1, 2}


@pytest.mark.parametrize("budget", ["max_records=2", "max_seconds=60"])
def test_a_queue_that_is_marked_is_read_whole(stream: Stream, budget: str) -> None:
    stream.add(4, "classic")
    address = f"amqp://{stream.server}?queue=classic&{budget}"
    source = registry.connector(SourceSpec(name="", address=address, allow=MARKED))
    with pytest.raises(UsageError, match=budget.partition("=")[0]):
        list(source.pages([]))
    method, _, _ = stream.channel.basic_get("classic")

    assert not method.redelivered


def test_what_was_marked_is_told_and_kept_when_the_broker_goes_away(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_RECORDS", 3)
    stream.add(4, "classic")
    address = f"amqp://{stream.server}?queue=classic"
    items = registry.connector(SourceSpec(name="", address=address, allow=MARKED)).pages([])
    found = [next(items)]
    stream.channel.queue_delete("classic")
    with pytest.raises(SourceError):
        found.extend(items)
    notice = found[-1]

    assert isinstance(notice, Notice)
    assert "marked 3 messages" in notice.sentence


def test_every_run_that_was_repeated_was_foretold(stream: Stream, tmp_path: Path) -> None:
    """The run is frozen where the first worker died, asked what fires next, and resumed."""
    stream.channel.queue_declare(QUEUE, durable=True)
    for name in shop.ORDERS:
        properties = pika.BasicProperties(message_id=f"m-{name}", type="order.placed")
        stream.channel.basic_publish("", QUEUE, shop.order(name), properties)
    url = f"amqp://guest:guest@{stream.server}/%2F"
    address = f"amqp://{stream.server}?queue={QUEUE}"

    shop.worker("rabbitmq_queues", url, tmp_path, "w1", "after", shop.CHARGED_TWICE)
    assert shop.accused(tmp_path, address, allow=MARKED) == {}
    foretold = shop.foretold(tmp_path)
    done = shop.messages(tmp_path)
    shop.worker("rabbitmq_queues", url, tmp_path, "w2")
    after = shop.messages(tmp_path)
    repeated = {message for message in done if after[message] > done[message]}

    assert repeated == {f"m-{shop.CHARGED_TWICE}"}
    assert foretold == {message for message in after if after[message] > done[message]}
