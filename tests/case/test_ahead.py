"""Making items in the background: the same items, in order, and no more than asked for."""

import threading
import time
from collections.abc import Generator

import pytest

from forensics.case.ahead import ahead


def test_items_come_in_order_from_another_thread() -> None:
    threads = set()

    def made() -> Generator[int]:
        for number in range(20):
            threads.add(threading.current_thread())
            yield number

    with ahead(made(), most=3) as items:
        assert list(items) == list(range(20))

    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_an_error_comes_where_its_item_would_have_come() -> None:
    def broken() -> Generator[int]:
        yield 1
        raise OSError("the disk is gone")

    with ahead(broken(), most=4) as items:
        assert next(items) == 1
        with pytest.raises(OSError, match="the disk is gone"):
            next(items)


def test_no_more_is_made_than_was_asked_for() -> None:
    made = []

    def endless() -> Generator[int]:
        while True:
            made.append(len(made))
            yield made[-1]

    with ahead(endless(), most=2) as items:
        assert [next(items), next(items)] == [0, 1]

    assert len(made) <= 5


@pytest.mark.parametrize("reading", [0, 1, 5])
def test_what_makes_the_items_is_closed_at_the_end(reading: int) -> None:
    closed = []

    def source() -> Generator[int]:
        try:
            yield from range(5)
        finally:
            closed.append(threading.current_thread())

    with ahead(source(), most=2) as items:
        for _ in range(reading):
            next(items)

    assert len(closed) == 1


def test_an_interrupt_does_not_wait_for_a_silent_source() -> None:
    speak = threading.Event()

    def silent() -> Generator[int]:
        speak.wait(30)
        yield 1

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), ahead(silent(), most=2):
        raise KeyboardInterrupt
    waited = time.monotonic() - began
    speak.set()

    assert waited < 10
