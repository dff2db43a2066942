"""Reads files the way an ingest does: split, recognised, mapped."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.files.connector import Files
from connectors.registry import mapping_texts
from forensics.model.columns import EVENTS
from forensics.model.record import Page
from forensics.normalise import apply, documents, recognise
from forensics.normalise.mapping import Mapping, parse
from forensics.normalise.repeats import Repeats
from forensics.store.engine import engine

DATA = Path(__file__).parents[2] / "data" / "formats"
MAPPINGS: dict[str, Mapping] = {
    mapping.format: mapping
    for mapping in (parse(text, where=where) for where, text in mapping_texts())
}


def in_one_place(folder: str) -> pytest.MarkDecorator:
    """Lets one worker run all tests of a format, so that a sample is read once."""
    return pytest.mark.xdist_group(f"format-{folder}")


@dataclass(slots=True)
class Reading:
    """What came of some files.

    Attributes:
        formats: Display path to the format that was recognised; None when none was.
        events: Canonical events, without null columns, in the order of their positions.
        ignored: Records ignored, by name.
        quarantined: Sentences on records that could not be read.
        read: Records handed over.
        mapped: Records that gave events.
        already_stored: Records whose own id was there already.
    """

    formats: dict[str, str | None] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    quarantined: list[str] = field(default_factory=list)
    read: int = 0
    mapped: int = 0
    already_stored: int = 0


@contextmanager
def prepared(*, timezone: str = "UTC") -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on which mappings run, with an empty case."""
    with engine(threads=1) as connection:
        apply.prepare(connection, timezone=timezone)
        connection.register("events", EVENTS.empty_table())
        yield connection


@cache
def sample(path: Path) -> Reading:
    """One of the sample files; read once, however many tests look at it."""
    return read([path])


def read(paths: Sequence[Path], *, format_name: str = "", timezone: str = "UTC") -> Reading:
    """Read files, each as a source of its own."""
    reading = Reading()
    with prepared(timezone=timezone) as connection:
        for path in paths:
            for page in Files(name="log", address=str(path), final=True).pages([]):
                if isinstance(page, Page):
                    _add(connection, page, reading, format_name, path)
    return reading


def _add(
    connection: duckdb.DuckDBPyConnection,
    page: Page,
    reading: Reading,
    format_name: str,
    path: Path,
) -> None:
    text = documents.text(page)
    table, unreadable = text.documents, text.unreadable
    candidates = [MAPPINGS[format_name]] if format_name else list(MAPPINGS.values())
    mapping = recognise.best(connection, candidates, table)
    reading.formats[path.name] = mapping.format if mapping else None
    reading.quarantined += [bad.reason for _, _, bad in unreadable]
    reading.read += len(unreadable)
    if mapping is None:
        reading.read += table.num_rows
        reading.ignored["unmapped"] += table.num_rows
        return
    apply.stage(connection, mapping, table, source=path.stem, acquisition_id="now")
    Repeats().drop(connection)
    for tally in apply.tallies(connection).values():
        reading.read += tally.read
        reading.mapped += tally.mapped
        reading.already_stored += tally.already_stored
        reading.ignored.update(tally.ignored)
    rows = connection.sql(f"{apply.events_query()} ORDER BY source_line, source_position, event_id")
    reading.events += [
        {name: value for name, value in row.items() if value is not None}
        for row in rows.to_arrow_table().to_pylist()
    ]
    problems = connection.sql(f"SELECT reason FROM ({apply.QUARANTINE_QUERY}) ORDER BY reason")
    reading.quarantined += [reason for (reason,) in problems.fetchall()]
