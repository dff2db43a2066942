"""Recognises from the beginning of a content how its bytes are split into records."""

import re
from dataclasses import dataclass

from connectors.files.batch import Framer
from connectors.files.beginnings import BY_NAME, beginning_of
from connectors.files.blocks import Blocks
from connectors.files.documents import Documents
from connectors.files.lines import Lines
from connectors.files.scan import Scanner, is_complete
from connectors.files.separated import Separated, first_row, header_of

SAMPLE_BYTES = 1 << 20
"""How much of a content is looked at."""

_SAMPLE_LINES = 50
_OPENING = (b"{", b"[")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A time or a level in brackets is no array.
_BEGINS_JSON = re.compile(
    rb"[{\[]\s*(?:[\"{\[\]}]|-?\d[\d.eE+-]*\s*(?:[,\]]|$)|true|false|null|NaN|-?Infinity|$)"
)
_COMMENT = re.compile(rb"\s*/\*.*?\*/[^\S\n]*\n?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prelude:
    """What stands before the first record.

    Attributes:
        mark: The byte order mark, or nothing.
        comment: A block comment, or nothing.
    """

    mark: bytes
    comment: bytes

    @property
    def lines(self) -> int:
        """Newlines before the first record."""
        return self.comment.count(b"\n")

    def __len__(self) -> int:
        """Bytes before the first record."""
        return len(self.mark) + len(self.comment)


def prelude_of(sample: bytes) -> Prelude:
    """The byte order mark and the block comment with which `sample` begins."""
    mark = _BYTE_ORDER_MARK if sample.startswith(_BYTE_ORDER_MARK) else b""
    comment = _COMMENT.match(sample, len(mark))
    return Prelude(mark=mark, comment=comment[0] if comment else b"")


def framing_of(sample: bytes) -> str:
    """How a text is split: `lines`, `documents`, `csv`, or the name of a `Beginning`.

    Args:
        sample: Its first bytes, without prelude; all of them when it is short.
    """
    lines = [line for line in sample.split(b"\n", _SAMPLE_LINES) if line.strip()][:_SAMPLE_LINES]
    if not lines:
        return "lines"
    # First, since a cell of CSV can hold lines of JSON.
    if not lines[0].startswith(_OPENING) and header_of(sample):
        return "csv"
    is_bracketed = lines[0].startswith(_OPENING)
    if is_bracketed and not _BEGINS_JSON.match(lines[0]):
        return _framing_of_text(sample)
    if _are_documents(lines):
        return "documents"
    return "lines" if is_bracketed else _framing_of_text(sample)


def _framing_of_text(sample: bytes) -> str:
    """The whole sample counts: the first stack trace may come late."""
    beginning = beginning_of([line for line in sample.split(b"\n") if line.strip()])
    return beginning.name if beginning else "lines"


def framer_for(
    framing: str, sample: bytes, *, offset: int, lines: int, record_bytes: int, at_start: bool
) -> Framer:
    """The framer that splits what follows `offset`.

    Args:
        framing: As `framing_of` gives it.
        sample: As for `framing_of`.
        offset: Byte at which the content to come begins.
        lines: Newlines before it.
        record_bytes: Longer records are unreadable.
        at_start: Whether nothing but the prelude stands before.
    """
    if framing == "csv":
        header = header_of(sample) or first_row(sample)
        return Separated(
            header,
            offset=offset,
            lines=lines,
            record_bytes=record_bytes,
            at_header=at_start and header.is_written,
        )
    if framing in BY_NAME:
        return Blocks(BY_NAME[framing], offset=offset, lines=lines, record_bytes=record_bytes)
    kind = Documents if framing == "documents" else Lines
    return kind(offset=offset, lines=lines, record_bytes=record_bytes)


def _are_documents(lines: list[bytes]) -> bool:
    """Whether JSON documents go on over line breaks, or share a line."""
    first, following = lines[0], lines[1:]
    # JSON text sequences (RFC 7464) begin each document with a record separator.
    if first.startswith(b"\x1e") or any(map(_opens_indented, lines, [*following, b""])):
        return True
    if not first.startswith(_OPENING):
        return False
    if is_complete(first) or not following:
        return _is_several(first)
    # A line that breaks off is followed by one that begins like it; a document goes on.
    return not (first.startswith(b"{") and following[0].startswith(b"{"))


def _opens_indented(line: bytes, following: bytes) -> bool:
    """Whether a document begins here that goes on in the next line."""
    if line.strip() in _OPENING:
        return line.startswith(_OPENING)
    goes_on = following.startswith((b" ", b"\t"))
    return goes_on and bool(_BEGINS_JSON.match(line)) and not is_complete(line)


def _is_several(line: bytes) -> bool:
    """Whether more than one document begins on one line."""
    spans = list(Scanner().spans(line + b"\n", ended=True))
    return bool(spans) and line[spans[0].end :].lstrip().startswith(_OPENING)
