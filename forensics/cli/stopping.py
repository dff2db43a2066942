"""Ends what would go on for ever, once somebody asks for it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue


@contextmanager
def stopping() -> Iterator[Callable[[float], bool]]:
    """Take an interrupt or SIGTERM for a wish to stop; a second one ends the program at once.

    Yields:
        What waits for so many seconds at most, and says whether the wish was heard.
    """
    # A handler interrupts the very wait that it ends: `Event.set` would then wait for its own lock.
    wishes: SimpleQueue[None] = SimpleQueue()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(*_: object) -> None:
        wishes.put(None)
        as_before()

    def as_before() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stopped_within(seconds: float) -> bool:
        try:
            wishes.get(timeout=seconds)
        except Empty:
            return False
        return True

    for number in before:
        signal.signal(number, stop)
    try:
        yield stopped_within
    finally:
        as_before()
