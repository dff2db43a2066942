"""Rows as JSON: their values as the server has them, written here, many at once.

The server would take more time to write a row as JSON than to find it, and it has others to serve.
What only it can write, it writes: the types that are not named here, and the pages that hold a
value that means something else to Arrow, such as `infinity` or `NaN`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from connectors.live.tables import quoted

_FIRST_US, _AFTER_LAST_US = -62_135_596_800_000_000, 253_402_300_800_000_000
"""The years 1 to 9999: what both write alike."""
_BACKSLASH = 0x5C
_ESCAPED = bytes([*range(0x20), ord('"'), _BACKSLASH])
_OF_NUMBERS = b"-.0123456789"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: What it is called.
        kind: Its type, as `pg_type` has it.
    """

    name: str
    kind: str

    @property
    def asked(self) -> str:
        """How a statement asks for it."""
        value = f"t.{quoted(self.name)}"
        return value if self.kind in _WRITTEN else f"to_json({value})"


def writable(columns: Sequence[Column], values: pa.RecordBatch) -> bool:
    """Whether `written` would write these rows as the server does; else it must be asked to."""
    return all(
        _ALIKE[column.kind](_plain(answered))
        for column, answered in zip(columns, values.columns, strict=True)
        if column.kind in _ALIKE
    )


def written(columns: Sequence[Column], values: pa.RecordBatch) -> pa.Array:
    """Rows as JSON objects: large_binary.

    Args:
        columns: Of the table.
        values: What the server answered to `Column.asked` of each, in this order.
    """
    pieces: list[pa.Array | str] = []
    between = "{"
    for column, answered in zip(columns, values.columns, strict=True):
        write, before, after = _WRITTEN.get(column.kind, (_as_it_is, "", ""))
        texts = write(_plain(answered))
        if before and texts.null_count:
            texts = pc.binary_join_element_wise(before, texts, after, "")
            before = after = ""
        pieces += [f"{between}{orjson.dumps(column.name).decode()}:{before}", texts]
        between = f"{after},"
    return pc.binary_join_element_wise(
        *pieces, f"{between[:-1]}}}", "", null_handling="replace", null_replacement="null"
    ).cast(pa.large_binary())


def _plain(column: pa.Array) -> pa.Array:
    """The values of a column, without what Arrow knows of their type besides."""
    return column.storage if isinstance(column, pa.ExtensionArray) else column


def _as_it_is(values: pa.Array) -> pa.Array:
    return values.cast(pa.string())


def _text(values: pa.Array) -> pa.Array:
    content = _content(values)
    present = set(content.translate(None, content.translate(None, _ESCAPED)))
    for sign in sorted(present, key=lambda sign: sign != _BACKSLASH):
        there = orjson.dumps(chr(sign)).decode()[1:-1]
        values = pc.replace_substring(values, pattern=chr(sign), replacement=there)
    return values


def _is_finite(values: pa.Array) -> bool:
    return not _content(values).translate(None, _OF_NUMBERS)


def _is_dated(values: pa.Array) -> bool:
    bounds = pc.min_max(values.cast(pa.int64()))
    first, last = bounds["min"].as_py(), bounds["max"].as_py()
    return first is None or (first >= _FIRST_US and last < _AFTER_LAST_US)


def _time(values: pa.Array) -> pa.Array:
    texts = values.cast(pa.timestamp("us")).cast(pa.string())
    # The server writes no zeros at the end of a fraction, and no fraction of zeros.
    texts = pc.ascii_rtrim(pc.ascii_rtrim(texts, "0"), ".")
    return pc.binary_replace_slice(texts, start=10, stop=11, replacement="T")


def _content(values: pa.Array) -> bytes:
    """All texts one after the other."""
    content = values.buffers()[2]
    return content.to_pybytes() if content else b""


_WRITTEN: Mapping[str, tuple[Callable[[pa.Array], pa.Array], str, str]] = {
    "bool": (_as_it_is, "", ""),
    "int2": (_as_it_is, "", ""),
    "int4": (_as_it_is, "", ""),
    "int8": (_as_it_is, "", ""),
    "json": (_as_it_is, "", ""),
    "jsonb": (_as_it_is, "", ""),
    "numeric": (_as_it_is, "", ""),
    "text": (_text, '"', '"'),
    "timestamp": (_time, '"', '"'),
    "timestamptz": (_time, '"', '+00:00"'),
    "varchar": (_text, '"', '"'),
}
"""Types that are written here: how, and what stands before and after them."""

_ALIKE: Mapping[str, Callable[[pa.Array], bool]] = {
    "numeric": _is_finite,
    "timestamp": _is_dated,
    "timestamptz": _is_dated,
}
"""Types of which some values are written otherwise by the server."""
