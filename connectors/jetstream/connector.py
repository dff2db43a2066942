"""Reads a stream of NATS JetStream, message by message, by their numbers.

A consumer would show in the stream's count of them, also afterwards, and a work queue refuses a
second one. https://docs.nats.io/reference/reference-protocols/nats_api_reference
"""

import base64
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from connectors.jetstream.server import JetStream
from connectors.live.address import Address
from connectors.live.located import Located
from connectors.live.pages import Budget, PartPages
from connectors.live.payload import carried, listed, named
from connectors.live.source import PartFacts
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec

_RETENTIONS = {
    "limits": "the stream's limits had removed",
    "workqueue": "had been acknowledged, by which a work queue removes them, or had expired:",
    "interest": "had been acknowledged by all who were interested, or had expired:",
}


def open_source(name: str, address: Address, spec: SourceSpec) -> "JetStreams":
    """The connector for an address.

    Raises:
        UsageError: It names no stream, or an account without a password.
    """
    del spec
    streams = listed(address.path)
    if not streams or not address.netloc:
        raise UsageError(
            f"`{address.text}` names no stream.", hint="Write nats://HOST:4222/STREAM."
        )
    if address.user and address.secret("password") is None:
        raise UsageError(
            "The address of a nats:// source has something before the `@`, and there is no password"
            " for it: is it a token?",
            hint="Leave a token out, and put it into `NATS_TOKEN` or say `?token_file=PATH`; an"
            " account's password is in `NATS_PASSWORD` or `?password_file=PATH`.",
        )
    return JetStreams(name=name or streams[0], location=address, streams=streams)


@dataclass(frozen=True, slots=True, kw_only=True)
class JetStreams(Located):
    """Streams of one account; each is a part, and so is what its consumers have taken.

    Attributes:
        streams: What is read.
    """

    streams: Sequence[str]

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield the messages that are new, and how far the consumers have come."""
        server, budget = JetStream(self.location), Budget.of(self.location)
        try:
            for stream in self.streams:
                yield from _messages(server, stream, budget, PartPages(stream, known))
                if self.location.options.get("consumers") != "none":
                    yield from _consumers(server, stream, known)
        finally:
            server.close()

    def facts(self) -> Sequence[PartFacts]:
        """How many messages each stream has, from when to when, and when the oldest will go."""
        server = JetStream(self.location)
        try:
            return [_facts(server.ask(f"STREAM.INFO.{stream}", {})) for stream in self.streams]
        finally:
            server.close()


def _messages(
    server: JetStream, stream: str, budget: Budget, parts: PartPages
) -> Iterator[Page | Notice]:
    info = server.ask(f"STREAM.INFO.{stream}", {})
    first, last = info["state"]["first_seq"], info["state"]["last_seq"]
    start = int(parts.cursor or 1)
    if start > last + 1:
        raise SourceError(
            f"`{stream}` ends at {last:,}, before {start:,}, up to which it was read: it was made"
            " anew.",
            hint="Read it under another name: `NAME=nats://…`.",
        )
    is_new = start <= last
    start = max(start, first)
    while is_new:
        numbers = range(start, min(last + 1, start + budget.room()))
        found = server.messages(stream, numbers)
        start += len(numbers)
        is_new = start <= last
        # Numbers count all messages that there ever were.
        lost = start - 1 - parts.read - len(found)
        yield parts.page(
            [str(message["seq"]) for message in found],
            [_document(stream, message) for message in found],
            cursor=str(start),
            complete=not is_new,
            coverage="expired" if lost else "complete",
            coverage_reason=f"`{stream}`: {_RETENTIONS[info['config']['retention']]} {lost:,}"
            " messages, or they had been deleted, before they were read."
            if lost
            else "",
        )
        budget.spend(len(found))


def _document(stream: str, message: dict[str, Any]) -> bytes:
    return orjson.dumps(
        {
            "stream": stream,
            "sequence": message["seq"],
            "subject": message["subject"],
            "time": message["time"],
            "headers": _headers(base64.b64decode(message.get("hdrs", ""))),
            "value": carried(base64.b64decode(message.get("data", ""))),
        }
    )


def _headers(content: bytes) -> dict[str, object]:
    """Headers as HTTP writes them, after a line `NATS/1.0`."""
    lines = content.split(b"\r\n")[1:]
    pairs = [line.partition(b":")[::2] for line in lines if line]
    return named((name.decode(errors="backslashreplace"), value.strip()) for name, value in pairs)


def _consumers(server: JetStream, stream: str, known: Sequence[KnownPart]) -> Iterator[Page]:
    """How far each consumer has come: a record that is new when something of it changed."""
    found: list[dict[str, Any]] = []
    while True:
        answer = server.ask(f"CONSUMER.LIST.{stream}", {"offset": len(found)})
        found += answer.get("consumers") or []
        if len(found) >= answer["total"]:
            break
    records = [
        {
            "stream": stream,
            "consumer": consumer["name"],
            "delivered": consumer["delivered"]["stream_seq"],
            "deliveries": consumer["delivered"]["consumer_seq"],
            "acknowledged": consumer["ack_floor"]["stream_seq"],
            "unacknowledged": consumer["num_ack_pending"],
            "redelivered": consumer["num_redelivered"],
            "most_deliveries": consumer["config"].get("max_deliver"),
            "ack_wait_s": consumer["config"].get("ack_wait", 0) / 1e9,
        }
        for consumer in found
    ]
    yield PartPages(f"{stream} (consumers)", known).page(
        ["/".join(str(value) for value in record.values()) for record in records],
        [orjson.dumps(record) for record in records],
        cursor="",
        complete=True,
    )


def _facts(info: dict[str, Any]) -> PartFacts:
    state, config = info["state"], info["config"]
    oldest = _instant(state["first_ts"]) if state["messages"] else None
    kept = timedelta(microseconds=config.get("max_age", 0) / 1000)
    return PartFacts(
        name=config["name"],
        records=state["messages"],
        oldest_at=oldest,
        newest_at=_instant(state["last_ts"]) if state["messages"] else None,
        expires_at=oldest + kept if oldest and kept else None,
        order="sequence",
        note=f"retention `{config['retention']}`, {info['state']['consumer_count']} consumers",
    )


def _instant(text: str) -> datetime:
    """A time with nanoseconds, of which Python keeps microseconds."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{seconds}.{(fraction + '000000')[:6]}").replace(tzinfo=UTC)
