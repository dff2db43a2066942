"""Gathers batches into pages of bounded size, with the digest of all content up to each end."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from connectors.files.batch import Batch
from connectors.files.fingerprint import Fingerprint
from forensics.model.record import Page, Part


class Pager:
    """Makes the pages of one part.

    A page is only handed over when another one follows or the content ended: so the last one can
    say that it is the last.
    """

    def __init__(
        self,
        *,
        part: Part,
        framing: str,
        fingerprint: Fingerprint,
        page_bytes: int,
        page_records: int,
    ) -> None:
        """Begin after the content that `fingerprint` has seen.

        Args:
            part: Where the records come from.
            framing: How its bytes are split.
            fingerprint: Of the content before the first page; goes on being updated.
            page_bytes: A page with as much content is full.
            page_records: A page never has more records than these.
        """
        self._part = part
        self._framing = framing
        self._fingerprint = fingerprint
        self._page_bytes = page_bytes
        self._page_records = page_records
        self._batches: list[Batch] = []

    def add(self, batch: Batch) -> Iterator[Page]:
        """Take a batch; yield the page before it when the two do not fit in one."""
        for piece in _pieces(batch, self._fingerprint.length + self._bytes(), self._page_records):
            if piece and self._is_full(piece):
                yield self._page(complete=False)
            self._batches.append(piece)

    def close(self, *, damage: str = "") -> Iterator[Page]:
        """Yield the last page, unless there is nothing new at all.

        Args:
            damage: Why the content did not end where it should; empty when it did.
        """
        if any(self._batches):
            page = self._page(complete=True)
            state = "truncated" if damage else "complete"
            yield replace(page, coverage=state, coverage_reason=damage)

    def _bytes(self) -> int:
        return sum(len(batch.content) for batch in self._batches)

    def _records(self) -> int:
        return sum(batch.records.num_rows for batch in self._batches)

    def _is_full(self, more: Batch) -> bool:
        """Whether there is a page already, to which `more` would be too much."""
        records = self._records() + more.records.num_rows
        length = self._bytes() + len(more.content)
        return any(self._batches) and (records > self._page_records or length > self._page_bytes)

    def _page(self, *, complete: bool) -> Page:
        start = self._fingerprint.length
        for batch in self._batches:
            self._fingerprint.update(batch.content)
        page = Page(
            part=self._part,
            records=pa.concat_tables([batch.records for batch in self._batches]),
            unreadable=[each for batch in self._batches for each in batch.unreadable],
            start=start,
            end=self._fingerprint.length,
            lines=self._batches[-1].lines,
            sha256=self._fingerprint.sha256,
            head_length=self._fingerprint.head_length,
            head_sha256=self._fingerprint.head_sha256,
            framing=self._framing,
            milestones=self._fingerprint.milestones,
            complete=complete,
        )
        self._batches = []
        return page


def _pieces(batch: Batch, start: int, most: int) -> Iterator[Batch]:
    """`batch` cut before every record that is one too many.

    Args:
        batch: What to cut.
        start: Offset of its first byte.
        most: Records in a piece.
    """
    while batch.records.num_rows > most:
        cut = batch.records["offset"][most].as_py()
        yield Batch(
            content=batch.content[: cut - start],
            lines=batch.records["line"][most].as_py() - 1,
            records=batch.records.slice(0, most),
            unreadable=[each for each in batch.unreadable if each.offset < cut],
        )
        batch = Batch(
            content=batch.content[cut - start :],
            lines=batch.lines,
            records=batch.records.slice(most),
            unreadable=[each for each in batch.unreadable if each.offset >= cut],
        )
        start = cut
    yield batch
