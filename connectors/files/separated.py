"""Splits CSV: a header, and rows that may span lines inside quotes."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from connectors.files.batch import NO_RECORDS, Batch, joined, split_lines, table, unreadable
from connectors.files.rows import json_objects, unique_names
from forensics.model.record import Unreadable

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 20
_NAME = re.compile(r"[A-Za-z_@$#][\w .:/@$#()\[\]-]{0,63}")
_BARE_NAME = re.compile(r"[A-Za-z_]\w*")
_FITTING = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the first row says about those after it.

    Attributes:
        names: Keys of the objects the rows become.
        delimiter: What separates fields.
        is_written: Whether the first row is the header.
    """

    names: tuple[str, ...]
    delimiter: str
    is_written: bool = True


# https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG
# Version 13 added `backend_type`, version 14 the last two.
_POSTGRESQL = (
    "log_time", "user_name", "database_name", "process_id", "connection_from", "session_id",
    "session_line_num", "command_tag", "session_start_time", "virtual_transaction_id",
    "transaction_id", "error_severity", "sql_state_code", "message", "detail", "hint",
    "internal_query", "internal_query_pos", "context", "query", "query_pos", "location",
    "application_name", "backend_type", "leader_pid", "query_id",
)  # fmt: skip
_POSTGRESQL_COLUMNS = frozenset({23, 24, 26})
_POSTGRESQL_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S+")


def header_of(sample: bytes) -> Header | None:
    """The header with which `sample` begins, or None when it is not CSV.

    A header is told by its cells, which are names; rows by having as many fields, most of them.
    PostgreSQL's csvlog has none and is told by its first row.

    Args:
        sample: The first bytes, without byte order mark and comment.
    """
    text = sample.decode("utf-8", "replace")
    found = (_header_with(text, delimiter) for delimiter in _DELIMITERS)
    if _POSTGRESQL_TIME.match(text):
        return _postgresql(text)
    return max(filter(None, found), key=lambda header: len(header.names), default=None)


def first_row(sample: bytes) -> Header:
    """The first row as a header, whatever it looks like.

    Args:
        sample: As for `header_of`.
    """
    text = sample.decode("utf-8", "replace")
    rows = {delimiter: _sample_rows(text, delimiter) for delimiter in _DELIMITERS}
    delimiter = max(rows, key=lambda each: len(rows[each][0]) if rows[each] else 0)
    return Header(names=tuple(unique_names(rows[delimiter][0])), delimiter=delimiter)


def _postgresql(text: str) -> Header | None:
    rows = _sample_rows(text, ",")
    is_one = bool(rows) and len(rows[0]) in _POSTGRESQL_COLUMNS
    if not is_one or not _POSTGRESQL_TIME.fullmatch(rows[0][0]):
        return None
    return Header(names=_POSTGRESQL[: len(rows[0])], delimiter=",", is_written=False)


def _header_with(text: str, delimiter: str) -> Header | None:
    rows = _sample_rows(text, delimiter)
    if not rows or len(rows[0]) < 2:  # noqa: PLR2004 - one field is a line, not a row
        return None
    first, *others = rows
    named = [cell.strip() for cell in first if cell.strip()]
    if len(named) * 2 <= len(first) or not all(map(_NAME.fullmatch, named)):
        return None
    fitting = [row for row in others if len(row) == len(first)]
    # Text with a comma in every line repeats its words; a header does not.
    if any(cell == name != "" for row in fitting for cell, name in zip(row, first, strict=True)):
        return None
    if not others and not all(map(_BARE_NAME.fullmatch, named)):
        return None
    if len(fitting) < _FITTING * len(others):
        return None
    return Header(names=tuple(unique_names(first)), delimiter=delimiter)


def _sample_rows(text: str, delimiter: str) -> list[list[str]]:
    """The first rows, without the last, which may be half of one."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        rows = [row for row in islice(reader, _SAMPLE_ROWS + 1) if "".join(row).strip()]
    except csv.Error:
        return []
    is_whole = len(rows) <= _SAMPLE_ROWS and text.endswith("\n") and text.count('"') % 2 == 0
    return rows if is_whole or len(rows) == 1 else rows[:-1]


class Separated:
    """A record for each row after the header: a JSON object, all of whose values are texts.

    Attributes:
        waiting: Bytes of half a row that were left behind by `finish`.
    """

    def __init__(
        self, header: Header, *, offset: int, lines: int, record_bytes: int, at_header: bool
    ) -> None:
        """Begin at `offset` of the content, before which there are `lines` newlines.

        Args:
            header: The header of the whole content.
            offset: Byte at which the content to come begins.
            lines: Newlines before it.
            record_bytes: Longer rows are unreadable.
            at_header: Whether the content to come begins with the header.
        """
        self.waiting = 0
        self._header = header
        self._offset = offset
        self._lines = lines
        self._record_bytes = record_bytes
        self._at_header = at_header
        self._carried = b""

    def feed(self, content: bytes) -> Batch:
        """Take the next bytes; give the rows that are complete."""
        self._carried += content
        body = self._carried[: self._carried.rfind(b"\n") + 1]
        batch = self._split(body) if body else self._take(0)
        if len(self._carried) <= self._record_bytes:
            return batch
        return joined(batch, self._given_up())

    def finish(self, *, final: bool) -> Batch:
        """Give the last row if it will not go on: a number without a newline may."""
        rest = self._carried
        if not rest.strip() or not final:
            self.waiting = len(rest) if rest.strip() else 0
            return self._take(0)
        return self._given_up()

    def _split(self, body: bytes) -> Batch:
        """Split `body`, which ends with a newline, into as many rows as it has to their end."""
        lines = split_lines(body)
        after = pc.cumulative_sum(pc.add(pc.binary_length(lines), 1))
        quotes = pc.cumulative_sum(pc.count_substring(lines, pattern='"'))
        ends = pc.equal(pc.bit_wise_and(quotes, 1), 0)
        bounds = after.filter(ends)
        if len(bounds) == 0:
            return self._take(0)
        starts = pa.concat_arrays([pa.array([0], pa.int64()), bounds.slice(0, len(bounds) - 1)])
        numbers = pa.arange(1, len(lines) + 1).filter(ends)
        numbers = pc.add(pa.concat_arrays([pa.array([0], pa.int64()), numbers]), self._lines + 1)
        rows = table(
            pc.add(starts, self._offset),
            numbers.slice(0, len(starts)),
            _cut(body[: bounds[-1].as_py()], starts),
        )
        return self._take(bounds[-1].as_py(), rows)

    def _take(self, length: int, rows: pa.Table = NO_RECORDS) -> Batch:
        """Cut `length` bytes from what is carried, with the rows in them, not yet parsed."""
        content, self._carried = self._carried[:length], self._carried[length:]
        self._offset += length
        self._lines += content.count(b"\n")
        rows = _without_blank(rows)
        if self._at_header and rows.num_rows:
            rows, self._at_header = rows.slice(1), False
        records, damaged = self._parsed(rows)
        return Batch(
            content=memoryview(content), lines=self._lines, records=records, unreadable=damaged
        )

    def _given_up(self) -> Batch:
        """Take a quote that never closes as a mistake: its lines are rows, or damage."""
        lines = self._carried.splitlines(keepends=True)
        lengths = pa.array([len(line) for line in lines], pa.int64())
        starts = pc.subtract(pc.cumulative_sum(lengths), lengths)
        numbers = pa.arange(self._lines + 1, self._lines + 1 + len(lines))
        rows = table(pc.add(starts, self._offset), numbers, pa.array(lines, pa.large_binary()))
        return self._take(len(self._carried), rows)

    def _parsed(self, rows: pa.Table) -> tuple[pa.Table, list[Unreadable]]:
        if rows.num_rows == 0:
            return NO_RECORDS, []
        if pc.max(pc.binary_length(rows["document"])).as_py() > self._record_bytes:
            return self._parsed_one_by_one(rows)
        try:
            fields = self._fields(rows)
        except pa.ArrowInvalid:
            return self._parsed_one_by_one(rows)
        if fields.num_rows != rows.num_rows:
            return self._parsed_one_by_one(rows)
        return table(rows["offset"], rows["line"], json_objects(fields)), []

    def _fields(self, rows: pa.Table) -> pa.Table:
        """All rows at once.

        Raises:
            pa.ArrowInvalid: One of them has too few fields, or is not UTF-8.
        """
        texts = _together(rows["document"])
        return pyarrow.csv.read_csv(
            pa.BufferReader(texts),
            read_options=pyarrow.csv.ReadOptions(
                column_names=self._header.names, use_threads=False, block_size=texts.size + 1
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=self._header.delimiter, newlines_in_values=True
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(self._header.names, pa.string())
            ),
        )

    def _parsed_one_by_one(self, rows: pa.Table) -> tuple[pa.Table, list[Unreadable]]:
        whole: list[tuple[int, int, list[str]]] = []
        damaged: list[Unreadable] = []
        for row in rows.to_pylist():
            for offset, line, content in self._pieces(row["offset"], row["line"], row["document"]):
                fields, reason = self._row(content)
                if reason:
                    damaged.append(unreadable(offset, line, content, reason))
                else:
                    whole.append((offset, line, fields))
        if not whole:
            return NO_RECORDS, damaged
        offsets, lines, values = zip(*whole, strict=True)
        columns = [pa.array(column, pa.string()) for column in zip(*values, strict=True)]
        texts = json_objects(pa.Table.from_arrays(columns, names=list(self._header.names)))
        return table(pa.array(offsets, pa.int64()), pa.array(lines, pa.int64()), texts), damaged

    def _pieces(self, offset: int, line: int, row: bytes) -> Iterator[tuple[int, int, bytes]]:
        """The row, or its lines when it only became one row by a stray quote."""
        lines = row.splitlines(keepends=True)
        if not self._row(row)[1] or len(lines) == 1:
            yield offset, line, row.rstrip(b"\r\n")
            return
        for number, each in enumerate(lines):
            yield offset, line + number, each.rstrip(b"\r\n")
            offset += len(each)

    def _row(self, content: bytes) -> tuple[list[str], str]:
        """The fields of a row, or why it is none."""
        if len(content) > self._record_bytes:
            return [], f"The row is longer than {self._record_bytes:,} bytes."
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            return [], "The row is not valid UTF-8."
        try:
            fields = next(csv.reader(io.StringIO(text), delimiter=self._header.delimiter), [])
        except csv.Error as problem:
            return [], f"The row is not CSV: {problem}."
        if len(fields) != len(self._header.names):
            return [], f"The row has {len(fields)} fields, the header {len(self._header.names)}."
        return fields, ""


def _cut(body: bytes, starts: pa.Array) -> pa.Array:
    """The pieces of `body` that begin at `starts`."""
    bounds = pa.concat_arrays([starts, pa.array([len(body)], pa.int64())])
    return pa.Array.from_buffers(
        pa.large_binary(), len(starts), [None, bounds.buffers()[1], pa.py_buffer(body)]
    )


def _without_blank(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.invert(pc.match_substring_regex(rows["document"], pattern=r"^[\s\v]*$")))


def _together(documents: pa.ChunkedArray) -> pa.Buffer:
    """The bytes of all documents, one after the other, as they lie in memory."""
    array = documents.combine_chunks()
    _, bounds, values = array.buffers()
    bounds = pa.Array.from_buffers(pa.int64(), array.offset + len(array) + 1, [None, bounds])
    start = bounds[array.offset].as_py()
    return values.slice(start, bounds[-1].as_py() - start)
