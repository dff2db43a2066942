"""Time, clients and a network that loses messages; all of it follows from one seed."""

import heapq
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

Process = Generator[int]
"""A client: yields how many microseconds it waits, and goes on."""

MILLISECOND = 1_000
TIMEOUT = 400 * MILLISECOND
LOCK_TIMEOUT = 250 * MILLISECOND
LOST = 0.03
WAIT = object()
"""What a store answers whose lock is taken: ask again."""


@dataclass(kw_only=True)
class Deed:
    """One thing that a client asked of a store, as both know it.

    Attributes:
        kind: `read`, `write`, `commit`, `rollback`, or a canonical kind with its own columns.
        client: Who asked.
        task: What it is a part of.
        attempt: Which attempt at the task.
        key: The record, with its type before the slash.
        sent: When the client asked; microseconds of true time, as all times here.
        acted: When the store acted on it; null when the request was lost.
        answered: When the client heard of it; null when it never did.
        place: Its place in the order in which the store acted.
        outcome: What came of it.
        base: The version that was read, or that a write was built on.
        version: The version that a write made.
        before: What was read.
        after: What was written.
        commutative: It adds to what is there, whatever that is.
        guarded: It held only if what had been read was still true, or locked what it read.
        settled: The deed that decided on this write: the commit.
        more: Other canonical columns.
    """

    kind: str
    client: str
    task: str
    attempt: int = 1
    key: str | None = None
    sent: int = 0
    acted: int | None = None
    answered: int | None = None
    place: int = 0
    outcome: str = "ok"
    base: int | None = None
    version: int | None = None
    before: object = None
    after: object = None
    commutative: bool = False
    guarded: bool = False
    settled: "Deed | None" = None
    more: dict[str, Any] = field(default_factory=dict)


class Network:
    """Runs clients against stores and keeps what they did.

    Attributes:
        chance: What everything random is drawn from.
        now: Microseconds since the start.
        deeds: All that was asked, in the order in which it was settled what the client heard.
    """

    def __init__(self, seed: str) -> None:
        self.chance = Random(seed)
        self.now = 0
        self.deeds: list[Deed] = []
        self._places = 0
        self._waiting: list[tuple[int, int, Process]] = []
        self._started = 0

    def run(self, processes: Iterable[Process]) -> None:
        """Let all go on until none has anything left to do."""
        for process in processes:
            self.start(process, self.chance.randrange(200 * MILLISECOND))
        while self._waiting:
            self.now, number, process = heapq.heappop(self._waiting)
            delay = next(process, None)
            if delay is not None:
                heapq.heappush(self._waiting, (self.now + delay, number, process))

    def start(self, process: Process, delay: int) -> None:
        """Let one more go on, so many microseconds from now."""
        self._started += 1
        heapq.heappush(self._waiting, (self.now + delay, self._started, process))

    def pause(self, least: int, most: int) -> int:
        """So many milliseconds, more or less."""
        return self.chance.randint(least * MILLISECOND, most * MILLISECOND)

    def ask(self, deed: Deed, act: Callable[[Deed], Any]) -> Generator[int, None, bool]:
        """Send a request; the store acts unless it was lost. Whether an answer came."""
        deed.sent = self.now
        fate = self.chance.random()
        yield self.pause(1, 12)
        if fate >= LOST:
            began = self.now
            while act(deed) is WAIT:
                if self.now - began > LOCK_TIMEOUT:
                    deed.outcome = "rejected"
                    break
                yield self.chance.randint(200, 900)
            self.acts(deed)
            yield self.pause(1, 12)
        if fate < 2 * LOST:
            yield max(deed.sent + TIMEOUT - self.now, 1)
        else:
            deed.answered = self.now
        self.deeds.append(deed)
        return deed.answered is not None

    def acts(self, deed: Deed) -> None:
        """The store has acted on it."""
        self._places += 1
        deed.acted, deed.place = self.now, self._places
