"""Reads a queue that hands its messages over, and takes them back marked as redelivered."""

import base64
from collections import Counter
from collections.abc import Generator, Iterable

import orjson
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from connectors.live.pages import Budget, PartPages
from connectors.rabbitmq_queues.messages import document, unmarked
from forensics.model.record import Notice, Page

_SHARE = 8
"""A page may be this part of what was read: its cursor tells all of that, and grows with it."""

_MOST_RECORDS = 100_000
_MOST_BYTES = 32 << 20
"""Of a page, which is held in memory."""

_DIGITS = 16
"""Of a digest."""


def marked(
    channel: BlockingChannel, queue: str, kind: str, budget: Budget, parts: PartPages
) -> Generator[Page | Notice]:
    """Yield the messages that are new; all go back when the channel closes.

    What was handed over when the broker went away is marked too, so it is kept and told.

    Args:
        channel: For this queue alone.
        queue: Its name.
        kind: `classic`, or one that counts deliveries.
        budget: Of the source.
        parts: The queue's pages; their cursor says what was read, and whether that was all.
    """
    why = ""
    if parts.read and not parts.cursor:
        why = "and the case does not say which of its messages were: they would be stored twice"
    taking = _Taking(channel, queue, parts.cursor)
    if taking.was_whole and kind != "classic":
        why = (
            "and reading it counts a delivery of each message, which is removed at the queue's"
            " limit"
        )
    if why:
        sentence = (
            f"`{queue}` was read before, {why}. It is not read again; under another name it would"
            " be."
        )
        yield Notice(part=queue, state="kept", sentence=sentence)
        return
    while taking.left and not taking.failure:
        places, documents = taking.some(max(budget.room(), taking.read // _SHARE))
        if places or not taking.left:
            yield parts.page(places, documents, cursor=taking.cursor, complete=not taking.left)
            budget.spend(len(places))
    if taking.taken:
        yield Notice(
            part=queue,
            state="noted",
            sentence=f"Reading marked {taking.taken:,} messages of the {kind} queue `{queue}` as"
            " redelivered; what is stored says how each was before.",
        )
    if taking.failure:
        raise taking.failure
    channel.close()


class _Taking:
    """One walk through a queue, from its first message to where it ended when the walk began.

    Attributes:
        was_whole: Whether an earlier walk came to the end.
        read: How many messages are stored, with those of earlier walks.
        left: How many messages are still to be taken.
        taken: How many messages were handed over.
        failure: Why no more can be.
    """

    def __init__(self, channel: BlockingChannel, queue: str, cursor: str) -> None:
        """Go on from what earlier walks read."""
        before = orjson.loads(cursor or '{"read": "", "whole": null}')
        self._channel = channel
        self._queue = queue
        self._stored = Counter[str](_digests(before["read"]))
        self.read = self._stored.total()
        self._awaited = self._stored.copy()
        self._broke_off = before["whole"] is False
        self.was_whole = bool(before["whole"])
        self.left = channel.queue_declare(queue, passive=True).method.message_count
        self.taken = 0
        self.failure: Exception | None = None

    @property
    def cursor(self) -> str:
        """What was read so far in all walks, for a message stays where it is."""
        is_whole = not self.left and not self.failure
        return orjson.dumps({"read": _packed(self._stored.elements()), "whole": is_whole}).decode()

    def some(self, most: int) -> tuple[list[str], list[bytes]]:
        """Place and document of the next messages that were not read before."""
        places: list[str] = []
        documents: list[bytes] = []
        held = 0
        most = min(most, _MOST_RECORDS)
        while self.left and len(places) < most and held < _MOST_BYTES:
            try:
                method, properties, body = self._channel.basic_get(self._queue)
            except (AMQPError, OSError) as error:
                self.failure = error
                break
            self.left = self.left - 1 if method else 0
            if not method:
                break
            digest = unmarked(method, properties, body)
            self.taken += 1
            # What was read before bears our mark: one without it was published since.
            if method.redelivered and self._awaited[digest]:
                self._awaited[digest] -= 1
                continue
            self._stored[digest] += 1
            places.append(f"{properties.message_id or ''}@{digest}#{self._stored[digest]}")
            # Where a walk broke off, the mark may be its own.
            is_told = not (method.redelivered and self._broke_off)
            was = method.redelivered if is_told else "unknown"
            documents.append(document(self._queue, method, properties, body, redelivered=was))
            held += len(documents[-1])
        self.read += len(places)
        return places, documents


def _packed(digests: Iterable[str]) -> str:
    """Eleven characters a digest; as a list they would be nineteen."""
    return base64.b64encode(bytes.fromhex("".join(digests))).decode()


def _digests(packed: str | list[str]) -> list[str]:
    """Those of a cursor; in cases of before this form they stand in it as they are."""
    if not isinstance(packed, str):
        return packed
    digits = base64.b64decode(packed).hex()
    return [digits[start : start + _DIGITS] for start in range(0, len(digits), _DIGITS)]
