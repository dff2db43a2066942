"""Splits content into lines: JSON lines, and anything else that has a record a line."""

import json

import pyarrow as pa
import pyarrow.compute as pc

from connectors.files.batch import Batch, split_lines, table, unreadable
from connectors.files.scan import is_complete
from forensics.model.record import Unreadable

_MAYBE_BLANK = pa.array([b"", b" ", b"\t", b"\r", b"\v", b"\f"], pa.large_binary())


class Lines:
    """A record a line; blank lines are passed over but counted.

    Attributes:
        waiting: Bytes of half a line that were left behind by `finish`.
    """

    def __init__(self, *, offset: int, lines: int, record_bytes: int) -> None:
        """Begin at `offset` of the content, before which there are `lines` newlines.

        Args:
            offset: Byte at which the content to come begins.
            lines: Newlines before it.
            record_bytes: Longer lines are unreadable.
        """
        self.waiting = 0
        self._offset = offset
        self._lines = lines
        self._record_bytes = record_bytes
        self._carried: list[bytes] = []
        self._carried_bytes = 0
        self._skipping = False

    def feed(self, content: bytes) -> Batch:
        """Take the next bytes; give the lines that are complete."""
        cut = content.rfind(b"\n") + 1
        if not cut:
            return self._carry(content)
        body = b"".join([*self._carried, memoryview(content)[:cut]])
        self._carried = [content[cut:]]
        self._carried_bytes = len(content) - cut
        return self._split(body)

    def finish(self, *, final: bool) -> Batch:
        """Give the last line if it has no newline but is complete, or never will be.

        A complete JSON object or array is a record without its newline: nothing that is appended
        can change it, and the newline that may follow is a blank line to the next reading.
        """
        tail = b"".join(self._carried)
        self._carried = []
        if self._skipping:
            return self._take(tail)
        if not tail.strip():
            return self._take(b"")
        if is_complete(tail) or (final and _is_json(tail)):
            return self._take(tail, records=self._record(tail))
        if final:
            return self._take(tail, damage="The last line breaks off: it has no end.")
        self.waiting = len(tail)
        return self._take(b"")

    def _carry(self, content: bytes) -> Batch:
        self._carried.append(content)
        self._carried_bytes += len(content)
        if self._carried_bytes <= self._record_bytes:
            return self._take(b"")
        tail = b"".join(self._carried)
        self._carried, self._carried_bytes = [], 0
        if self._skipping:
            return self._take(tail)
        self._skipping = True
        return self._take(tail, damage=self._too_long())

    def _split(self, body: bytes) -> Batch:
        """Split whole lines; `body` ends with a newline."""
        lines = split_lines(body)
        lengths = pc.binary_length(lines)
        ends = pc.add(pc.cumulative_sum(pc.add(lengths, 1)), self._offset)
        offsets = pc.subtract(pc.subtract(ends, lengths), 1)
        numbers = pa.arange(self._lines + 1, self._lines + 1 + len(lines))
        if b"\r" in body:
            lines = pc.replace_substring_regex(lines, pattern=r"\r$", replacement="")
        whole = table(offsets, numbers, lines)
        if self._skipping:
            whole, self._skipping = whole.slice(1), False
        records, damaged = self._without_too_long(without_blank(whole))
        self._offset += len(body)
        self._lines += len(lines)
        return Batch(
            content=memoryview(body), lines=self._lines, records=records, unreadable=damaged
        )

    def _without_too_long(self, records: pa.Table) -> tuple[pa.Table, list[Unreadable]]:
        too_long = pc.greater(pc.binary_length(records["document"]), self._record_bytes)
        if not pc.any(too_long).as_py():
            return records, []
        damaged = [
            unreadable(row["offset"], row["line"], row["document"], self._too_long())
            for row in records.filter(too_long).to_pylist()
        ]
        return records.filter(pc.invert(too_long)), damaged

    def _too_long(self) -> str:
        return f"The line is longer than {self._record_bytes:,} bytes."

    def _record(self, line: bytes) -> pa.Table:
        return table(
            pa.array([self._offset], pa.int64()),
            pa.array([self._lines + 1], pa.int64()),
            pa.array([line.removesuffix(b"\r")], pa.large_binary()),
        )

    def _take(self, content: bytes, *, records: pa.Table | None = None, damage: str = "") -> Batch:
        """A batch of `content` that holds no newline, as one record, as damage or as nothing."""
        damaged = [unreadable(self._offset, self._lines + 1, content, damage)] if damage else []
        self._offset += len(content)
        batch = Batch(content=memoryview(content), lines=self._lines, unreadable=damaged)
        if records is None:
            return batch
        return Batch(content=batch.content, lines=batch.lines, records=records)


def without_blank(records: pa.Table) -> pa.Table:
    """Records without those of nothing but white space."""
    documents = records["document"]
    maybe = pc.is_in(pc.binary_slice(documents, 0, 1), value_set=_MAYBE_BLANK)
    if not pc.any(maybe).as_py():
        return records
    # RE2's \s knows no vertical tab.
    return records.filter(pc.invert(pc.match_substring_regex(documents, pattern=r"^[\s\v]*$")))


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
