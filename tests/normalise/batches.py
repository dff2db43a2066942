"""Batches of documents, and what a mapping makes of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from forensics.model.columns import EVENTS
from forensics.model.record import RECORDS, Page, Part
from forensics.normalise import apply, documents
from forensics.normalise.apply import Tally
from forensics.normalise.mapping import Mapping, parse
from forensics.normalise.repeats import Repeats
from forensics.store.engine import engine


@contextmanager
def prepared(*, timezone: str = "UTC") -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on which mappings run, with an empty case."""
    with engine(threads=2) as connection:
        apply.prepare(connection, timezone=timezone)
        connection.register("events", EVENTS.empty_table())
        yield connection


def page(contents: Sequence[bytes]) -> Page:
    """One page with these records, at offsets 0, 1, 2, …"""
    records = pa.table(
        {
            "offset": list(range(len(contents))),
            "line": list(range(1, len(contents) + 1)),
            "document": pa.array(contents, pa.large_binary()),
            "position": pa.nulls(len(contents), pa.string()),
        },
        schema=RECORDS,
    )
    return Page(
        part=Part(identity="part", display="log.jsonl"),
        records=records,
        start=0,
        end=len(contents),
        lines=len(contents),
        sha256="",
        head_length=0,
        head_sha256="",
        framing="lines",
        complete=True,
    )


def mapping(text: str) -> Mapping:
    """A mapping named `test` that recognises every object, plus what `text` says."""
    begin = "" if "recognise =" in text else 'recognise = "true"\n'
    return parse(f'format = "test"\n{begin}{text}', where="test.toml")


def staged(
    connection: duckdb.DuckDBPyConnection, how: Mapping, contents: Sequence[bytes]
) -> tuple[list[dict[str, Any]], Tally, list[str]]:
    """Events without null columns, the account, and the sentences of what is in quarantine."""
    text = documents.text(page(contents))
    apply.stage(connection, how, text.documents, source="log", acquisition_id="now")
    Repeats().drop(connection)
    tally = apply.tallies(connection).get("part", Tally.nothing())
    for _ in text.unreadable:
        tally += Tally.one_unreadable()
    rows = connection.sql(
        f"{apply.events_query()} ORDER BY source_line, source_position, source_part, event_id"
    )
    events = [
        {name: value for name, value in row.items() if value is not None}
        for row in rows.to_arrow_table().to_pylist()
    ]
    reasons = [bad.reason for _, _, bad in text.unreadable]
    reasons += [
        r for (r,) in connection.sql(f"SELECT reason FROM ({apply.QUARANTINE_QUERY})").fetchall()
    ]
    return events, tally, sorted(reasons)
