"""Fetching what comes next while what came is worked on."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def one_ahead(items: Iterator[Item], *, cancel: Callable[[], object]) -> Generator[Item]:
    """The items of an iterator, of which one is fetched in advance, in a thread of its own.

    Args:
        items: Never None. Nobody else may use what it fetches from until this one is closed.
        cancel: Breaks off a fetching that nobody waits for any more.
    """
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, items, None)
        try:
            while (item := coming.result()) is not None:
                coming = worker.submit(next, items, None)
                yield item
        finally:
            if not coming.done():
                cancel()
