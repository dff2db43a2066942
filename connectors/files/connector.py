"""Reads log files: paths, folders, globs, archives and standard input."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connectors.files import parquet
from connectors.files.binary import binary_kind
from connectors.files.content import Content, as_file
from connectors.files.find import Place, is_read_once, places
from connectors.files.fingerprint import HEAD_LENGTH
from connectors.files.framing import SAMPLE_BYTES
from connectors.files.limits import Limits
from connectors.files.reading import Reading
from connectors.files.recognise import Recognition, Register
from forensics.model.errors import SourceError
from forensics.model.record import KnownPart, Notice, Page, Part

_PACKED = frozenset({".gz", ".zip", ".zst"})

_QUIET_S = 60
"""Nobody takes a minute to write a record of several lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Log files as a source.

    Attributes:
        name: The source's name.
        address: Path, folder, glob, or `-` for standard input, as typed.
        final: Whether half a record at the end is damage (true) or still being written (false).
        limits: How much is handed over at once.
    """

    name: str
    address: str
    final: bool = False
    limits: Limits = field(default_factory=Limits)

    def size(self) -> int | None:
        """Bytes at the address; None where they are packed, or can be read only once."""
        if is_read_once(self.address):
            return None
        with places(self.address) as found:
            paths = [Path(place.path) for place in found if isinstance(place, Place)]
            if any(path.suffix in _PACKED for path in paths):
                return None
            return sum(path.stat().st_size for path in paths)

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield what is new since `known`, file by file, page by page, and what is to be told.

        Args:
            known: What earlier acquisitions read of this source.

        Raises:
            SourceError: There is nothing at all at the address.
        """
        with places(self.address) as found:
            heads: dict[Place, bytes] = {}
            for place in found:
                if isinstance(place, Notice):
                    yield place
                    continue
                try:
                    heads[place] = _beginning(place, HEAD_LENGTH)
                except SourceError as problem:
                    yield _notice(place, "failed", str(problem))
            register = Register(known, heads)
            # A copy is told from its original when the original comes first.
            for place in sorted(heads, key=register.holds_known, reverse=True):
                try:
                    yield from self._part(place, register)
                except SourceError as problem:
                    yield _notice(place, "failed", str(problem))

    def _part(self, place: Place, register: Register) -> Iterator[Page | Notice]:
        sample = _beginning(place, SAMPLE_BYTES)
        if not sample.strip():
            yield _notice(place, "waiting", f"`{place.display}` is empty: nothing to read yet.")
            return
        kind = "" if sample.startswith(parquet.MAGIC) else binary_kind(sample)
        if kind:
            yield _notice(place, "failed", f"`{place.display}` is {kind}.")
            return
        with Content(place) as content:
            recognition = register.recognise(place, content)
        if recognition.part is None:
            yield _told(place, recognition)
        elif sample.startswith(parquet.MAGIC):
            yield from self._rows(place, register, recognition, recognition.part)
        else:
            yield from self._text(place, register, recognition, recognition.part, sample)

    def _rows(
        self, place: Place, register: Register, recognition: Recognition, part: Part
    ) -> Iterator[Page | Notice]:
        with as_file(place) as path:
            reading = parquet.ParquetReading(
                path,
                part=part,
                known=recognition.known,
                before=recognition.fingerprint,
                limits=self.limits,
            )
            yield from _new(place, register, recognition, reading)

    def _text(
        self,
        place: Place,
        register: Register,
        recognition: Recognition,
        part: Part,
        sample: bytes,
    ) -> Iterator[Page | Notice]:
        with Content(place) as content:
            content.skip(recognition.fingerprint.length)
            reading = Reading(
                part=part,
                known=recognition.known,
                before=recognition.fingerprint,
                content=content,
                sample=sample,
                is_final=self.final or recognition.is_rotated or place.has_ended,
                is_quiet=time.time() - Path(place.path).stat().st_mtime > _QUIET_S,
                limits=self.limits,
            )
            yield from _new(place, register, recognition, reading)
            if reading.waiting:
                yield Notice(
                    part=place.display,
                    state="waiting",
                    sentence=_waits(place, reading.waiting),
                    waiting=reading.waiting,
                )
            if content.damage:
                yield _notice(place, "failed", content.damage)


def _new(
    place: Place,
    register: Register,
    recognition: Recognition,
    reading: Reading | parquet.ParquetReading,
) -> Iterator[Page | Notice]:
    """Yield the new pages of a part, and before them what it was recognised as."""
    known = recognition.known
    records = known.records if known else 0
    page = None
    for page in reading.pages():
        if page.start == recognition.fingerprint.length:
            yield _told(place, recognition)
        records += page.records.num_rows
        yield page
    if page is not None:
        register.claim(place, page, records)
    elif known is not None:
        yield _without_news(place, recognition)
    elif not reading.waiting:
        yield _notice(place, "waiting", f"`{place.display}` has no records yet.")


def _without_news(place: Place, recognition: Recognition) -> Notice:
    if recognition.state != "grown":
        return _told(place, recognition)
    sentence = f"`{place.display}` has no new record."
    return _notice(place, "unchanged", sentence, recognition.already_stored)


def _beginning(place: Place, length: int) -> bytes:
    with Content(place) as content:
        return content.read(length)


def _waits(place: Place, length: int) -> str:
    return (
        f"`{place.display}` ends with a record that is not complete or may go on: its last"
        f" {length:,} bytes wait. If nothing will follow, say `--final`."
    )


def _notice(place: Place, state: str, sentence: str, already_stored: int = 0) -> Notice:
    return Notice(part=place.display, state=state, sentence=sentence, already_stored=already_stored)


def _told(place: Place, recognition: Recognition) -> Notice:
    former = recognition.known.part.display if recognition.known else ""
    return Notice(
        part=place.display,
        state=recognition.state,
        sentence=recognition.sentence,
        already_stored=recognition.already_stored,
        formerly=former if former != place.display else "",
    )
