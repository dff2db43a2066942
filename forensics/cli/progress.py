"""Progress: rate and time left on a terminal, where it takes a while; a line or two in a pipe."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from forensics.case.ledger import Progress
from forensics.cli import printing
from forensics.model.words import duration, plural

_QUIET_S = 2.0
_EVERY_S = 0.5
_MEGABYTE = 1_000_000


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
    """A callback for `Case.ingest`: one line that changes on a terminal, two a source in a pipe."""
    with _drawn() if sys.stderr.isatty() else _listed() as show:
        yield show


@contextmanager
def _drawn() -> Iterator[Callable[[Progress], None]]:
    began = time.monotonic()
    last_drawn = 0.0

    def show(step: Progress) -> None:
        nonlocal last_drawn
        now = time.monotonic()
        if now - began < _QUIET_S or now - last_drawn < _EVERY_S:
            return
        last_drawn = now
        sys.stderr.write("\r\x1b[K" + _line(step, now - began))
        sys.stderr.flush()

    yield show
    if last_drawn:
        sys.stderr.write("\r\x1b[K")


@contextmanager
def _listed() -> Iterator[Callable[[Progress], None]]:
    """A line when a source is begun and one when it is over: a log file shows what takes long."""
    began = time.monotonic()
    last: Progress | None = None

    def close() -> None:
        if last:
            seconds = duration(time.monotonic() - began)
            printing.say(f"{last.source}: {plural(last.records, 'record')} read in {seconds}")

    def show(step: Progress) -> None:
        nonlocal began, last
        if last is None or last.source != step.source:
            close()
            began = time.monotonic()
            megabytes = (step.total or 0) // _MEGABYTE
            size = f" {megabytes:,} MB" if megabytes else ""
            printing.say(f"{step.source}: reading{size}")
        last = step

    yield show
    close()


def _line(step: Progress, seconds: float) -> str:
    rate = step.content / seconds
    text = f"{step.source}: {step.records:,} records, {rate / _MEGABYTE:.0f} MB/s"
    if step.total and rate:
        text += f", {max(step.total - step.content, 0) / rate:.0f} s left"
    return text
