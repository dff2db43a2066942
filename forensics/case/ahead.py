"""Makes the next items in the background while the last ones are used."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

_Item = TypeVar("_Item")
_END = object()


@contextmanager
def ahead(items: Iterable[_Item], *, most: int) -> Iterator[Iterator[_Item]]:
    """Iterate over `items` in one other thread, at most so many items ahead of their use.

    Items come in order; an error comes where the item would have come. When the context is left
    before the end, the item that is being made is the last that is taken from `items`.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as other:
        coming = deque(other.submit(next, iterator, _END) for _ in range(most))

        def in_order() -> Iterator[_Item]:
            while (item := coming.popleft().result()) is not _END:
                coming.append(other.submit(next, iterator, _END))
                yield item  # type: ignore[misc]

        try:
            yield in_order()
        finally:
            for each in coming:
                each.cancel()
