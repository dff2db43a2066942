"""What a connector owes the rest: pages of raw records with positions, and a way to resume.

A connector reads a *source*, which has one or several *parts* (files, partitions, tables). It
hands over *pages*: Arrow tables of records, each with its position in the part. It never changes
what it reads, never interprets a record, and knows nothing of detection.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import pyarrow as pa

RECORDS = pa.schema(
    [
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("line", pa.int64()),
        pa.field("document", pa.large_binary(), nullable=False),
        pa.field("position", pa.string()),
    ]
)
"""A page's records: offset in the part's content (bytes of a file, else records before this one),
line number (1-based, display only; null where lines mean nothing), the JSON text of the record,
and its place in the source's own words (a topic's offset, a row's key): null in files, unique in
the part elsewhere, and the same however often it is read."""


LIVE = "live"
"""The framing of pages that are not made from bytes; see `Page.framing`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file, partition or table of a source, recognised by its content.

    Attributes:
        identity: Stable name made from the content when first seen; 16 hex digits for files.
        display: What a person calls it: the path as typed, `archive.zip!member` inside a zip.
    """

    identity: str
    display: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPart:
    """What earlier acquisitions read of one part: enough to recognise it and to go on.

    Attributes:
        part: The part as it was last seen.
        end: Bytes of content read and stored so far.
        lines: Lines in those bytes.
        sha256: Hex digest of `content[:end]`.
        head_length: How many first bytes `head_sha256` covers (at most 4096, at most `end`).
        head_sha256: Hex digest of those bytes, to rule a file out without reading all of it.
        framing: How its bytes were split (`lines`, `documents`, `csv`, `parquet`, or by which line
            the records of several lines begin).
        format: Name of the mapping that read it; empty when none fitted.
        records: Records stored from those bytes; 0 when that was not kept.
        milestones: As the last `Page` of the part gave it; empty when that was not kept, and then
            a part that became shorter cannot be recognised.
        cursor: Where to go on, as the last `Page` of the part gave it; empty for files.
    """

    part: Part
    end: int
    lines: int
    sha256: str
    head_length: int
    head_sha256: str
    framing: str
    format: str
    records: int = 0
    milestones: str = ""
    cursor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Bytes that could not be made into a record: they go to quarantine.

    Attributes:
        offset: Where they begin in the part's content.
        line: Line number, where lines mean something.
        content: The bytes, at most the first 64 KiB of them.
        reason: One sentence.
    """

    offset: int
    line: int | None
    content: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Consecutive records of one part.

    Attributes:
        part: Where they come from.
        records: Arrow table with the schema `RECORDS`.
        unreadable: What could not be framed in this stretch.
        start: First byte of content the page covers.
        end: One past the last byte; the next page begins there.
        lines: Lines in `content[:end]`.
        sha256: Hex digest of `content[:end]`.
        head_length: See `KnownPart`.
        head_sha256: See `KnownPart`.
        framing: How the bytes were split.
        milestones: For the connector's own use: first 16 hex digits of the SHA-256 of
            `content[:16]`, `content[:19]` and so on, four to a doubling, up to `end`, joined.
        cursor: For the connector's own use: where to go on when this page is stored.
        complete: Whether the part ended here, for now.
        coverage: `complete`, `truncated`, `expired`, `sampled` or `unknown`: whether the part as
            read is whole.
        coverage_reason: Why it is not `complete`; empty when it is.
    """

    part: Part
    records: pa.Table
    unreadable: Sequence[Unreadable] = ()
    start: int
    end: int
    lines: int
    sha256: str
    head_length: int
    head_sha256: str
    framing: str
    milestones: str = ""
    cursor: str = ""
    complete: bool
    coverage: str = "complete"
    coverage_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something about a part that the user should be told, such as that it is a copy.

    Attributes:
        part: The part as it was displayed.
        state: `new`, `grown`, `unchanged`, `renamed`, `copied`, `replaced`, `truncated`,
            `waiting` (half a record at the end), `gone` (before its rest came), `kept` (as it was
            mapped before), `zoneless` (times that carry no zone), `passed` (it is no log but
            something of ours), `incomplete` (some of it is missing, or may be), `noted` (how it
            was read, or what reading it left behind) or `failed` (the sentence says why).
        sentence: What happened, in plain words.
        already_stored: Records recognised as stored before and therefore not read again.
        formerly: What the part was called when it was read before, where that is another name.
        waiting: Bytes of half a record at its end.
    """

    part: str
    state: str
    sentence: str
    already_stored: int = 0
    formerly: str = ""
    waiting: int = 0


class Readable(Protocol):
    """Bytes that can be read once, from their beginning."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class Connector(Protocol):
    """A source that can be read in pages."""

    @property
    def name(self) -> str:
        """The source's name; part of every record's identity."""
        ...

    @property
    def address(self) -> str:
        """Where it is, as the user typed it."""
        ...

    def size(self) -> int | None:
        """Bytes of content there are, for the time left; None when that is not known."""
        ...

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield what is new since `known`, page by page, and what is to be told.

        Pages of one part come in order and without gaps. What cannot be read at all is a
        `Notice` with the state `failed`; the other parts are still read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """A source as it was asked for on the command line or in `forensics.toml`.

    Attributes:
        name: Its name, or empty to take the stem of the address.
        address: A path, a glob, a folder, `-`, or a URL without any secret in it.
        formats: Names or paths of mappings, of which each part takes the one of its name, or that
            fits it best; none to recognise it among all from the content.
        final: Whether half a record at the end is damage (true) or still being written (false).
        allow: What the user has allowed that is refused otherwise: `primary` (a long read of a
            database that serves others), `marks` (reading that changes something at the source).
        log_format: How a web server was told to write its access log; empty when not said.
    """

    name: str
    address: str
    formats: tuple[str, ...] = ()
    final: bool = False
    allow: frozenset[str] = frozenset()
    log_format: str = ""

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        formats: tuple[str, ...] = (),
        final: bool = False,
        allow: frozenset[str] = frozenset(),
        log_format: str = "",
    ) -> Self:
        """`[NAME=]SOURCE` as people write it; what stands before `=` is a name if it is no path."""
        name, separator, address = text.partition("=")
        named = bool(separator) and bool(name) and not set(name) & set("/\\*?[")
        return cls(
            name=name if named else "",
            address=address if named else text,
            formats=formats,
            final=final,
            allow=allow,
            log_format=log_format,
        )
