"""Halves of records at the ends of logs that are still written: known of, and not yet read."""

import fnmatch
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from forensics.model.record import Notice
from forensics.model.words import plural
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
    read = _named(notices)
    before = {part: reason for part, reason, _ in _waiting(connection, source)}
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


def gone(
    connection: duckdb.DuckDBPyConnection, source: str, notices: Sequence[Notice], *, address: str
) -> list[Notice]:
    """What is to be told of parts that waited and whose file is no longer there.

    Args:
        connection: Has the tables of the case.
        source: The source's name.
        notices: What was told of it; a part that was read under another name is not gone.
        address: What was just read: only what lay there has been looked for.
    """
    read = _named(notices)
    return [
        Notice(
            part=part,
            state="gone",
            sentence=f"`{part}` is no longer there: its last {plural(length, 'byte')}, where a"
            " record broke off, were never read.",
        )
        for part, _, length in _waiting(connection, source)
        if part not in read and _lies_at(part, address) and _is_missing(part)
    ]


def _named(notices: Sequence[Notice]) -> set[str]:
    """Parts that were found, under either name."""
    return {name for n in notices if n.state != "failed" for name in (n.part, n.formerly)}


def _lies_at(part: str, address: str) -> bool:
    return (
        part == address
        or part.startswith(f"{address.rstrip('/')}/")
        or fnmatch.fnmatch(part, str(Path(address).expanduser()))
    )


def _is_missing(part: str) -> bool:
    """Whether there is no such file; one that must not be looked at may well be there."""
    try:
        Path(part).expanduser().lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _waiting(connection: duckdb.DuckDBPyConnection, source: str) -> list[tuple[str, str, int]]:
    """Parts that waited, what was said of each, and how many bytes it was."""
    return connection.execute(_WAITING, {"source": source}).fetchall()


def tail_sentences(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Source to what waits at the ends of its parts; nothing where nothing does."""
    return dict(connection.execute(_SENTENCES).fetchall())


_NEWEST = f"""
    FROM coverage WHERE starts_with(part, '{_TAIL}')
    QUALIFY row_number() OVER (PARTITION BY source, part ORDER BY page DESC) = 1"""

_WAITING = f"""
    SELECT substr(part, {len(_TAIL) + 1}), reason, control_total FROM ({_NEWEST})
    WHERE control_total > 0 AND source = $source ORDER BY part"""

_SENTENCES = f"""
    SELECT source, string_agg(reason, ' ' ORDER BY part) FROM ({_NEWEST})
    WHERE control_total > 0 GROUP BY source ORDER BY source"""
