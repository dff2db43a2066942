"""A wish to stop is heard whenever it comes."""

import signal
import sys
from collections.abc import Callable
from threading import Timer, main_thread
from types import FrameType
from typing import Any

import pytest
from typer.main import Typer

from forensics.cli import main
from forensics.cli.stopping import stopping
from forensics.store.engine import engine


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


@pytest.mark.usefixtures("interruptible")
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


def _sleep() -> None:
    signal.pause()


def _query() -> None:
    with engine() as connection:
        while True:
            connection.execute("SELECT count(*) FROM range(30_000_000) AS t(i) WHERE i % 7 = 3")


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("work", [_sleep, _query])
def test_an_interrupt_is_no_fault_of_the_program(
    work: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = Typer()
    app.command()(work)
    monkeypatch.setattr(main, "app", app)
    monkeypatch.setattr(sys, "argv", ["forensics"])
    interrupt = Timer(1, signal.pthread_kill, [main_thread().ident, signal.SIGINT])
    interrupt.start()
    with pytest.raises(SystemExit, match="2"):
        main.main()
    interrupt.join()
    assert "Interrupted. What was stored stays" in capsys.readouterr().err
