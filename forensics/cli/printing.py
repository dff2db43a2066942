"""Tables on a terminal, plain text in a pipe, JSON where it is asked for.

What is printed may come from a log: control codes are shown, never sent to the terminal.
"""

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forensics.model.shown import cell, in_json, without_hidden
from forensics.model.words import instant, priced

_SEVERITY_STYLE = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
}


def safe(text: object) -> str:
    """Text without anything that a terminal would act on."""
    return without_hidden(str(text))


def line(text: str = "") -> None:
    """One line to standard output; a line feed inside it is shown, not obeyed."""
    sys.stdout.write(safe(text) + "\n")


def page(text: str) -> None:
    """Several lines of our own, such as a pattern's page."""
    for row in text.splitlines():
        line(row)


def say(text: str) -> None:
    """One line of talk, to standard error."""
    sys.stderr.write(safe(text) + "\n")


def document(value: Any) -> None:  # noqa: ANN401 - whatever orjson takes
    """Indented JSON to standard output."""
    text = orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2).decode()
    sys.stdout.buffer.write(f"{in_json(text)}\n".encode())
    sys.stdout.flush()


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table: drawn on a terminal, tab-separated in a pipe."""
    cells = [["" if value is None else safe(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [list(header), *cells]:
            sys.stdout.write("\t".join(row) + "\n")
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for name in header:
        drawn.add_column(name, overflow="fold")
    for row in cells:
        drawn.add_row(*(Text(text, style=_SEVERITY_STYLE.get(text, "")) for text in row))
    Console(highlight=False).print(drawn)


def csv_rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """CSV to standard output; no cell of it is run as a formula by a spreadsheet."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(text) for text in row] for row in rows)


def moment(when: datetime | None, digits: int = 0) -> str:
    """A time in UTC, with its zone said once: `2026-11-02 08:30:00Z`."""
    return f"{instant(when, digits)}Z" if when else "no time"


def money(exposure: Sequence[dict[str, Any]]) -> str:
    """Net amounts, a currency each; gross beside it where something was taken back."""
    parts = []
    for entry in exposure:
        gross, compensated = float(entry["gross"]), float(entry["compensated"])
        text = priced(gross - compensated, entry["currency"])
        parts.append(f"{text} (of {gross:,.2f})" if compensated else text)
    return ", ".join(parts)
