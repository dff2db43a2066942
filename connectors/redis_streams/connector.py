"""Reads the streams of a Redis database.

`XRANGE` and `XINFO` leave a stream as it is. `XREADGROUP` would not: it delivers, and even with an
explicit id it counts one delivery more. https://redis.io/docs/latest/develop/data-types/streams/
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.live.address import Address
from connectors.live.pages import PAGE_RECORDS, Budget, PartPages
from connectors.live.payload import carried, listed, plain
from connectors.live.redis_server import RedisServer
from connectors.live.source import PartFacts
from forensics.model.errors import SourceError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec

_Entry = tuple[bytes, list[bytes]]


def open_source(name: str, address: Address, spec: SourceSpec) -> "RedisStreams":
    """The connector for an address."""
    del spec
    return RedisStreams(name=name or "redis", location=address)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisStreams:
    """One database of a server; its streams are the parts, and what is pending in each.

    Attributes:
        name: The source's name.
        location: Where it is, with its options.
    """

    name: str
    location: Address

    @property
    def address(self) -> str:
        """Where it is, as typed."""
        return self.location.text

    def size(self) -> int | None:
        """Bytes are not what is counted here."""
        return None

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield the entries that are new and the deliveries that are not acknowledged."""
        server, budget = RedisServer(self.location), Budget.of(self.location)
        for stream in self._streams(server):
            yield from _entries(server, stream, budget, PartPages(plain(stream), known))
            yield from self._pending(server, stream, budget, known)

    def facts(self) -> Sequence[PartFacts]:
        """How many entries each stream has, from when to when, and who has not finished with it."""
        server = RedisServer(self.location)
        found = []
        for stream in self._streams(server):
            state = server.ask("XINFO", "STREAM", stream)
            groups = server.ask("XINFO", "GROUPS", stream)
            found.append(
                PartFacts(
                    name=plain(stream),
                    records=state[b"length"],
                    oldest_at=_added_at(state[b"first-entry"]),
                    newest_at=_added_at(state[b"last-entry"]),
                    order="id",
                    note=", ".join(
                        f"group `{plain(group[b'name'])}` has {group[b'pending']} pending"
                        for group in groups
                    ),
                )
            )
        return found

    def _streams(self, server: RedisServer) -> list[bytes]:
        named = [name.encode() for name in listed(self.location.options.get("stream", ""))]
        for stream in named:
            kind = server.ask("TYPE", stream)
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


def _entries(
    server: RedisServer, stream: bytes, budget: Budget, parts: PartPages
) -> Iterator[Page | Notice]:
    newest = plain(server.ask("XINFO", "STREAM", stream)[b"last-generated-id"])
    if parts.cursor and _order(newest) < _order(parts.cursor):
        sentence = (
            f"`{parts.part.display}` was deleted and begun anew: its newest id, {newest}, is older"
            f" than {parts.cursor}, which was read before. Read it under another name."
        )
        yield Notice(part=parts.part.display, state="failed", sentence=sentence)
        return
    while True:
        wanted = budget.room()
        after = f"({parts.cursor}" if parts.cursor else "-"
        entries: list[_Entry] = server.ask("XRANGE", stream, after, "+", "COUNT", wanted)
        if not entries:
            return
        complete = len(entries) < wanted
        before = parts.read
        lost = _lost(server, stream, before + len(entries), entries[-1][0]) if complete else 0
        yield parts.page(
            [plain(number) for number, _ in entries],
            [_document(stream, entry) for entry in entries],
            cursor=plain(entries[-1][0]),
            complete=complete,
            coverage="expired" if lost else "complete",
            coverage_reason=f"`{parts.part.display}`: {lost:,} entries had been trimmed or deleted"
            " before they were read."
            if lost
            else "",
        )
        budget.spend(len(entries))


def _lost(server: RedisServer, stream: bytes, read: int, newest: bytes) -> int:
    """How many entries were added up to the newest read, and are neither there nor read.

    Redis counts what was ever added since version 7. What was added after our answer is not ours
    to miss, and what was trimmed since then is among what we read.
    """
    state: Mapping[bytes, Any] = server.ask("XINFO", "STREAM", stream)
    if state[b"last-generated-id"] != newest:
        return 0
    return max(0, int(state.get(b"entries-added", 0)) - read)


def _document(stream: bytes, entry: _Entry) -> bytes:
    number, flat = entry
    fields: dict[str, object] = {}
    for name, value in zip(flat[::2], flat[1::2], strict=True):
        key = plain(name)
        if key in fields:  # an entry may have a field twice
            before = fields[key]
            fields[key] = [*(before if isinstance(before, list) else [before]), carried(value)]
        else:
            fields[key] = carried(value)
    return orjson.dumps({"stream": plain(stream), "id": plain(number), "fields": fields})


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


def _order(number: str) -> tuple[int, int]:
    milliseconds, _, sequence = number.partition("-")
    return int(milliseconds), int(sequence or 0)


def _added_at(entry: _Entry | None) -> datetime | None:
    """When an entry was added: its id begins with that, unless its writer chose it."""
    if not entry:
        return None
    return datetime.fromtimestamp(_order(plain(entry[0]))[0] / 1000, UTC)
