"""What a framer hands to the pager: records and the bytes they were made from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from forensics.model.record import RECORDS, Unreadable

UNREADABLE_BYTES = 64 * 1024
"""How much of what could not be read is kept."""

NO_RECORDS: pa.Table = RECORDS.empty_table()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Consecutive content of one part, and what it was split into.

    Attributes:
        content: The bytes, beginning where the batch before ended.
        lines: Newlines in the part's content up to the end of the batch.
        records: Arrow table with the schema `RECORDS`.
        unreadable: What could not be framed.
    """

    content: memoryview
    lines: int
    records: pa.Table = field(default_factory=RECORDS.empty_table)
    unreadable: Sequence[Unreadable] = ()

    def __bool__(self) -> bool:
        """Whether it holds anything but blank content."""
        return self.records.num_rows > 0 or len(self.unreadable) > 0


class Framer(Protocol):
    """Splits content into records; keeps what it cannot split yet.

    Attributes:
        waiting: Bytes of half a record that were left behind by `finish`.
    """

    waiting: int

    def feed(self, content: bytes) -> Batch:
        """Take the next bytes; give the records that are complete."""
        ...

    def finish(self, *, final: bool) -> Batch:
        """Give what is left at the end.

        Args:
            final: Whether half a record is damage (true) or may still be completed (false).
        """
        ...


def split_lines(body: bytes) -> pa.Array:
    """The lines of `body`, which ends with a newline, without their newlines: large_binary."""
    offsets = pa.array([0, len(body)], pa.int64()).buffers()[1]
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(body)])
    split = pc.split_pattern(whole, pattern="\n").values
    return split.slice(0, len(split) - 1)


def slices(body: bytes, starts: pa.Array, ends: pa.Array) -> pa.Array:
    """The pieces of `body` between `starts` and `ends`, without a loop over them: large_binary.

    Both together, sorted, are the offsets of an array in which pieces and gaps take turns.
    """
    turns = pa.concat_arrays([starts, ends])
    turns = turns.take(pc.array_sort_indices(turns))
    taking_turns = pa.Array.from_buffers(
        pa.large_binary(), len(turns) - 1, [None, turns.buffers()[1], pa.py_buffer(body)]
    )
    return taking_turns.take(pa.arange(0, len(turns) - 1, 2))


def table(offsets: pa.Array, lines: pa.Array, documents: pa.Array) -> pa.Table:
    """Records from their columns.

    Args:
        offsets: int64, bytes in the part's content.
        lines: int64, 1-based; null where lines mean nothing.
        documents: large_binary, JSON texts.
    """
    positions = pa.nulls(len(documents), pa.string())
    return pa.Table.from_arrays([offsets, lines, documents, positions], schema=RECORDS)


def unreadable(offset: int, line: int | None, content: bytes, reason: str) -> Unreadable:
    """An `Unreadable` with no more bytes than are kept."""
    return Unreadable(
        offset=offset, line=line, content=bytes(content[:UNREADABLE_BYTES]), reason=reason
    )


def joined(one: Batch, other: Batch) -> Batch:
    """Two batches of which the second follows the first."""
    return Batch(
        content=memoryview(bytes(one.content) + bytes(other.content)),
        lines=other.lines,
        records=pa.concat_tables([one.records, other.records]),
        unreadable=[*one.unreadable, *other.unreadable],
    )
