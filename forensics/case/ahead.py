"""Makes the next items in the background while the last ones are used."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class _Made(Generic[_Item]):
    item: _Item


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


class _Maker(Thread, Generic[_Item]):
    """A thread that makes items while there is room for them, and closes what makes them."""

    def __init__(self, items: Generator[_Item], *, most: int) -> None:
        # A source that waits for bytes must not keep the process alive.
        super().__init__(name="ahead", daemon=True)
        self._items = items
        self._room = Semaphore(most)
        self._coming: SimpleQueue[_Made[_Item] | _End] = SimpleQueue()
        self._stopped = Event()

    def run(self) -> None:
        end = _End()
        try:
            with closing(self._items):
                while self._room.acquire() and not self._stopped.is_set():
                    self._coming.put(_Made(next(self._items)))
        except StopIteration:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            end = _End(error)
        self._coming.put(end)

    def in_order(self) -> Iterator[_Item]:
        while isinstance(made := self._coming.get(), _Made):
            self._room.release()
            yield made.item
        if made.error is not None:
            raise made.error

    def stop(self) -> None:
        self._stopped.set()
        self._room.release()
        self.join()


@contextmanager
def ahead(items: Generator[_Item], *, most: int) -> Iterator[Iterator[_Item]]:
    """Iterate over `items` in one other thread, at most so many items ahead of their use.

    Items come in order; an error comes where the item would have come. When the context is left,
    `items` is closed after the item that is being made. Only an interrupt does not wait for that:
    a pipe may stay silent for ever.
    """
    maker = _Maker(items, most=most)
    maker.start()
    try:
        yield maker.in_order()
    except KeyboardInterrupt:
        raise
    except BaseException:
        maker.stop()
        raise
    maker.stop()
