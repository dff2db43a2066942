"""Reads the streams of a Redis database.

`XRANGE` and `XINFO` leave a stream as it is. `XREADGROUP` would not: it delivers, and even with an
explicit id it counts one delivery more. https://redis.io/docs/latest/develop/data-types/streams/
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.live.address import Address
from connectors.live.located import Located
from connectors.live.pages import PAGE_RECORDS, Budget, PartPages
from connectors.live.payload import listed, plain
from connectors.live.redis_entries import added, added_at
from connectors.live.redis_server import RedisServer
from connectors.live.source import PartFacts
from forensics.model.errors import SourceError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec


def open_source(name: str, address: Address, spec: SourceSpec) -> "RedisStreams":
    """The connector for an address."""
    del spec
    return RedisStreams(name=name or "redis", location=address)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisStreams(Located):
    """One database of a server; its streams are the parts, and what is pending in each."""

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield the entries that are new and the deliveries that are not acknowledged."""
        budget = Budget.of(self.location)
        with closing(RedisServer(self.location)) as server:
            for stream in self._streams(server):
                yield from added(server, stream, budget, PartPages(plain(stream), known))
                yield from self._pending(server, stream, budget, known)

    def facts(self) -> Sequence[PartFacts]:
        """How many entries each stream has, from when to when, and who has not finished with it."""
        with closing(RedisServer(self.location)) as server:
            return [_facts(server, stream) for stream in self._streams(server)]

    def _streams(self, server: RedisServer) -> list[bytes]:
        named = [name.encode() for name in listed(self.location.options.get("stream", ""))]
        for stream in named:
            kind = server.ask("TYPE", stream)
            if kind == b"none":
                there = ", ".join(plain(name) for name in sorted(server.keys("*", "stream")))
                raise SourceError(
                    f"`{self.address}` has no stream `{plain(stream)}`.",
                    hint=f"It has: {there or 'none'}.",
                )
            if kind != b"stream":
                raise SourceError(
                    f"`{self.address}`: `{plain(stream)}` is no stream, but `{plain(kind)}`.",
                    hint="Leave `stream` out to read all streams of the database.",
                )
        return named or server.keys("*", "stream")

    def _pending(
        self, server: RedisServer, stream: bytes, budget: Budget, known: Sequence[KnownPart]
    ) -> Iterator[Page]:
        """What each group has delivered and not heard back of: one record a delivery."""
        wanted = listed(self.location.options.get("groups", ""))
        if wanted == ["none"]:
            return
        parts = PartPages(f"{plain(stream)} (pending)", known)
        # COUNT limits the entries that come along too, so that one answer stays bounded.
        state = server.ask("XINFO", "STREAM", stream, "FULL", "COUNT", PAGE_RECORDS)
        for group in state[b"groups"]:
            if wanted and plain(group[b"name"]) not in wanted:
                continue
            left_out = group[b"pel-count"] - len(group[b"pending"])
            facts = [_standing(stream, group), *_deliveries(stream, group)]
            yield parts.page(
                [place for place, _ in facts],
                [orjson.dumps(document) for _, document in facts],
                cursor="",
                complete=True,
                coverage="truncated" if left_out else "complete",
                coverage_reason=f"`{plain(stream)}`: {left_out:,} of the deliveries that group"
                f" `{plain(group[b'name'])}` has pending were left out."
                if left_out
                else "",
            )
            budget.spend(len(facts))


def _standing(stream: bytes, group: Mapping[bytes, Any]) -> tuple[str, dict[str, object]]:
    """How far a group has come: a place that changes with what it says."""
    name, delivered = plain(group[b"name"]), plain(group[b"last-delivered-id"])
    read, pending = group.get(b"entries-read"), group[b"pel-count"]
    return f"{name}/{delivered}/{read}/{pending}", {
        "stream": plain(stream),
        "group": name,
        "last_delivered_id": delivered,
        "entries_read": read,
        "pending": pending,
    }


def _deliveries(
    stream: bytes, group: Mapping[bytes, Any]
) -> Iterator[tuple[str, dict[str, object]]]:
    name = plain(group[b"name"])
    for number, consumer, at_ms, times in group[b"pending"]:
        yield (
            f"{name}/{plain(number)}/{times}/{at_ms}/{plain(consumer)}",
            {
                "stream": plain(stream),
                "group": name,
                "id": plain(number),
                "consumer": plain(consumer),
                "delivered_at": at_ms,
                "times_delivered": times,
            },
        )


def _facts(server: RedisServer, stream: bytes) -> PartFacts:
    state = server.ask("XINFO", "STREAM", stream)
    groups = server.ask("XINFO", "GROUPS", stream)
    return PartFacts(
        name=plain(stream),
        records=state[b"length"],
        oldest_at=added_at(state[b"first-entry"]),
        newest_at=added_at(state[b"last-entry"]),
        order="id",
        note=", ".join(
            f"group `{plain(group[b'name'])}` has {group[b'pending']} pending" for group in groups
        ),
    )
