"""Reads the queues of BullMQ in a Redis database.

What happened to jobs stands in a stream of events for each queue, which BullMQ trims to about its
last 10,000; how a job stands now, in a hash. https://docs.bullmq.io/guide/events
"""

import hashlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import orjson

from connectors.live.address import Address
from connectors.live.located import Located
from connectors.live.pages import Budget, PartPages, refuse_part_of_state
from connectors.live.payload import listed, named, plain
from connectors.live.redis_entries import added, added_at
from connectors.live.redis_server import RedisServer
from connectors.live.source import PartFacts
from forensics.model.errors import SourceError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec


def open_source(name: str, address: Address, spec: SourceSpec) -> "BullMq":
    """The connector for an address.

    Raises:
        UsageError: It asks for some records of the jobs, which are read whole.
    """
    del spec
    if address.options.get("jobs") != "none":
        refuse_part_of_state(address, narrower="queue")
    return BullMq(name=name or "bullmq", location=address)


@dataclass(frozen=True, slots=True, kw_only=True)
class BullMq(Located):
    """The queues of one database; the parts are the events and the jobs of each."""

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield the events that are new, and the jobs as they stand."""
        budget = Budget.of(self.location)
        jobs = self.location.options.get("jobs") != "none"
        with closing(RedisServer(self.location)) as server:
            for queue in self._queues(server):
                events = self._key(queue, "events").encode()
                yield from added(server, events, budget, PartPages(f"{queue} (events)", known))
                if jobs:
                    parts = PartPages(f"{queue} (jobs)", known)
                    yield from self._jobs(server, queue, budget, parts)

    def facts(self) -> Sequence[PartFacts]:
        """How many events and jobs each queue has."""
        with closing(RedisServer(self.location)) as server:
            return [facts for queue in self._queues(server) for facts in self._of(server, queue)]

    def _of(self, server: RedisServer, queue: str) -> list[PartFacts]:
        state = server.ask("XINFO", "STREAM", self._key(queue, "events"))
        return [
            PartFacts(
                name=f"{queue} (events)",
                records=state[b"length"],
                oldest_at=added_at(state[b"first-entry"]),
                newest_at=added_at(state[b"last-entry"]),
                order="id",
                note="trimmed to about the newest 10,000 unless the queue says otherwise",
            ),
            PartFacts(name=f"{queue} (jobs)", records=len(self._ids(server, queue))),
        ]

    def _key(self, queue: str, rest: str) -> str:
        return f"{self.location.options.get('prefix', 'bull')}:{queue}:{rest}"

    def _queues(self, server: RedisServer) -> list[str]:
        """The queues that were asked for, or all that have events.

        Raises:
            SourceError: One of them has none.
        """
        before, after = self._key("", "events").split("::")
        found = [
            plain(key).removeprefix(f"{before}:").removesuffix(f":{after}")
            for key in server.keys(self._key("*", "events"), "stream")
        ]
        named_ones = listed(self.location.options.get("queue", ""))
        for queue in named_ones:
            if queue not in found:
                raise SourceError(
                    f"`{self.address}` has no queue `{queue}`.",
                    hint=f"It has: {', '.join(found) or 'none'}; `prefix` names another beginning"
                    " of their keys.",
                )
        return named_ones or found

    def _ids(self, server: RedisServer, queue: str) -> list[str]:
        """The ids of the jobs that are still there; other hashes of a queue have a name."""
        start = self._key(queue, "")
        keys = [plain(key) for key in server.keys(f"{start}*", "hash")]
        ids = (key.removeprefix(start) for key in keys)
        return [number for number in ids if number != "meta" and ":" not in number]

    def _jobs(
        self, server: RedisServer, queue: str, budget: Budget, parts: PartPages
    ) -> Iterator[Page]:
        ids = self._ids(server, queue)
        while ids:
            room = budget.room()
            some, ids = ids[:room], ids[room:]
            places: list[str] = []
            documents: list[bytes] = []
            for number in some:
                fields = server.ask("HGETALL", self._key(queue, number))
                if not fields:  # removed since
                    continue
                job = named((plain(name), value) for name, value in sorted(fields.items()))
                document = orjson.dumps({"queue": queue, "job_id": number, "job": job})
                digest = hashlib.sha256(document).hexdigest()[:16]
                places.append(f"{number}@{digest}")
                documents.append(document)
            yield parts.page(places, documents, cursor="", complete=not ids)
            budget.spend(len(places))
