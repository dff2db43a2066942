"""Reads queues of a RabbitMQ broker.

A stream keeps its messages and is read from an offset on, as often as one likes. Any other queue
hands a message over and takes it back: it then says `redelivered` for ever, a quorum queue counts a
delivery more, and may dead-letter the evidence. So those need leave.
https://www.rabbitmq.com/docs/streams
"""

import logging
import re
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import (
    AMQPConnectionError,
    AMQPError,
    ChannelClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from connectors.live.address import Address
from connectors.live.located import Located
from connectors.live.pages import Budget, PartPages, refuse_part
from connectors.live.payload import listed
from connectors.live.source import PartFacts
from connectors.live.waiting import patiently
from connectors.rabbitmq_queues.marked import marked
from connectors.rabbitmq_queues.messages import document
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec

logging.getLogger("pika").setLevel(logging.CRITICAL)  # refusals are expected, and said by us

_OFFSET = "x-stream-offset"
_CREDIT = 2_000
"""Messages on their way to us: a stream only sends so many before they are acknowledged, which
changes nothing there but that more are sent."""

_POLL_S = 0.1
"""So long a stream is silent before its newest messages are taken to have come."""

_LAST_S = 1.0
"""For the newest messages of a stream, of which an empty one has none."""

_PAGE_S = 2.0
"""A page is handed over after this long, however few messages it has: they may come slowly."""

_PATIENCE_S = 20.0
"""For a message that is there."""

_MOST_ARGUMENTS = 20
_DIFFERS = re.compile(
    r"inequivalent arg '(?P<name>[^']+)'.* current is (?:the value )?'(?P<value>[^']*)'"
    r"(?: of type '(?P<type>\w+)')?"
)
_PORTS = {"amqp": 5672, "amqps": 5671}


def open_source(name: str, address: Address, spec: SourceSpec) -> "RabbitQueues":
    """The connector for an address.

    Raises:
        UsageError: It names no queue.
    """
    queues = listed(address.options.get("queue", ""))
    if not queues:
        raise UsageError(
            f"`{address.text}` names no queue.", hint="Say which: `?queue=orders.log`."
        )
    return RabbitQueues(
        name=name or queues[0], location=address, queues=queues, marks="marks" in spec.allow
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RabbitQueues(Located):
    """Queues of one virtual host; each is a part.

    Attributes:
        queues: What is read.
        marks: Whether queues may be read in which reading leaves a mark.
    """

    queues: Sequence[str]
    marks: bool

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield the messages that are new; see `Connector`."""
        budget = Budget.of(self.location)
        with self._connected() as connection:
            for queue in self.queues:
                parts = PartPages(queue, known)
                kind = self._kind(connection, queue)
                if kind == "stream":
                    with connection.channel() as channel:
                        last = _last(channel, queue)
                    yield from _stream(connection.channel(), queue, last, budget, parts)
                elif not self.marks:
                    raise SourceError(
                        f"`{queue}` is a {kind} queue: reading it would mark each message as"
                        " redelivered for ever.",
                        hint="Bind a stream queue to the same exchange and read that; or say"
                        " `--allow-marks`.",
                    )
                else:
                    refuse_part(
                        self.location,
                        "max_records",
                        "max_seconds",
                        why=f"Each reading of `{queue}` begins with its first message, which it"
                        " marks again.",
                        hint="Read all of it; it is bounded by what is there when reading begins.",
                    )
                    yield from marked(connection.channel(), queue, kind, budget, parts)

    def facts(self) -> Sequence[PartFacts]:
        """How many messages each queue has, and whether it can be read without a mark."""
        with self._connected() as connection:
            return [self._facts_of(connection, queue) for queue in self.queues]

    def _facts_of(self, connection: pika.BlockingConnection, queue: str) -> PartFacts:
        kind = self._kind(connection, queue)
        answer = connection.channel().queue_declare(queue, passive=True)
        is_stream = kind == "stream"
        return PartFacts(
            name=queue,
            records=answer.method.message_count,
            order="offset" if is_stream else "",
            note="" if is_stream else f"a {kind} queue: reading it leaves marks",
        )

    @contextmanager
    def _connected(self) -> Iterator[pika.BlockingConnection]:
        where = f"{self.location.scheme}://{self.location.netloc}/{self.location.path}"
        connection: pika.BlockingConnection | None = None
        try:
            connection = patiently(self._connect, on=_again)
            yield connection
        except (ProbableAuthenticationError, ProbableAccessDeniedError):
            raise SourceError(
                f"`{where}` does not let the account in, or has no such virtual host.",
                hint="Name the account (`amqp://USER@HOST/VHOST`) and give its password as"
                " `?password_file=PATH` or in `RABBITMQ_PASSWORD`.",
            ) from None
        except (AMQPError, OSError) as error:
            raise SourceError(
                f"`{where}` does not answer: {str(error) or type(error).__name__}.",
                hint="What was read is stored; run the same command again to go on.",
            ) from None
        finally:
            if connection:
                with suppress(AMQPError):
                    connection.close()

    def _connect(self) -> pika.BlockingConnection:
        host, port = self.location.endpoint(_PORTS[self.location.scheme])
        parameters = pika.ConnectionParameters(
            host=host,
            port=port,
            virtual_host=self.location.path or "/",
            credentials=pika.PlainCredentials(
                self.location.user or "guest", self.location.secret("password") or "guest"
            ),
            ssl_options=_tls(host) if self.location.scheme == "amqps" else None,
        )
        return pika.BlockingConnection(parameters)

    def _kind(self, connection: pika.BlockingConnection, queue: str) -> str:
        """What type of queue it is.

        The protocol has no question for that. A queue that exists is declared as a stream, which
        never changes it: the broker agrees, or says what is different.

        Raises:
            SourceError: There is no such queue, or the account must not configure it.
        """
        try:
            connection.channel().queue_declare(queue, passive=True)
        except ChannelClosedByBroker as error:
            raise SourceError(
                f"`{self.address}`: `{queue}`: {error.reply_text}.",
                hint="The account needs `configure` and `read` on a queue that exists.",
            ) from None
        arguments: dict[str, str | int] = {"x-queue-type": "stream"}
        for _ in range(_MOST_ARGUMENTS):
            try:
                connection.channel().queue_declare(queue, durable=True, arguments=arguments)
            except ChannelClosedByBroker as error:
                differs = _DIFFERS.search(error.reply_text)
                if not differs:
                    raise SourceError(f"`{self.address}`: {error.reply_text}.") from None
                if differs["name"] == "x-queue-type":
                    return differs["value"]
                if not differs["type"]:
                    return (
                        "classic"  # streams are durable, not exclusive, not deleted by themselves
                    )
                is_text = differs["type"] == "longstr"
                arguments[differs["name"]] = differs["value"] if is_text else int(differs["value"])
            else:
                return "stream"
        raise SourceError(f"`{self.address}`: nobody says what type of queue `{queue}` is.")


def _last(channel: BlockingChannel, queue: str) -> int:
    """Offset of the newest message of a stream, -1 when it has none.

    The broker has no question for that; but it hands over the newest chunk when asked to.
    """
    channel.basic_qos(prefetch_count=_CREDIT)
    last = -1
    begun = time.monotonic()
    arguments = {_OFFSET: "last"}
    for method, properties, _ in channel.consume(
        queue, arguments=arguments, inactivity_timeout=_POLL_S
    ):
        if method is not None:
            last = int(properties.headers[_OFFSET])
            channel.basic_ack(method.delivery_tag)
        if time.monotonic() - begun > _LAST_S or (method is None and last >= 0):
            break
    channel.cancel()
    return last


def _oldest(channel: BlockingChannel, queue: str) -> int:
    """Offset of the oldest message of a stream that has some."""
    with channel.connection.channel() as another:
        another.basic_qos(prefetch_count=1)
        _, properties, _ = next(another.consume(queue, arguments={_OFFSET: "first"}))
        return int(properties.headers[_OFFSET])


def _stream(
    channel: BlockingChannel, queue: str, last: int, budget: Budget, parts: PartPages
) -> Iterator[Page]:
    """The messages of a stream from the cursor on, up to the offset `last`."""
    start = int(parts.cursor or 0)
    if start > last:
        return
    channel.basic_qos(prefetch_count=_CREDIT)
    arguments = {_OFFSET: start if parts.cursor else "first"}
    messages = channel.consume(queue, arguments=arguments, inactivity_timeout=_POLL_S)
    ended = False
    coverage, reason = "complete", ""
    heard = time.monotonic()
    while not ended:
        offsets: list[int] = []
        documents: list[bytes] = []
        wanted, until = budget.room(), time.monotonic() + budget.time(_PAGE_S)
        while len(offsets) < wanted and not ended and time.monotonic() < until:
            taken = next(messages, None)
            if not taken or (taken[0] is None and time.monotonic() - heard > _PATIENCE_S):
                raise SourceError(
                    f"`{queue}` fell silent before offset {last:,}, where it ended.",
                    hint="What was read is stored; run the same command again to go on.",
                )
            method, properties, body = taken
            if method is None:
                continue
            heard = time.monotonic()
            offset = int(properties.headers.pop(_OFFSET))
            ended = offset >= last
            # A stream is stored in chunks, and may begin before what we ask.
            if start <= offset <= last:
                offsets.append(offset)
                again = method.redelivered
                documents.append(
                    document(queue, method, properties, body, redelivered=again, offset=offset)
                )
            channel.basic_ack(method.delivery_tag)
        if offsets:
            # A stream keeps housekeeping of its own under some offsets, and hands those to nobody.
            # Nor is what has been removed since it was handed to us.
            gone = min(_oldest(channel, queue), offsets[0]) - start if offsets[0] > start else 0
            if gone > 0:
                coverage = "expired"
                reason = (
                    f"`{queue}`: {gone:,} messages before offset {offsets[0]:,} had been removed"
                    " by the stream's retention before they were read."
                )
            yield parts.page(
                [str(offset) for offset in offsets],
                documents,
                cursor=str(offsets[-1] + 1),
                complete=ended,
                coverage=coverage,
                coverage_reason=reason,
            )
            start, heard = offsets[-1] + 1, time.monotonic()
        budget.spend(len(offsets))
    channel.cancel()


def _tls(host: str) -> pika.SSLOptions:
    import ssl  # noqa: PLC0415 - few addresses need it

    return pika.SSLOptions(ssl.create_default_context(), host)


def _again(error: Exception) -> bool:
    """Whether to connect again; to the library a refused password is a failed connection."""
    refused = (ProbableAuthenticationError, ProbableAccessDeniedError)
    return isinstance(error, AMQPConnectionError) and not isinstance(error, refused)
