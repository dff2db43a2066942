"""Kafka topics: read to their end by nobody that the broker would know of."""

from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from connectors import registry
from forensics.case.case import Case
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, SourceSpec
from tests.connectors.live import shop
from tests.connectors.live.consumers.kafka import GROUP, TOPIC
from tests.connectors.live.contract import (
    HistoryContract,
    LiveContract,
    known_after,
    read,
    records,
)
from tests.connectors.live.servers import kafka_server

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("kafka")]
__all__ = ["kafka_server"]


class Topic:
    """A topic of two partitions of which a group has committed some."""

    secret = ""

    def __init__(self, server: str, name: str, options: str = "", **config: str) -> None:
        self.server = server
        self.name = name
        self.address = f"kafka://{server}/{name}{options}"
        self.admin = AdminClient({"bootstrap.servers": server})
        self.producer = Producer({"bootstrap.servers": server, "linger.ms": 0})
        created = self.admin.create_topics([NewTopic(name, 2, 1, config=config)])
        created[name].result(10)
        self.add(8)

    def add(self, count: int) -> None:
        for number in range(count):
            self.producer.produce(
                self.name,
                key="007",
                value=b'{"n": %d, "big": 0.10}' % number,
                headers=[("h", b"1"), ("h", None)],
                partition=number % 2,
            )
            # Tansu's watermarks count batches.
            assert not self.producer.flush(10)

    def commit(self, offset: int) -> None:
        member = Consumer({"bootstrap.servers": self.server, "group.id": GROUP})
        member.commit(offsets=[TopicPartition(self.name, 0, offset)], asynchronous=False)
        member.close()

    def marks(self) -> object:
        groups = self.admin.list_consumer_groups().result(10).valid
        names = sorted(group.group_id for group in groups)
        committed = {
            name: str(
                self.admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(name)])[name]
                .result(10)
                .topic_partitions
            )
            for name in names
        }
        return committed, sorted(self.admin.list_topics(timeout=10).topics)


@pytest.fixture
def topic_name(request: pytest.FixtureRequest) -> str:
    """A name of its own: two classes run tests of one name against one broker."""
    return f"{request.node.name[:60]}-{uuid4()}"


class TestMessages(HistoryContract):
    @pytest.fixture
    def system(self, kafka_server: str, topic_name: str) -> Topic:
        return Topic(kafka_server, topic_name)


class TestMessagesAndGroups(LiveContract):
    @pytest.fixture
    def system(self, kafka_server: str, topic_name: str) -> Topic:
        topic = Topic(kafka_server, topic_name, f"?groups={GROUP}")
        topic.commit(2)
        return topic


def test_a_message_is_what_the_broker_has(kafka_server: str, topic_name: str) -> None:
    topic = Topic(kafka_server, topic_name)
    found = records(read(topic.address))[f"{topic_name}/1", "0"]

    assert b'"key":"007","headers":{"h":["1",null]},"value":{"n": 1, "big": 0.10}' in found


def test_a_group_that_committed_on_is_told_anew(kafka_server: str, topic_name: str) -> None:
    topic = Topic(kafka_server, topic_name, f"?groups={GROUP}")
    topic.commit(1)
    first = read(topic.address)
    topic.commit(3)
    places = [
        place
        for part, place in [*records(first), *records(read(topic.address))]
        if part == f"{GROUP} (group)"
    ]

    assert places == [f"{topic_name}/0@1#1", f"{topic_name}/0@3#1"]


def test_a_group_that_goes_back_and_on_again_is_told_each_time(
    kafka_server: str, topic_name: str
) -> None:
    topic = Topic(kafka_server, topic_name, f"?groups={GROUP}")
    known: list[KnownPart] = []
    places = []
    for offset in (3, 1, 3, 3):
        topic.commit(offset)
        pages = read(topic.address, known)
        known = known_after(pages, known)
        places += [place for part, place in records(pages) if part == f"{GROUP} (group)"]

    assert places == [f"{topic_name}/0@{offset}" for offset in ("3#1", "1#2", "3#3")]


def test_a_compacted_topic_is_blind_for_repeats_and_says_so(
    kafka_server: str, topic_name: str
) -> None:
    topic = Topic(kafka_server, topic_name, **{"cleanup.policy": "compact"})
    states = {page.coverage for page in read(topic.address)}

    assert states == {"truncated"}


def test_what_retention_removed_is_said_also_where_nothing_is_left(
    kafka_server: str, topic_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tansu removes nothing, so that the oldest offset is what the test says that it is."""
    topic = Topic(kafka_server, topic_name)
    ask = Consumer.get_watermark_offsets

    class Forgetful(Consumer):
        low = 4

        def get_watermark_offsets(self, place: TopicPartition, **options: float) -> tuple[int, int]:
            return self.low, ask(self, place, **options)[1]

    monkeypatch.setattr("connectors.kafka.cluster.Consumer", Forgetful)
    unread = read(topic.address)
    again = read(topic.address, known_after(unread))
    topic.add(6)
    Forgetful.low = 6
    rest = read(topic.address, known_after(unread))

    assert [(page.records.num_rows, page.coverage) for page in unread] == [(0, "expired")] * 2
    assert not again
    assert [page.records.num_rows for page in rest] == [1, 1]
    assert "4 offsets before 4 " in unread[0].coverage_reason
    assert "6 offsets before 6 " in rest[0].coverage_reason


def test_values_that_a_registry_describes_are_told_from_others(
    kafka_server: str, topic_name: str
) -> None:
    topic = Topic(kafka_server, topic_name)
    before = known_after(read(topic.address))
    for value in (b'\0\0\0\0\x07{"a":1}', b"\0\0\0\0\x08\x02\x04", b"\0", None):
        topic.producer.produce(topic_name, value=value, partition=0)
    topic.producer.flush(10)
    pages = read(topic.address, before)
    documents = [d.decode() for d in records(pages).values()]

    assert [d.partition('"value":')[2] for d in documents] == [
        '{"a":1},"schema_id":7}',
        '{"base64":"AAAAAAgCBA=="},"schema_id":8}',
        '"\\u0000"}',
        "null}",
    ]
    assert [(page.coverage, page.coverage_reason[:8]) for page in pages] == [
        ("unknown", "1 value ")
    ]


def test_each_audit_says_what_of_a_topic_nobody_could_read(
    kafka_server: str, topic_name: str, tmp_path: Path
) -> None:
    topic = Topic(kafka_server, topic_name)
    case = Case(tmp_path / "case", registry)
    said = []
    for _ in range(3):
        case.ingest([SourceSpec(name="orders", address=topic.address)])
        (covered,) = case.audit().coverage
        said.append((covered.state, covered.reason.partition(" kept as bytes")[0]))
        topic.producer.produce(topic_name, value=b"\0\0\0\0\x08\x02\x04", partition=0)
        topic.producer.flush(10)
    topic.add(2)
    case.ingest([SourceSpec(name="orders", address=topic.address)])
    case.ingest([SourceSpec(name="orders", address=topic.address)])
    result = case.audit()

    name = f"`{topic_name}/0`"
    assert said == [
        ("complete", ""),
        ("unknown", f"1 value of {name}"),
        ("unknown", f"2 values of {name}"),
    ]
    assert f"3 values of {name}" in result.coverage[0].reason
    assert any(f"3 values of {name}" in sentence for sentence in result.missing)
    assert not any(verdict.verdict == "clear" for verdict in result.verdicts)


def test_a_topic_that_was_made_anew_is_not_taken_for_the_old_one(
    kafka_server: str, topic_name: str
) -> None:
    topic = Topic(kafka_server, topic_name)
    before = known_after(read(topic.address))
    topic.admin.delete_topics([topic_name])[topic_name].result(10)
    topic.admin.create_topics([NewTopic(topic_name, 2, 1)])[topic_name].result(10)
    with pytest.raises(SourceError, match="made anew"):
        read(topic.address, before)


def test_what_is_there_is_said_without_reading_it(kafka_server: str, topic_name: str) -> None:
    topic = Topic(kafka_server, topic_name, **{"retention.ms": "86400000"})
    kind = registry.live_source(topic.address)
    assert kind
    first, second = kind.open(SourceSpec(name="", address=topic.address)).facts()

    assert (first.name, first.records, second.records) == (f"{topic_name}/0", 4, 4)
    assert first.oldest_at
    assert first.expires_at
    assert (first.expires_at - first.oldest_at).days == 1


def test_what_cannot_be_read_is_said_with_what_to_do(kafka_server: str, topic_name: str) -> None:
    Topic(kafka_server, topic_name)
    with pytest.raises(SourceError, match="has no topic `none-such`") as raised:
        read(f"kafka://{kafka_server}/none-such")
    with pytest.raises(UsageError, match="names no topic"):
        read(f"kafka://{kafka_server}")
    with pytest.raises(UsageError, match="isolation"):
        read(f"kafka://{kafka_server}/{topic_name}?isolation=dirty")
    with pytest.raises(SourceError, match="password"):
        read(f"kafka://reader@{kafka_server}/{topic_name}")

    assert topic_name in raised.value.hint


def test_a_worker_killed_between_charge_and_commit_is_found(
    kafka_server: str, tmp_path: Path
) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_server})
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(10)
    producer = Producer({"bootstrap.servers": kafka_server})
    for name in shop.ORDERS:
        producer.produce(TOPIC, key=name, value=shop.order(name))
    producer.flush(10)
    shop.run("kafka", kafka_server, tmp_path)
    address = f"kafka://{kafka_server}/{TOPIC}?groups={GROUP}"

    assert shop.charged_twice(tmp_path) == {shop.CHARGED_TWICE}
    assert shop.accused(tmp_path, address) == {shop.CHARGED_TWICE: "redelivery"}
