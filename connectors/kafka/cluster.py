"""What a Kafka cluster has, asked of its brokers."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson
from confluent_kafka import (
    OFFSET_END,
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from connectors.kafka.messages import documents
from connectors.kafka.progress import Progress
from connectors.kafka.schemas import Schemas
from connectors.kafka.settings import settings
from connectors.live.address import Address
from connectors.live.pages import Budget, PartPages
from connectors.live.source import PartFacts
from forensics.model.errors import SourceError
from forensics.model.record import KnownPart, Page

_PATIENCE_S = 20.0
"""For one answer. The library connects again by itself meanwhile."""

_POLL_S = 0.05
"""So long the library waits to fill a page, also where a partition ends."""

_SILENT = logging.getLogger(__name__)
_SILENT.propagate = False
_SILENT.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """What there is of a partition.

    Attributes:
        topic: Its topic.
        partition: Its number.
        low: Offset of the oldest message that is still there.
        high: One past the newest.
    """

    topic: str
    partition: int
    low: int
    high: int

    @property
    def name(self) -> str:
        return f"{self.topic}/{self.partition}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forgetting:
    """How a topic forgets.

    Attributes:
        compacted: Whether older messages of a key go.
        retention: For how long messages stay; None for ever, or where nobody says.
    """

    compacted: bool = False
    retention: timedelta | None = None


class Cluster:
    """One connection to a cluster."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._refusal = ""
        self._schemas = Schemas(address)
        self._settings = settings(address)
        self._consumer = Consumer(
            {
                **self._settings,
                # The library wants a group to be named; a group that nobody subscribes to and
                # nobody commits for does not come to be.
                "group.id": "forensics-reads-without-a-group",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 100,
                "isolation.level": f"read_{address.options.get('isolation', 'committed')}",
                "error_cb": self._heard,
            },
            logger=_SILENT,
        )
        self._admin = AdminClient(self._settings, logger=_SILENT)

    def close(self) -> None:
        """End the connection, which leaves nothing behind."""
        self._consumer.close()

    def spans(self, topic: str) -> list[_Span]:
        """Its partitions and what there is of each."""
        try:
            found = self._consumer.list_topics(topic, timeout=_PATIENCE_S).topics[topic]
            spans = []
            for partition in sorted(found.partitions):
                place = TopicPartition(topic, partition)
                low, high = self._consumer.get_watermark_offsets(place, timeout=_PATIENCE_S)
                spans.append(_Span(topic=topic, partition=partition, low=low, high=high))
        except KafkaException as error:
            raise self._said(topic, error.args[0]) from None
        if found.error:
            raise self._said(topic, found.error)
        return spans

    def forgetting(self, topic: str) -> _Forgetting:
        """What the topic's own settings say; nothing where we may not ask."""
        asked = ConfigResource(ResourceType.TOPIC, topic)
        try:
            answer = self._admin.describe_configs([asked], request_timeout=_PATIENCE_S)[asked]
            found = {name: entry.value for name, entry in answer.result().items()}
        except KafkaException:
            return _Forgetting()
        kept_ms = int(found.get("retention.ms") or -1)
        policy = str(found.get("cleanup.policy") or "delete")
        expires = "delete" in policy and kept_ms >= 0
        return _Forgetting(
            compacted="compact" in policy,
            retention=timedelta(milliseconds=kept_ms) if expires else None,
        )

    def messages(
        self, span: _Span, forgetting: _Forgetting, budget: Budget, parts: PartPages
    ) -> Iterator[Page]:
        """The messages of a partition that are new, up to where it ended when we came.

        What is added meanwhile is for the next run: a reader slower than the writers would never
        end.
        """
        before = Progress.of(parts.cursor)
        start = self._beginning(span) if before.offset is None else before.offset
        is_from_oldest = before.offset is None and start == span.low
        gone = before.gone + max(0, span.low - (0 if is_from_oldest else start))
        start = max(start, span.low)
        unread = Counter(before.unread)
        self._consumer.assign([TopicPartition(span.topic, span.partition, start)])
        ended = False
        while not ended:
            found, ended = self._consumed(span, budget.room(), start)
            if found:
                start = _offset(found[-1]) + 1
            records, kept = documents(span.topic, span.partition, found, self._schemas)
            unread += kept
            now = Progress(offset=start, gone=gone, unread=unread)
            # That all there was is gone is said by a page of its own.
            if not found and (not gone or now.cursor == parts.cursor):
                break
            ended = ended or start >= span.high
            state, reason = now.coverage(span.name, low=span.low, compacted=forgetting.compacted)
            yield parts.page(
                [str(_offset(message)) for message in found],
                records,
                cursor=now.cursor,
                complete=ended,
                coverage=state,
                coverage_reason=reason,
            )
            budget.spend(len(found))

    def standing(
        self, group: str, topics: Sequence[str], known: Sequence[KnownPart]
    ) -> Iterator[Page]:
        """Up to where a group has committed: one record a partition, where that has changed."""
        asked = self._admin.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(group)], request_timeout=_PATIENCE_S
        )[group]
        try:
            found = asked.result().topic_partitions
        except KafkaException as error:
            raise self._said(f"group {group}", error.args[0]) from None
        places = sorted(
            (place.topic, place.partition, place.offset)
            for place in found
            if place.topic in topics and place.offset >= 0
        )
        parts = PartPages(f"{group} (group)", known)
        # Offset and number of its commits that were seen, last of each partition: a group that
        # goes back, and on again, stands where it stood, and it is another commit.
        seen: dict[str, list[int]] = orjson.loads(parts.cursor or b"{}")
        positions: list[str] = []
        documents: list[bytes] = []
        for topic, partition, offset in places:
            name = f"{topic}/{partition}"
            before, number = seen.get(name, (-1, 0))
            if offset == before:
                continue
            seen[name] = [offset, number + 1]
            positions.append(f"{name}@{offset}#{number + 1}")
            documents.append(
                orjson.dumps(
                    {"group": group, "topic": topic, "partition": partition, "committed": offset}
                )
            )
        yield parts.page(positions, documents, cursor=orjson.dumps(seen).decode(), complete=True)

    def facts(self, span: _Span, forgetting: _Forgetting) -> PartFacts:
        """What is there, without reading more than two messages."""
        oldest = self._at(span, span.low) if span.high > span.low else None
        newest = self._at(span, span.high - 1) if span.high > span.low else None
        expires = oldest + forgetting.retention if oldest and forgetting.retention else None
        return PartFacts(
            name=span.name,
            records=span.high - span.low,
            oldest_at=oldest,
            newest_at=newest,
            expires_at=expires,
            order="offset",
            note="compacted: only the last message of each key stays"
            if forgetting.compacted
            else "",
        )

    def _at(self, span: _Span, offset: int) -> datetime | None:
        self._consumer.assign([TopicPartition(span.topic, span.partition, offset)])
        found, _ = self._consumed(span, 1, offset)
        return datetime.fromtimestamp(found[0].timestamp()[1] / 1000, UTC) if found else None

    def _beginning(self, span: _Span) -> int:
        since = self._address.instant("since")
        if since is None:
            return span.low
        asked = TopicPartition(span.topic, span.partition, int(since.timestamp() * 1000))
        try:
            (found,) = self._consumer.offsets_for_times([asked], timeout=_PATIENCE_S)
        except KafkaException as error:
            raise self._said(span.name, error.args[0]) from None
        return span.high if found.offset in {-1, OFFSET_END} else found.offset

    def _consumed(self, span: _Span, wanted: int, start: int) -> tuple[list[Message], bool]:
        """The next messages, and whether the partition ended; one of them at least.

        Where it ends is what the broker says as it hands messages over: the watermarks are older.

        Raises:
            SourceError: The broker is silent, refuses, or has no such offset any more.
        """
        silent_s = 0.0
        most_s = _PATIENCE_S if start <= span.high else _PATIENCE_S / 10
        while silent_s < most_s and not self._refusal:
            taken = self._consumer.consume(wanted, timeout=_POLL_S)
            messages = [message for message in taken if not message.error()]
            errors = [error for message in taken if (error := message.error())]
            codes = {error.code() for error in errors}
            if messages or KafkaError._PARTITION_EOF in codes:  # noqa: SLF001 - its only name
                return messages, KafkaError._PARTITION_EOF in codes  # noqa: SLF001 - its only name
            if KafkaError._AUTO_OFFSET_RESET in codes:  # noqa: SLF001 - its only name
                break
            if lasting := next((error for error in errors if not error.retriable()), None):
                raise self._said(span.name, lasting)
            silent_s += _POLL_S
        if start > span.high:
            raise SourceError(
                f"`{span.name}` ends at offset {span.high:,}, before {start:,}, up to which it was"
                " read: the topic was made anew.",
                hint="Read it under another name: `NAME=kafka://…`.",
            )
        raise self._said(span.name, None)

    def _heard(self, error: KafkaError) -> None:
        if error.code() in _REFUSED:
            self._refusal = error.str()

    def _said(self, what: str, error: KafkaError | None) -> SourceError:
        where = f"kafka://{self._address.netloc}"
        if self._refusal or (error and error.code() in _REFUSED):
            return SourceError(
                f"`{where}` does not let us read `{what}`: {self._refusal or _words(error)}.",
                hint="The account needs Read and Describe on the topic; name it as"
                " `kafka://USER@BROKER`, with `?password_file=PATH` or `KAFKA_PASSWORD`.",
            )
        if error and error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return SourceError(
                f"`{where}` has no topic `{what}`.", hint=f"It has: {', '.join(self._topics())}."
            )
        return SourceError(
            f"`{where}` does not answer for `{what}`{f': {_words(error)}' if error else ''}.",
            hint="Is it the right host and port? What was read is stored; run the same command"
            " again to go on.",
        )

    def _topics(self) -> list[str]:
        return sorted(self._consumer.list_topics(timeout=_PATIENCE_S).topics) or ["none"]


_REFUSED = frozenset(
    {
        KafkaError._AUTHENTICATION,  # noqa: SLF001 - its only name
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)


def _words(error: KafkaError | None) -> str:
    return error.str() if error else ""


def _offset(message: Message) -> int:
    offset = message.offset()
    assert offset is not None, "a message that was consumed has one"  # noqa: S101 - for the types
    return offset
