"""Reads what Sidekiq keeps in Redis.

A job waits in the list of its queue; a process that takes it removes it from there and notes it
under `IDENTITY:work` until it is done. Jobs that failed stand in `retry`, those that were given up
in `dead`. What succeeded leaves nothing.
https://github.com/sidekiq/sidekiq/wiki/Job-Format
"""

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

_SETS = ("retry", "schedule", "dead")
Record = tuple[str, object]


def open_source(name: str, address: Address, spec: SourceSpec) -> "Sidekiq":
    """The connector for an address.

    Raises:
        UsageError: It asks for some records of what is read whole.
    """
    del spec
    refuse_part_of_state(address, narrower="queue")
    return Sidekiq(name=name or "sidekiq", location=address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidekiq(Located):
    """One Redis database; its queues, sets, and what processes work on are the parts."""

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield what there is now; what stands as it did has the place it had."""
        budget = Budget.of(self.location)
        with closing(RedisServer(self.location)) as server:
            for queue in self._queues(server):
                parts = PartPages(f"queue:{queue}", known)
                yield from as_they_stand(_waiting(server, queue), parts, budget)
            for name in _SETS:
                yield from as_they_stand(_sorted(server, name), PartPages(name, known), budget)
            yield from as_they_stand(_at_work(server), PartPages("work", known), budget)

    def facts(self) -> Sequence[PartFacts]:
        """How many jobs wait, are to be tried again, and were given up."""
        with closing(RedisServer(self.location)) as server:
            waiting = [
                PartFacts(name=f"queue:{queue}", records=server.ask("LLEN", f"queue:{queue}"))
                for queue in self._queues(server)
            ]
            return [
                *waiting,
                *(PartFacts(name=name, records=server.ask("ZCARD", name)) for name in _SETS),
                PartFacts(name="work", records=sum(1 for _ in _at_work(server))),
            ]

    def _queues(self, server: RedisServer) -> list[str]:
        named = listed(self.location.options.get("queue", ""))
        return named or sorted(plain(name) for name in server.ask("SMEMBERS", "queues"))


def _waiting(server: RedisServer, queue: str) -> Iterator[Record]:
    start = 0
    while found := server.ask("LRANGE", f"queue:{queue}", start, start + PAGE_RECORDS - 1):
        for content in found:
            yield _digest(content), {"where": "queue", "queue": queue, "job": carried(content)}
        start += len(found)


def _sorted(server: RedisServer, name: str) -> Iterator[Record]:
    """Jobs with a time: when they are due, or were given up."""
    start = 0
    while found := server.ask("ZRANGE", name, start, start + PAGE_RECORDS - 1, "WITHSCORES"):
        for content, at_s in found:
            yield f"{_digest(content)}@{at_s}", {"where": name, "at": at_s, "job": carried(content)}
        start += len(found)


def _at_work(server: RedisServer) -> Iterator[Record]:
    """What each thread of each process works on, as the process said at its last heartbeat."""
    for process in sorted(server.ask("SMEMBERS", "processes")):
        for thread, content in server.ask("HGETALL", process + b":work").items():
            where = {"where": "work", "process": plain(process), "thread": plain(thread)}
            yield (
                f"{plain(process)}/{plain(thread)}@{_digest(content)}",
                {**where, **_work(content)},
            )


def _work(content: bytes) -> dict[str, object]:
    """What a thread notes of its job; all of it as `job` where it is no such note."""
    try:
        work = orjson.loads(content)
        job = work["payload"]
        text = job.encode() if isinstance(job, str) else orjson.dumps(job)
        return {"queue": work["queue"], "at": work["run_at"], "job": carried(text)}
    except (orjson.JSONDecodeError, KeyError, TypeError, UnicodeEncodeError):
        return {"job": carried(content)}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]
