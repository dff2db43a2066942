"""A wish to stop is heard whenever it comes."""

import signal
import sys
from types import FrameType
from typing import Any

import pytest

from forensics.cli.stopping import stopping


@pytest.mark.timeout(10)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("line", range(1, 12))
def test_a_wish_to_stop_is_heard_at_every_line_of_the_wait(
    line: int, number: signal.Signals
) -> None:
    lines = 0

    def interrupt(_frame: FrameType, _event: str, _argument: object) -> Any:
        nonlocal lines
        lines += 1
        if lines == line:
            sys.settrace(None)
            signal.raise_signal(number)
        return interrupt

    with stopping() as stopped_within:
        sys.settrace(interrupt)
        heard = any(stopped_within(0.01) for _ in range(5))
        sys.settrace(None)

    assert heard


def test_the_second_wish_ends_at_once() -> None:
    with stopping():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stopping() as stopped_within:
        assert not stopped_within(0)

    assert signal.getsignal(signal.SIGINT) is before
