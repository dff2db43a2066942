"""Where the records of an unknown log stand in its documents, and which fields they have."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import orjson

from forensics.normalise.explode import exploded
from forensics.normalise.mapping import parse
from forensics.normalise.paths import Paths
from forensics.normalise.sql_types import text

_LONGEST_DOCUMENT = 2**20
_MOST_RECORDS = 20_000
_MOST_FIELDS = 600
_MOST_TIMES = 40
_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_UNNAMEABLE = re.compile(r"""[{}:'"\\\x00-\x1f\x7f]""")
_NAMED_AS_TIME = re.compile(
    r"time|date|stamp|created|started|^ts|_ts$|_at$|At$|msec", re.IGNORECASE
)
_TIME = "^[12][0-9]{3}-[01][0-9]-[0-3][0-9]([T ]|$)|^[0-3][0-9]/[A-Z][a-z]{2}/[12][0-9]{3}:"
_EPOCH = "^1[0-9]{9}([0-9]{3}){0,3}([.][0-9]+)?$"

Structure = Any
"""As DuckDB's `json_group_structure` has it: names to structures, a list of one, or a type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where records may stand.

    Attributes:
        path: As in `records` of a mapping; empty for the document itself.
        leaves: Paths of its scalars inside it, outside deeper lists, with the last name of each.
    """

    path: str
    leaves: Sequence[tuple[str, str]]


def sample(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Fill the temporary table `sampled` (record, body) from `documents`; where records stand.

    The record is the outermost thing that has a time of its own; nothing in a list is when
    nothing in the log has one.
    """
    _explode(connection, ())
    whole = structure(connection)
    places = [_Place(path="", leaves=list(_scalars(whole, ""))), *_places(whole, "")]
    timed = [place for place in places if _has_time(connection, place)]
    first = min(timed, key=lambda p: (p.path.count("[]") + bool(p.path), p.path), default=None)
    if first is None or not first.path:
        return ()
    _explode(connection, (first.path,))
    return (first.path,)


def structure(connection: duckdb.DuckDBPyConnection) -> Structure:
    """What all sampled records hold together."""
    rows = connection.execute("SELECT json_group_structure(body::JSON) FROM sampled").fetchall()
    return orjson.loads(rows[0][0]) if rows[0][0] else {}


def field_paths(whole: Structure) -> list[str]:
    """Paths of the fields, lists as one field, of those with very many the outermost."""
    found = sorted(_fields(whole, ""), key=lambda path: (path.count("."), len(path), path))
    return found[:_MOST_FIELDS]


def _explode(connection: duckdb.DuckDBPyConnection, lists: Sequence[str]) -> None:
    """The same records whatever the order of the documents; what DuckDB cannot walk is left out."""
    listed = orjson.dumps(list(lists)).decode()
    shell = parse(
        f'format = "sample"\nrecognise = "true"\nrecords = {listed}\n[[event]]\n', where="sample"
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE sampled AS
        SELECT row_number() OVER () AS record, body
        FROM ({exploded(shell, Paths(), has_arrays=True)})
        WHERE NOT hollow AND length(body) < {_LONGEST_DOCUMENT}
            AND TRY(json_type(body)) = 'OBJECT' AND TRY(json_structure(body)) IS NOT NULL
        QUALIFY row_number() OVER (ORDER BY md5(body)) <= {_MOST_RECORDS}""")


def _named(prefix: str, name: str) -> str | None:
    """The path of a name, or None where no placeholder can hold it."""
    # DuckDB takes `"*"` for every name, in quotes too.
    if name in {"", "*"} or _UNNAMEABLE.search(name):
        return None
    step = name if _PLAIN.fullmatch(name) else f'"{name}"'
    return f"{prefix}.{step}" if prefix else step


def _steps(whole: Structure, prefix: str) -> Iterator[tuple[str, str, Structure]]:
    if isinstance(whole, Mapping):
        for name, inner in whole.items():
            path = _named(prefix, name)
            if path is not None:
                yield path, name, inner


def _fields(whole: Structure, prefix: str) -> Iterator[str]:
    for path, _, inner in _steps(whole, prefix):
        yield path
        yield from _fields(inner, path)


def _scalars(whole: Structure, prefix: str) -> Iterator[tuple[str, str]]:
    for path, name, inner in _steps(whole, prefix):
        if isinstance(inner, str):
            yield path, name
        else:
            yield from _scalars(inner, path)


def _places(whole: Structure, prefix: str) -> Iterator[_Place]:
    """Lists of objects, and those in their elements."""
    for path, _, inner in _steps(whole, prefix):
        if isinstance(inner, list) and inner and isinstance(inner[0], Mapping):
            yield _Place(path=path, leaves=list(_scalars(inner[0], "")))
            for deeper in _places(inner[0], ""):
                yield _Place(path=f"{path}[].{deeper.path}", leaves=deeper.leaves)
        else:
            yield from _places(inner, path)


def _has_time(connection: duckdb.DuckDBPyConnection, place: _Place) -> bool:
    """Whether any record there has a time: by its shape, or a number under the name of a time."""
    inside = f"$.{place.path.replace('[]', '[*]')}[*]" if place.path else "$"
    likely = sorted(place.leaves, key=lambda leaf: (not _NAMED_AS_TIME.search(leaf[1]), leaf[0]))
    tests = []
    for path, name in likely[:_MOST_TIMES]:
        pattern = f"{_TIME}|{_EPOCH}" if _NAMED_AS_TIME.search(name) else _TIME
        found = f"json_extract_string(body, {text(f'{inside}.{path}')})"
        listed = found if place.path else f"[{found}]"
        tests.append(
            f"coalesce(list_bool_or(list_transform({listed},"
            f" lambda v: regexp_matches(v, {text(pattern)}))), false)"
        )
    if not tests:
        return False
    query = f"SELECT coalesce(bool_or({' OR '.join(tests)}), false) FROM sampled"
    return bool(connection.execute(query).fetchall()[0][0])
