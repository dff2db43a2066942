"""Progress on work that takes longer than two seconds: rate, and time left where it is known."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from forensics.case.ledger import Progress

_QUIET_S = 2.0
_EVERY_S = 0.5


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """A callback that says on a terminal what is being done once it takes a while."""
    began = time.monotonic()
    told = False

    def say(what: str) -> None:
        nonlocal told
        seconds = time.monotonic() - began
        if sys.stderr.isatty() and seconds >= _QUIET_S:
            sys.stderr.write(f"\r\x1b[K{what}, {seconds:.0f} s so far")
            sys.stderr.flush()
            told = True

    yield say
    if told:
        sys.stderr.write("\r\x1b[K")


@contextmanager
def progress() -> Iterator[Callable[[Progress], None]]:
    """A callback for `Case.ingest` that draws one line on a terminal and nothing in a pipe."""
    began = time.monotonic()
    last_drawn = 0.0
    drawing = sys.stderr.isatty()

    def show(step: Progress) -> None:
        nonlocal last_drawn
        now = time.monotonic()
        if not drawing or now - began < _QUIET_S or now - last_drawn < _EVERY_S:
            return
        last_drawn = now
        sys.stderr.write("\r\x1b[K" + _line(step, now - began))
        sys.stderr.flush()

    yield show
    if last_drawn:
        sys.stderr.write("\r\x1b[K")


def _line(step: Progress, seconds: float) -> str:
    rate = step.content / seconds
    text = f"{step.source}: {step.records:,} records, {rate / 1e6:.0f} MB/s"
    if step.total and rate:
        text += f", {max(step.total - step.content, 0) / rate:.0f} s left"
    return text
