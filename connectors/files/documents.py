"""Splits content into JSON documents that span lines, or share one."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from connectors.files.batch import NO_RECORDS, Batch, joined, slices, split_lines, table, unreadable
from connectors.files.scan import Scanner, Span
from forensics.model.record import Unreadable

_OPENING = pa.array([b"{", b"["], pa.large_binary())
_CLOSING = pa.array([b"}", b"]", b"}\r", b"]\r"], pa.large_binary())
_INSIDE = pa.array([b" ", b"\t", b"\r", b""], pa.large_binary())
_BREAKS_OFF = "The document breaks off: its last bracket is missing."


class Documents:
    """A record for each top-level document: pretty-printed, concatenated, or one large array.

    Text between documents is handed over line by line, for the next stage to judge.

    Attributes:
        waiting: Bytes of half a document that were left behind by `finish`.
    """

    def __init__(self, *, offset: int, lines: int, record_bytes: int) -> None:
        """Begin at `offset` of the content, before which there are `lines` newlines.

        Args:
            offset: Byte at which the content to come begins.
            lines: Newlines before it.
            record_bytes: Longer documents are unreadable.
        """
        self.waiting = 0
        self._offset = offset
        self._lines = lines
        self._record_bytes = record_bytes
        self._buffer = b""
        self._scanner = Scanner()
        self._skipping = False

    def feed(self, content: bytes) -> Batch:
        """Take the next bytes; give the documents that are complete."""
        self._buffer += content
        between_documents = self._scanner.depth == 0 and self._scanner.position == 0
        indented = self._indented() if between_documents else None
        return indented if indented is not None else self._scan(ended=False)

    def finish(self, *, final: bool) -> Batch:
        """Give the last document if it is complete, or never will be."""
        batch = self._scan(ended=final)
        rest = self._buffer
        if self._skipping or not rest.strip():
            return joined(batch, self._take(len(rest)))
        if final:
            damage = unreadable(self._offset, self._lines + 1, rest, _BREAKS_OFF)
            return joined(batch, self._take(len(rest), damaged=[damage]))
        self.waiting = len(rest)
        return batch

    def _scan(self, *, ended: bool) -> Batch:
        """Split what is complete in the buffer, whatever it looks like."""
        spans: list[Span] = []
        damaged: list[Unreadable] = []
        for span in self._scanner.spans(self._buffer, ended=ended):
            if self._skipping:
                self._skipping = False
            elif span.end - span.start > self._record_bytes:
                damaged.append(self._damage(span, self._too_long()))
            elif span.broken:
                damaged.append(self._damage(span, _BREAKS_OFF))
            else:
                spans.append(span)
        length = self._scanner.start
        if len(self._buffer) - self._scanner.start > self._record_bytes:
            length = self._skip(damaged)
        return self._take(length, records=self._records(spans), damaged=damaged)

    def _skip(self, damaged: list[Unreadable]) -> int:
        """Give up on a document that is too long, but go on looking for its end.

        Returns:
            How much of the buffer need not be kept.
        """
        if not self._skipping:
            rest = Span(self._scanner.start, len(self._buffer))
            damaged.append(self._damage(rest, self._too_long()))
        self._skipping = self._scanner.depth > 0
        return self._scanner.position if self._skipping else len(self._buffer)

    def _too_long(self) -> str:
        return f"The document is longer than {self._record_bytes:,} bytes."

    def _damage(self, span: Span, reason: str) -> Unreadable:
        return unreadable(
            self._offset + span.start,
            self._lines + 1 + self._buffer.count(b"\n", 0, span.start),
            self._buffer[span.start : span.end],
            reason,
        )

    def _records(self, spans: list[Span]) -> pa.Table:
        return table(
            pa.array([self._offset + span.start for span in spans], pa.int64()),
            pa.array(self._line_numbers(spans), pa.int64()),
            pa.array(
                [self._buffer[span.start : span.end].rstrip(b"\r") for span in spans],
                pa.large_binary(),
            ),
        )

    def _line_numbers(self, spans: list[Span]) -> list[int]:
        numbers, position, line = [], 0, self._lines + 1
        for span in spans:
            line += self._buffer.count(b"\n", position, span.start)
            position = span.start
            numbers.append(line)
        return numbers

    def _take(
        self, length: int, *, records: pa.Table = NO_RECORDS, damaged: Sequence[Unreadable] = ()
    ) -> Batch:
        """Cut `length` bytes from the buffer, with the records in them."""
        content, self._buffer = self._buffer[:length], self._buffer[length:]
        self._scanner.forget(length)
        self._offset += length
        self._lines += content.count(b"\n")
        return Batch(
            content=memoryview(content), lines=self._lines, records=records, unreadable=damaged
        )

    def _indented(self) -> Batch | None:
        """Split documents of which only the brackets stand in column 0, all at once.

        Returns:
            None when the buffer does not look like that from beginning to end.
        """
        body = self._buffer[: self._buffer.rfind(b"\n") + 1]
        if not body:
            return None
        lines = split_lines(body)
        opening, closing = _brackets(lines)
        if closing is None:
            return None
        after = pc.cumulative_sum(pc.add(pc.binary_length(lines), 1))
        begins = pc.subtract(pc.subtract(after, pc.binary_length(lines)), 1)
        ends = pc.add(begins.filter(closing), 1)
        starts = begins.filter(opening)
        if not _alternate(body, starts, ends):
            return None
        starts = starts.slice(0, len(ends))
        documents = slices(body, starts, ends)
        if pc.max(pc.binary_length(documents)).as_py() > self._record_bytes:
            return None
        numbers = pa.arange(self._lines + 1, self._lines + 1 + len(lines)).filter(opening)
        records = table(pc.add(starts, self._offset), numbers.slice(0, len(ends)), documents)
        return self._take(ends[-1].as_py(), records=records)


def _brackets(lines: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Which lines open and which close a document; None when a line is neither nor inside one."""
    first = pc.binary_slice(lines, 0, 1)
    opening = pc.is_in(first, value_set=_OPENING)
    closing = pc.is_in(lines, value_set=_CLOSING)
    inside = pc.is_in(first, value_set=_INSIDE)
    only = pc.all(pc.or_(pc.or_(opening, closing), inside), min_count=0).as_py()
    balanced = 0 <= pc.sum(opening, min_count=0).as_py() - pc.sum(closing, min_count=0).as_py() <= 1
    return opening, closing if only and balanced else None


def _alternate(body: bytes, starts: pa.Array, ends: pa.Array) -> bool:
    """Whether documents follow each other with nothing but a line break between them.

    Args:
        body: The text.
        starts: Where they begin; the last may have no end yet.
        ends: Where they end.
    """
    if len(ends) == 0 or body[: starts[0].as_py()].strip():
        return False
    gaps = pc.subtract(starts.slice(1), ends.slice(0, len(starts) - 1))
    adjacent = pc.and_(pc.greater(gaps, 0), pc.less_equal(gaps, len("\r\n")))
    forward = pc.less(starts.slice(0, len(ends)), ends)
    return bool(pc.all(forward).as_py() and pc.all(adjacent, min_count=0).as_py())
