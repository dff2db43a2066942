"""Splits content into records of several lines, each begun by a line of a known kind."""

import pyarrow as pa
import pyarrow.compute as pc

from connectors.files.batch import NO_RECORDS, Batch, joined, slices, split_lines, table, unreadable
from connectors.files.beginnings import Beginning
from connectors.files.lines import without_blank
from forensics.model.record import Unreadable

_NONE = pa.array([], pa.int64())


class Blocks:
    """A record for each line that begins one, with the lines after it up to the next.

    What stands before the first beginning is a record too. Only the next beginning tells that a
    record is complete, so the last one waits.

    Attributes:
        waiting: Bytes of a record that may go on, which were left behind by `finish`.
    """

    def __init__(self, beginning: Beginning, *, offset: int, lines: int, record_bytes: int) -> None:
        """Begin at `offset` of the content, before which there are `lines` newlines.

        Args:
            beginning: How the first line of a record is told.
            offset: Byte at which the content to come begins.
            lines: Newlines before it.
            record_bytes: Longer records are unreadable.
        """
        self.waiting = 0
        self._beginning = beginning
        self._offset = offset
        self._lines = lines
        self._record_bytes = record_bytes
        self._carried = b""
        self._searched = 0
        self._skipping = False

    def feed(self, content: bytes) -> Batch:
        """Take the next bytes; give the records after which another one begins."""
        self._carried += content
        end = self._carried.rfind(b"\n") + 1
        starts = self._starts(end) if end > self._searched else _NONE
        self._searched = max(self._searched, end)
        batch = self._take(starts[-1].as_py(), starts) if len(starts) else self._take(0)
        if len(self._carried) <= self._record_bytes:
            return batch
        return joined(batch, self._given_up())

    @property
    def is_between_lines(self) -> bool:
        """Whether the content ended with the end of a line."""
        return self._carried.endswith(b"\n")

    def finish(self, *, final: bool) -> Batch:
        """Give the last record if nothing will be added to it."""
        rest = self._carried
        if not rest.strip():
            return self._take(len(rest))
        if not final and not self._skipping:
            self.waiting = len(rest)
            return self._take(0)
        last = self._starts(len(rest)) if len(rest) > self._searched else _NONE
        return self._take(len(rest), last)

    def _starts(self, end: int) -> pa.Array:
        """Where records begin in the lines of `carried` from `searched` to `end`."""
        body = self._carried[self._searched : end]
        lines = split_lines(body if body.endswith(b"\n") else body + b"\n")
        first = pc.match_substring_regex(lines, pattern=self._beginning.line)
        if self._beginning.unless:
            unless = pc.match_substring_regex(lines, pattern=self._beginning.unless)
            first = pc.and_not(first, unless)
        lengths = pc.add(pc.binary_length(lines), 1)
        begins = pc.subtract(pc.cumulative_sum(lengths), lengths)
        return pc.add(begins.filter(first), self._searched).cast(pa.int64())

    def _take(self, length: int, starts: pa.Array = _NONE) -> Batch:
        """Cut `length` bytes from what is carried: the records that begin at 0 and at `starts`."""
        content, self._carried = self._carried[:length], self._carried[length:]
        self._skipping = self._skipping and not (len(starts) and starts[0].as_py() == 0)
        if not length:
            return Batch(content=memoryview(b""), lines=self._lines)
        self._searched = max(self._searched - length, 0)
        zero = pa.array([0], pa.int64())
        inner = starts.filter(pc.and_(pc.greater(starts, 0), pc.less(starts, length)))
        records, damaged = self._records(content, pa.concat_arrays([zero, inner]))
        self._offset += length
        self._lines += content.count(b"\n")
        return Batch(
            content=memoryview(content), lines=self._lines, records=records, unreadable=damaged
        )

    def _records(self, content: bytes, starts: pa.Array) -> tuple[pa.Table, list[Unreadable]]:
        last = len(content) - content.endswith(b"\n")
        ends = pa.concat_arrays([pc.subtract(starts.slice(1), 1), pa.array([last], pa.int64())])
        pieces = slices(content, starts, ends)
        newlines = pc.add(pc.count_substring(pieces, pattern="\n"), 1)
        before = pc.subtract(pc.cumulative_sum(newlines), newlines)
        if b"\r" in content or b"\n\n" in content:
            pieces = pc.replace_substring_regex(pieces, pattern=r"[\r\n]+$", replacement="")
        whole = table(
            pc.add(starts, self._offset), pc.add(before, self._lines + 1).cast(pa.int64()), pieces
        )
        if self._skipping:
            whole, self._skipping = whole.slice(1), False
        whole = without_blank(whole)
        too_long = pc.greater(pc.binary_length(whole["document"]), self._record_bytes)
        if not pc.any(too_long).as_py():
            return whole, []
        damaged = [
            unreadable(row["offset"], row["line"], row["document"], self._too_long())
            for row in whole.filter(too_long).to_pylist()
        ]
        return whole.filter(pc.invert(too_long)), damaged

    def _given_up(self) -> Batch:
        """Take what is carried as damage; what follows it is skipped up to the next beginning."""
        # The line that is not complete may begin the next record.
        length = self._searched or len(self._carried)
        content, self._carried = self._carried[:length], self._carried[length:]
        damage = unreadable(self._offset, self._lines + 1, content, self._too_long())
        damaged = [] if self._skipping else [damage]
        self._skipping = True
        self._searched = 0
        self._offset += len(content)
        self._lines += content.count(b"\n")
        return Batch(
            content=memoryview(content),
            lines=self._lines,
            records=NO_RECORDS,
            unreadable=damaged,
        )

    def _too_long(self) -> str:
        return f"The record is longer than {self._record_bytes:,} bytes."
