"""Opens a place and gives its decompressed bytes, whatever they were packed in.

What a content is packed in is told by its first bytes, never by its name.
"""

import codecs
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pyarrow as pa

from connectors.files.find import Place
from forensics.model.errors import SourceError

BLOCK = 1 << 20
"""Bytes read or decompressed at a time."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Content:
    """The bytes of one part, read from the beginning.

    Attributes:
        compressed: Whether they were packed; what is packed is not written to any more.
        damage: After the end was reached, why it is not the true end; empty when it is.
    """

    def __init__(self, place: Place) -> None:
        """Open `place`.

        Raises:
            SourceError: It cannot be opened.
        """
        self.damage = ""
        self._place = place
        self._length = 0
        self._rest = b""
        self._open = ExitStack()
        try:
            raw = self._open.enter_context(_raw(place))
            self.compressed, self._blocks = _unpacked(raw, in_archive=bool(place.member))
        except _UNREADABLE as problem:
            self._open.close()
            raise SourceError(_sentence(place, problem)) from problem

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        pieces = [self._rest]
        missing = size - len(self._rest)
        while missing > 0 and (block := self._next_block()):
            pieces.append(block)
            missing -= len(block)
        content = b"".join(pieces)
        self._rest = content[size:]
        return content[:size]

    def skip(self, size: int) -> None:
        """Pass over the next `size` bytes."""
        while size > 0 and (content := self.read(min(size, BLOCK))):
            size -= len(content)

    def at_end(self) -> bool:
        """Whether there is nothing more."""
        self._rest = self._rest or self._next_block()
        return not self._rest

    def _next_block(self) -> bytes:
        try:
            block = next(self._blocks, b"")
        except _UNREADABLE as problem:
            self._blocks = iter(())
            self.damage = _sentence(self._place, problem, after=self._length)
            return b""
        self._length += len(block)
        return block

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()


@contextmanager
def as_file(place: Place) -> Iterator[Path]:
    """A file that holds the unpacked content of `place`, for formats that are read from the end.

    Raises:
        SourceError: The content breaks off.
    """
    with tempfile.NamedTemporaryFile(prefix="forensics-") as file:
        with Content(place) as content:
            if not content.compressed:
                yield Path(place.path)
                return
            _copy(content, file, place)
        yield Path(file.name)


def _copy(content: Content, file: IO[bytes], place: Place) -> None:
    try:
        while block := content.read(BLOCK):
            file.write(block)
        file.flush()
    except OSError as problem:
        raise SourceError(
            f"`{place.display}` cannot be unpacked to a temporary file: {problem.strerror}.",
            hint="Set TMPDIR to a folder with more room.",
        ) from problem
    if content.damage:
        raise SourceError(content.damage)


_UNREADABLE = (
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    UnicodeError,
    # zipfile: a password is needed, and a method of compression it does not know.
    RuntimeError,
    NotImplementedError,
)


def _raw(place: Place) -> IO[bytes]:
    if not place.member:
        return Path(place.path).open("rb")
    with zipfile.ZipFile(place.path) as archive:
        return archive.open(place.member)


def _unpacked(raw: IO[bytes], *, in_archive: bool) -> tuple[bool, Iterator[bytes]]:
    """Whether `raw` is packed, and its bytes unpacked, as UTF-8 where they were UTF-16 or 32."""
    first = raw.read(BLOCK)
    packed = _Prefixed(first, raw)
    if first.startswith(_GZIP):
        return True, _transcoded(_gunzipped(packed))
    if first.startswith(_ZSTD):
        return True, _transcoded(_zstd_blocks(packed))
    return in_archive, _transcoded(iter(lambda: packed.read(BLOCK), b""))


class _Prefixed:
    """A file whose beginning was read already."""

    closed = False

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self._first = first
        self._rest = rest

    def read(self, size: int = BLOCK) -> bytes:
        if not self._first:
            return self._rest.read(size)
        block, self._first = self._first[:size], self._first[size:]
        return block


def _gunzipped(raw: _Prefixed) -> Iterator[bytes]:
    """All members of a gzip file, one after the other."""
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    began = False
    while block := raw.read(BLOCK):
        while block:
            if decoder.eof:
                # Tapes and block devices pad with zeros.
                block = block.lstrip(b"\0")
                decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
                began = False
                continue
            began = True
            # At most a block at a time, however much it expands to.
            yield decoder.decompress(block, BLOCK)
            block = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    yield decoder.flush()
    if began and not decoder.eof:
        raise EOFError


def _zstd_blocks(raw: _Prefixed) -> Iterator[bytes]:
    stream = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")
    # Small blocks, since one that breaks off gives nothing at all.
    while block := stream.read(BLOCK // 16):
        yield block


def _transcoded(blocks: Iterator[bytes]) -> Iterator[bytes]:
    first = b""
    for block in blocks:
        first += block
        if len(first) >= len(codecs.BOM_UTF32_LE):
            break
    encoding = next((name for mark, name in _ENCODINGS if first.startswith(mark)), None)
    if encoding is None:
        yield first
        yield from filter(None, blocks)
        return
    # Lone surrogates become invalid UTF-8, which is judged with the record they are in.
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for block in (first, *blocks):
        yield decoder.decode(block).encode("utf-8", "surrogatepass")


def _sentence(place: Place, problem: BaseException, *, after: int = 0) -> str:
    where = f" after {after:,} bytes of content; what came before was read" if after else ""
    if isinstance(problem, PermissionError):
        return f"`{place.display}` cannot be read: permission denied."
    if isinstance(problem, FileNotFoundError):
        return f"`{place.display}` is gone."
    if isinstance(problem, RuntimeError) and "password" in str(problem):
        return f"`{place.display}` is encrypted: unpack it with its password first."
    if isinstance(problem, EOFError) or "Truncated" in str(problem):
        return f"`{place.display}` breaks off{where}: the end of its compressed data is missing."
    if isinstance(problem, NotImplementedError):
        return f"`{place.display}` is packed in a way that is not known here: unpack it first."
    detail = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
    return f"`{place.display}` is damaged{where}: {detail}."
