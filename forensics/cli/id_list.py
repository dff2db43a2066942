"""Ids out of a file that people made: lines, CSV, a spreadsheet's export."""

import csv
import io
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics.model.errors import UsageError

_DELIMITERS = ",;\t|"
_WORKBOOKS = {b"PK\x03\x04": "an Excel workbook", b"\xd0\xcf\x11\xe0": "an old Excel workbook"}
_SEPARATOR = "sep="
_ID_WORDS = frozenset({"id", "key", "no", "nr", "number", "ref", "reference", "uuid"})
_ID_ENDINGS = ("nummer", "nr")
_QUOTES = "\"'`"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdList:
    """The ids of a file.

    Attributes:
        ids: Each once, in their order.
        column: Where they were read: the column's name, or `1` where it has none.
        others: What else could have been meant, by column; empty where one was named.
    """

    ids: Sequence[str]
    column: str
    others: Mapping[str, Sequence[str]]


def read_ids(file: Path, *, column: str | None = None) -> IdList:
    """The ids of a file.

    Args:
        file: One id a line, or a CSV; `-` is standard input.
        column: Name of the column that holds the ids; the first when None.

    Raises:
        UsageError: The file cannot be read, is no text, has no such column or holds no id.
    """
    rows = _rows(_text(file))
    place = 0 if column is None else _place(rows, column, file)
    width = max((len(row) for row in rows), default=0) if column is None else 0
    headed = [_is_heading([row[at] for row in rows if len(row) > at]) for at in range(width)]
    named = column is not None or any(headed)
    names = [
        _name(rows[0], at) if named else str(at + 1)
        for at in range(max(width, place + 1) if rows else 0)
    ]
    # Only a column's own cells say that its first is none of its ids: another's may be a remark.
    heads = {place: column is not None} | dict(enumerate(headed))
    columns = {at: _column(rows[heads[at] :], at) for at in heads}
    found = columns.pop(place)
    if not found:
        raise UsageError(
            f"`{file}` holds no id.", hint="Write one a line, or name the column with --column."
        )
    others: dict[str, Sequence[str]] = {}
    for at, ids in columns.items():
        # A name stands for the first column that bears it.
        if ids and names[at] != names[place]:
            others.setdefault(names[at], ids)
    return IdList(ids=found, column=column or names[place], others=others)


def names_ids(heading: str, kinds: Iterable[str]) -> bool:
    """Whether a column is named after ids: `order_id`, or `order` where logs tell of orders.

    Args:
        heading: The column's name.
        kinds: What the logs call the records that they tell of.
    """
    words = _words(heading)
    if not words.isdisjoint(_ID_WORDS) or any(word.endswith(_ID_ENDINGS) for word in words):
        return True
    return any(words & _words(kind) for kind in kinds)


def _words(name: str) -> set[str]:
    """Of a name in any style, in small letters and without the plural's s."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return {word.removesuffix("s") for word in re.findall(r"[^\W_]+", parted.casefold())}


def _name(heading: Sequence[str], at: int) -> str:
    name = _id(heading[at]) if at < len(heading) else ""
    return str(at + 1) if not name or name[0].isdigit() else name


def _column(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    return [one for one in dict.fromkeys(_id(row[at]) for row in rows if len(row) > at) if one]


def _text(file: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UsageError(f"`{file}` cannot be read: {error.strerror}.") from None
    for start, what in _WORKBOOKS.items():
        if content.startswith(start):
            raise UsageError(f"`{file}` is {what}.", hint="Save it as CSV and name that file.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise UsageError(f"`{file}` is no text.", hint="Write one id a line, or save it as CSV.")
    return text


def _rows(text: str) -> list[list[str]]:
    """The rows that hold anything, as cells; Excel may say its delimiter in a line of its own."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith(_SEPARATOR):
        delimiter, text = first.strip()[len(_SEPARATOR) :] or ",", rest
    else:
        delimiter = max(_DELIMITERS, key=text.strip().partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    return [row for row in rows if any(cell.strip() for cell in row)]


def _is_heading(cells: Sequence[str]) -> bool:
    """A first cell without a digit above cells that have some is the column's name."""
    has_digit = [any(char.isdigit() for char in cell) for cell in cells]
    return len(cells) > 1 and not has_digit[0] and all(has_digit[1:])


def _place(rows: Sequence[Sequence[str]], column: str, file: Path) -> int:
    names = [_id(cell) for cell in rows[0]] if rows else []
    folded = [name.casefold() for name in names]
    if column.casefold() not in folded:
        raise UsageError.unknown("column", column, known=names, where=str(file))
    return folded.index(column.casefold())


def _id(cell: str) -> str:
    """Without blanks, quotes and what a spreadsheet puts before a number to keep its zeros."""
    shown = "".join(
        " " if char.isspace() else char for char in cell if unicodedata.category(char) != "Cf"
    )
    return shown.strip().removeprefix("=").strip(f"{_QUOTES} ")
