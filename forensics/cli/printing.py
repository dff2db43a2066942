"""Tables on a terminal, plain text in a pipe, JSON where it is asked for.

What is printed may come from a log: control codes are shown, never sent to the terminal.
"""

import csv
import os
import select
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Event
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forensics.model.shown import cell, in_json, without_hidden
from forensics.model.words import instant, priced

_WIDE = 120
"""Columns; what a table of log lines needs."""
_SEVERITY_STYLE = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
}
_GONE = Event()
"""The reader of what is printed has gone."""


@contextmanager
def to_reader() -> Iterator[None]:
    """Print; that the reader has gone, as `| head` does, is no error and changes no exit code."""
    try:
        yield
    except BrokenPipeError:
        to_nobody()


def to_nobody() -> None:
    """Let what is printed from now on go nowhere."""
    _GONE.set()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def reader_gone() -> bool:
    """Whether the reader of a pipe has gone, which a command with nothing to print never meets."""
    output = select.poll()
    output.register(sys.stdout.fileno(), 0)
    return _GONE.is_set() or any(what & select.POLLERR for _, what in output.poll(0))


def safe(text: object) -> str:
    """Text without anything that a terminal would act on."""
    return without_hidden(str(text))


def line(text: str = "") -> None:
    """One line to standard output; a line feed inside it is shown, not obeyed."""
    with to_reader():
        sys.stdout.write(safe(text) + "\n")


def prose(text: str, *, indent: str = "") -> None:
    """A sentence or more: wrapped on a terminal, one line in a pipe, where programs search."""
    whole = indent + safe(text)
    if sys.stdout.isatty():
        whole = textwrap.fill(
            whole,
            Console().width,
            subsequent_indent=f"{indent}  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    with to_reader():
        sys.stdout.write(f"{whole}\n")


def page(text: str) -> None:
    """Markdown of our own, such as a pattern's page: laid out on a terminal, as it is in a pipe."""
    if sys.stdout.isatty():
        # Every command would wait for what takes it apart.
        from rich.markdown import Markdown  # noqa: PLC0415 - see above

        Console(highlight=False).print(Markdown(text))
        return
    for row in text.splitlines():
        line(row)


def say(text: str) -> None:
    """One line of talk, to standard error; whether anybody listens does not matter."""
    with suppress(BrokenPipeError):
        sys.stderr.write(safe(text) + "\n")


def document(value: Any) -> None:  # noqa: ANN401 - whatever orjson takes
    """Indented JSON to standard output."""
    text = orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2).decode()
    with to_reader():
        sys.stdout.buffer.write(f"{in_json(text)}\n".encode())
        sys.stdout.flush()


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table: drawn on a terminal, tab-separated in a pipe."""
    cells = [["" if value is None else safe(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        with to_reader():
            sys.stdout.writelines("\t".join(row) + "\n" for row in [list(header), *cells])
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for name in header:
        drawn.add_column(name, overflow="fold")
    for row in cells:
        drawn.add_row(*(Text(text, style=_SEVERITY_STYLE.get(text, "")) for text in row))
    Console(highlight=False).print(drawn)


def events(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, below: Sequence[str]
) -> None:
    """A table of log lines; on a narrow terminal two lines each, `below` on the second."""
    if not sys.stdout.isatty() or Console().width >= _WIDE:
        table(header, rows)
        return
    for row in rows:
        told = {name: str(value) for name, value in zip(header, row, strict=True) if value}
        prose("  ".join(text for name, text in told.items() if name not in below))
        prose(", ".join(told[name] for name in below if name in told), indent="      ")


def csv_rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """CSV to standard output; no cell of it is run as a formula by a spreadsheet."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    with to_reader():
        writer.writerow(header)
        writer.writerows([cell(text) for text in row] for row in rows)


def moment(when: datetime | None, digits: int = 0) -> str:
    """A time in UTC, with its zone said once: `2026-11-02 08:30:00Z`."""
    return f"{instant(when, digits)}Z" if when else "no time"


def log_line(source: str, place: str) -> str:
    """Where a line stands; the source is left out where its file bears its name."""
    return place if place.startswith(source) else f"{source} {place}"


def money(exposure: Sequence[dict[str, Any]]) -> str:
    """Net amounts, a currency each; gross beside it where something was taken back."""
    parts = []
    for entry in exposure:
        gross, compensated = float(entry["gross"]), float(entry["compensated"])
        text = priced(gross - compensated, entry["currency"])
        parts.append(f"{text} (of {gross:,.2f})" if compensated else text)
    return ", ".join(parts)
