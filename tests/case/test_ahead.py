"""Making items in the background: the same items, in order, and no more than asked for."""

import threading
from collections.abc import Iterator

import pytest

from forensics.case.ahead import ahead


def test_items_come_in_order_from_another_thread() -> None:
    threads = set()

    def made() -> Iterator[int]:
        for number in range(20):
            threads.add(threading.current_thread())
            yield number

    with ahead(made(), most=3) as items:
        assert list(items) == list(range(20))

    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_an_error_comes_where_its_item_would_have_come() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    with ahead(broken(), most=4) as items:
        assert next(items) == 1
        with pytest.raises(OSError, match="the disk is gone"):
            next(items)


def test_no_more_is_made_than_was_asked_for() -> None:
    made = []

    def endless() -> Iterator[int]:
        while True:
            made.append(len(made))
            yield made[-1]

    with ahead(endless(), most=2) as items:
        assert [next(items), next(items)] == [0, 1]

    assert len(made) <= 4


def test_a_source_can_be_closed_once_nobody_reads_it_any_more() -> None:
    closed = []

    def source() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    opened = source()
    with ahead(opened, most=2) as items:
        next(items)
    opened.close()  # type: ignore[attr-defined]

    assert closed == [True]
