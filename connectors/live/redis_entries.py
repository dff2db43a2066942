"""Reads the entries of a Redis stream, which `XRANGE` leaves as they are."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.live.pages import Budget, PartPages
from connectors.live.payload import named, plain
from connectors.live.redis_server import RedisServer
from forensics.model.record import Notice, Page

_Entry = tuple[bytes, list[bytes]]


def added(
    server: RedisServer, stream: bytes, budget: Budget, parts: PartPages
) -> Iterator[Page | Notice]:
    """Yield the entries of a stream that are new, oldest first, up to the newest there was.

    What is added meanwhile is for the next run: a reader slower than the writers would never end.

    Args:
        server: Where it is.
        stream: Its key.
        budget: Of the source.
        parts: Its pages; their cursor is the id up to which all entries were read.
    """
    newest = plain(server.ask("XINFO", "STREAM", stream)[b"last-generated-id"])
    if parts.cursor and _order(newest) < _order(parts.cursor):
        sentence = (
            f"`{parts.part.display}` was deleted and begun anew: its newest id, {newest}, is older"
            f" than {parts.cursor}, which was read before. Read it under another name."
        )
        yield Notice(part=parts.part.display, state="failed", sentence=sentence)
        return
    complete = parts.cursor == newest
    while not complete:
        wanted = budget.room()
        after = f"({parts.cursor}" if parts.cursor else "-"
        entries: list[_Entry] = server.ask("XRANGE", stream, after, newest, "COUNT", wanted)
        complete = len(entries) < wanted or plain(entries[-1][0]) == newest
        lost = _lost(server, stream, parts.read + len(entries), newest) if complete else 0
        yield parts.page(
            [plain(number) for number, _ in entries],
            [_document(stream, entry) for entry in entries],
            cursor=newest if complete else plain(entries[-1][0]),
            complete=complete,
            coverage="expired" if lost else "complete",
            coverage_reason=f"`{parts.part.display}`: {lost:,} entries had been trimmed or deleted"
            " before they were read."
            if lost
            else "",
        )
        budget.spend(len(entries))


def _lost(server: RedisServer, stream: bytes, read: int, newest: str) -> int:
    """How many entries were added up to the newest there was, and are neither there nor read.

    Redis counts what was ever added since version 7. What was added since we came is not ours to
    miss, and what was trimmed since then is among what we read.
    """
    state: Mapping[bytes, Any] = server.ask("XINFO", "STREAM", stream)
    if plain(state[b"last-generated-id"]) != newest:
        return 0
    return max(0, int(state.get(b"entries-added", 0)) - read)


def _document(stream: bytes, entry: _Entry) -> bytes:
    number, flat = entry
    fields = named(zip(map(plain, flat[::2]), flat[1::2], strict=True))
    return orjson.dumps({"stream": plain(stream), "id": plain(number), "fields": fields})


def _order(number: str) -> tuple[int, int]:
    milliseconds, _, sequence = number.partition("-")
    return int(milliseconds), int(sequence or 0)


def added_at(entry: _Entry | None) -> datetime | None:
    """When an entry was added: its id begins with that, unless its writer chose it."""
    if not entry:
        return None
    return datetime.fromtimestamp(_order(plain(entry[0]))[0] / 1000, UTC)
