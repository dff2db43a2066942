"""Records of live sources that no format recognises: they are counted, and not stored.

A part that no format recognises is read from its beginning each time, so that what is left of it
is what the newest reading counted: nothing where it is gone, was emptied or is no longer asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from forensics.model.audit import UNMAPPED, SourceAccount
from forensics.store.schema import COVERAGE
from forensics.store.views import NO_FORMAT


def of_left(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    left: Mapping[str, int],
    *,
    asked: Sequence[str],
    is_whole: bool,
    number: int,
) -> pa.Table:
    """Coverage rows for the parts of which nothing is stored, or no longer, where that is new.

    A log is no less complete for it: most databases have tables that tell of no event.

    Args:
        connection: Has the tables of the case.
        source: The source's name.
        left: Part to how many records it has.
        asked: Its addresses in this run so far, the one that was just read last.
        is_whole: Whether that one was read to its end.
        number: Of the commit.
    """
    before = [row for row in connection.execute(_NOW).fetchall() if row[0] == source]
    known = {part: records for _, part, _, records in before}
    now = {
        part: 0
        for _, part, address, _ in before
        if is_whole and address not in asked[:-1] and _place(address) == _place(asked[-1])
    }
    rows: list[dict[str, Any]] = [
        {
            "source": source,
            "part": f"{NO_FORMAT}{part}",
            "page": number,
            "state": "complete",
            "reason": asked[-1],
            "control_total": records,
        }
        for part, records in sorted({**now, **left}.items())
        if known.get(part) != records
    ]
    return pa.Table.from_pylist(rows, COVERAGE)


def counted(
    connection: duckdb.DuckDBPyConnection, accounts: Mapping[str, SourceAccount]
) -> list[SourceAccount]:
    """The accounts, by source, and in them what was left."""
    told = dict(accounts)
    for source, part, address, records in connection.execute(_NOW).fetchall():
        before = told.get(source, SourceAccount(source=source, address=address))
        name = f"{UNMAPPED}{Path(part).name}"
        ignored = {**before.ignored, name: before.ignored.get(name, 0) + records}
        told[source] = replace(before, read=before.read + records, ignored=ignored)
    return [told[source] for source in sorted(told)]


def _place(address: str) -> str:
    return address.partition("?")[0].rpartition("://")[2]


_NOW = "FROM left_records ORDER BY ALL"
