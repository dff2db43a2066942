"""Reads files as an acquisition would, and keeps what the next one must know."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from connectors.files import Files, Limits
from forensics.model.record import KnownPart, Notice, Page, Unreadable


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one reading gave."""

    pages: Sequence[Page]
    notices: Sequence[Notice]

    @property
    def rows(self) -> list[tuple[int, int | None, bytes]]:
        """Offset, line and document of each record."""
        return [
            (row["offset"], row["line"], row["document"])
            for page in self.pages
            for row in page.records.to_pylist()
        ]

    @property
    def documents(self) -> list[bytes]:
        return [document for _, _, document in self.rows]

    @property
    def unreadable(self) -> list[Unreadable]:
        return [each for page in self.pages for each in page.unreadable]

    @property
    def states(self) -> dict[str, list[str]]:
        """States told of each part, by the last component of its name."""
        states: dict[str, list[str]] = {}
        for notice in self.notices:
            states.setdefault(Path(notice.part).name, []).append(notice.state)
        return states

    @property
    def framings(self) -> set[str]:
        return {page.framing for page in self.pages}

    def sentence(self, state: str) -> str:
        """The only sentence with that state."""
        (sentence,) = [each.sentence for each in self.notices if each.state == state]
        return sentence


@dataclass(kw_only=True)
class Readings:
    """Readings of one source, one after the other, each with what those before it left."""

    address: str
    final: bool = False
    limits: Limits = field(default_factory=Limits)
    known: list[KnownPart] = field(default_factory=list)

    def read(self) -> Reading:
        """Read once."""
        files = Files(name="source", address=self.address, final=self.final, limits=self.limits)
        found = list(files.pages(self.known))
        reading = Reading(
            pages=[each for each in found if isinstance(each, Page)],
            notices=[each for each in found if isinstance(each, Notice)],
        )
        self.remember(reading.pages)
        return reading

    def remember(self, pages: Sequence[Page]) -> None:
        """Keep of stored pages what the next reading must know."""
        self.known = _known_after(self.known, pages)


def read(address: Path | str, *, final: bool = False, **limits: int) -> Reading:
    """Read a source of which nothing is known."""
    return Readings(address=str(address), final=final, limits=Limits(**limits)).read()


def pages_tell_the_truth(reading: Reading, content: bytes) -> None:
    """Assert that the pages of the only part follow each other and that their digests hold."""
    end = reading.pages[0].start
    for page in reading.pages:
        assert end == page.start
        end = page.end
        assert hashlib.sha256(content[:end]).hexdigest() == page.sha256
        assert hashlib.sha256(content[: page.head_length]).hexdigest() == page.head_sha256
        assert min(4096, end) == page.head_length
    assert [page.complete for page in reading.pages] == [False] * (len(reading.pages) - 1) + [True]


def _known_after(known: Sequence[KnownPart], pages: Sequence[Page]) -> list[KnownPart]:
    parts = {part.part.identity: part for part in known}
    for page in pages:
        before = parts.get(page.part.identity)
        part = KnownPart(
            part=page.part,
            end=page.end,
            lines=page.lines,
            sha256=page.sha256,
            head_length=page.head_length,
            head_sha256=page.head_sha256,
            framing=page.framing,
            format="",
            records=page.records.num_rows,
            milestones=page.milestones,
        )
        more = before.records if before else 0
        parts[page.part.identity] = replace(part, records=part.records + more)
    return list(parts.values())
