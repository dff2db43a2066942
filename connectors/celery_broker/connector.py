"""Reads what Celery's Redis transport and result backend hold.

A message waits in the list of its queue; a worker that takes it moves it to the hash `unacked` and
notes the time in `unacked_index`, from where it goes back when the visibility timeout is over. All
of that is a state: what is gone was handled, by whom and how often nobody says.
https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html
"""

import base64
import hashlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import orjson

from connectors.live.address import Address
from connectors.live.located import Located
from connectors.live.pages import (
    PAGE_RECORDS,
    Budget,
    PartPages,
    as_they_stand,
    refuse_part_of_state,
)
from connectors.live.payload import carried, listed, plain
from connectors.live.redis_server import RedisServer
from connectors.live.source import PartFacts
from forensics.model.record import KnownPart, Notice, Page, SourceSpec

_RESULT = "celery-task-meta-"
_PRIORITY = "\x06\x16"
"""Between a queue's name and a priority, where it has a list for each: `celery\\x06\\x163`."""

Record = tuple[str, object]


def open_source(name: str, address: Address, spec: SourceSpec) -> "CeleryBroker":
    """The connector for an address.

    Raises:
        UsageError: It asks for some records of what is read whole.
    """
    del spec
    refuse_part_of_state(address, narrower="queue")
    return CeleryBroker(name=name or "celery", location=address)


@dataclass(frozen=True, slots=True, kw_only=True)
class CeleryBroker(Located):
    """One Redis database; its queues, the unacknowledged and the results are the parts."""

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield what there is now; what stands as it did has the place it had."""
        budget = Budget.of(self.location)
        with closing(RedisServer(self.location)) as server:
            for queue in self._queues(server):
                waiting = _waiting(server, queue)
                yield from as_they_stand(waiting, PartPages(plain(queue), known), budget)
            unacked = self._key("unacked")
            taken = _taken(server, unacked, self._key("unacked_index"))
            yield from as_they_stand(taken, PartPages(unacked, known), budget)
            if self.location.options.get("results") != "none":
                results = _results(server, self._key(_RESULT))
                yield from as_they_stand(results, PartPages("results", known), budget)

    def facts(self) -> Sequence[PartFacts]:
        """How many messages wait in each queue, and how many are being worked on."""
        with closing(RedisServer(self.location)) as server:
            waiting = [
                PartFacts(name=plain(queue), records=server.ask("LLEN", queue), note="waiting")
                for queue in self._queues(server)
            ]
            unacked = self._key("unacked")
            return [
                *waiting,
                PartFacts(
                    name=unacked,
                    records=server.ask("HLEN", unacked),
                    note="taken by workers and not acknowledged",
                ),
                PartFacts(name="results", note="one a task, overwritten by its next run"),
            ]

    def _key(self, name: str) -> str:
        return self.location.options.get("prefix", "") + name

    def _queues(self, server: RedisServer) -> list[bytes]:
        """The lists of the queues; a queue with priorities has several."""
        found: list[bytes] = []
        for queue in listed(self.location.options.get("queue", "celery")):
            key = self._key(queue)
            found += [key.encode(), *server.keys(f"{key}{_PRIORITY}*", "list")]
        return found


def _waiting(server: RedisServer, queue: bytes) -> Iterator[Record]:
    """Messages that nobody has taken, the next to be taken last."""
    start = 0
    while found := server.ask("LRANGE", queue, start, start + PAGE_RECORDS - 1):
        for content in found:
            message = _read(content)
            yield _place(message, content), {"queue": plain(queue), "message": _opened(message)}
        start += len(found)


def _taken(server: RedisServer, unacked: str, index: str) -> Iterator[Record]:
    """Messages that a worker has taken and not acknowledged, and when it took them."""
    cursor: bytes | str = "0"
    while True:
        cursor, flat = server.ask("HSCAN", unacked, cursor, "COUNT", PAGE_RECORDS)
        pairs = flat.items() if isinstance(flat, dict) else zip(flat[::2], flat[1::2], strict=True)
        for tag, content in pairs:
            at_s = server.ask("ZSCORE", index, tag)
            yield f"{plain(tag)}@{at_s}", {"taken_at": at_s, **_noted(content)}
        if cursor == b"0":
            return


def _results(server: RedisServer, prefix: str) -> Iterator[Record]:
    """The result of each task's last run that finished."""
    for key in server.keys(f"{prefix}*", "string"):
        content = server.ask("GET", key)
        if content is not None:  # it may have expired since
            task = plain(key).removeprefix(prefix)
            yield f"{task}@{_digest(content)}", {"result_of": task, "result": carried(content)}


def _read(content: bytes) -> object:
    """What is JSON as Python has it; else the content as it may be carried."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return carried(content)


def _noted(content: bytes) -> dict[str, object]:
    """What is noted of a message that was taken: the message, its exchange, its queue."""
    match _read(content):
        case [message, _, queue]:
            return {"queue": queue, "message": _opened(message)}
        case other:
            return {"message": other}


def _opened(message: object) -> object:
    """A message with its arguments readable, where they are JSON as Celery writes it by default."""
    match message:
        case {
            "properties": {"body_encoding": "base64"} as properties,
            "body": str(encoded),
            **rest,
        }:
            try:
                body = base64.b64decode(encoded, validate=True)
            except ValueError:
                return message
            return {**rest, "properties": properties, "body": carried(body)}
    return message


def _place(message: object, content: bytes) -> str:
    """A message that was put back has the tag it had, and says something else."""
    match message:
        case {"properties": {"delivery_tag": tag}}:
            return f"{tag}@{_digest(content)}"
    return f"@{_digest(content)}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
