"""Halves of records at the ends of logs that are still written: known of, and not yet read."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from forensics.model.record import Notice
from forensics.store.schema import COVERAGE

_TAIL = "tail of "


def of_tails(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    notices: Sequence[Notice],
    *,
    number: int,
) -> pa.Table:
    """Coverage rows for what waits at the end of a part, and for what no longer does.

    A log is no less complete for it: the rest of the record is still to be written.

    Args:
        connection: Has the tables of the case.
        source: The source's name.
        notices: What was told of it.
        number: Of the commit.
    """
    waiting = {n.part: (n.sentence, n.waiting) for n in notices if n.waiting}
    read = {name for n in notices if n.state != "failed" for name in (n.part, n.formerly)}
    before = dict(connection.execute(_WAITING, {"source": source}).fetchall())
    said: dict[str, tuple[str, int]] = dict.fromkeys(before.keys() & read, ("", 0)) | waiting
    rows: list[dict[str, Any]] = [
        {
            "source": source,
            "part": f"{_TAIL}{part}",
            "page": number,
            "state": "complete",
            "reason": sentence,
            "control_total": length,
        }
        for part, (sentence, length) in sorted(said.items())
        if before.get(part) != sentence
    ]
    return pa.Table.from_pylist(rows, COVERAGE)


def tail_sentences(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Source to what waits at the ends of its parts; nothing where nothing does."""
    return dict(connection.execute(_SENTENCES).fetchall())


_NEWEST = f"""
    FROM coverage WHERE starts_with(part, '{_TAIL}')
    QUALIFY row_number() OVER (PARTITION BY source, part ORDER BY page DESC) = 1"""

_WAITING = f"""
    SELECT substr(part, {len(_TAIL) + 1}), reason FROM ({_NEWEST})
    WHERE control_total > 0 AND source = $source"""

_SENTENCES = f"""
    SELECT source, string_agg(reason, ' ' ORDER BY part) FROM ({_NEWEST})
    WHERE control_total > 0 GROUP BY source ORDER BY source"""
