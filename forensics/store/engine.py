"""The embedded DuckDB engine, with limits taken from the machine."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

_MEMORY_SHARE = 0.5
_MEMORY_CEILING = 4 * 2**30


def memory_limit() -> int:
    """Bytes DuckDB may use: half the machine's memory, at most 4 GiB; the rest spills to disk."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(int(total * _MEMORY_SHARE), _MEMORY_CEILING)


@contextmanager
def engine(
    *, threads: int | None = None, spill: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB that works in UTC, reads no network and is closed at the end.

    Closing matters: DuckDB's threads and those of delta-rs can abort the process when both are
    still running as the interpreter exits.

    Args:
        threads: Worker threads; all cores when None. Results never depend on it.
        spill: Folder for what does not fit in memory; when None, the temporary folder of this
            machine that has most room.
    """
    with tempfile.TemporaryDirectory(prefix="forensics-", dir=spill or _roomiest()) as scratch:
        connection = duckdb.connect(
            config={
                "memory_limit": f"{memory_limit()}B",
                "temp_directory": scratch,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": True,
            }
        )
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET preserve_insertion_order = false")
            connection.execute("SET enable_progress_bar = false")
            # A case's files never change, and every query of hundreds would read all their footers.
            connection.execute("SET parquet_metadata_cache = true")
            if threads is not None:
                connection.execute(f"SET threads = {int(threads)}")
            yield connection
        finally:
            connection.close()


@contextmanager
def beside(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A second connection to the same engine, for work in another thread.

    Tables, views and macros are shared and found where the first finds them; temporary and
    registered ones are not shared.
    """
    second = connection.cursor()
    try:
        second.execute("SET TimeZone = 'UTC'")
        [(path,)] = connection.execute("SELECT current_setting('search_path')").fetchall()
        second.execute(f"SET search_path = '{path}'")
        yield second
    finally:
        second.close()


def _roomiest() -> str:
    """The system's temporary folder is often in memory, `/var/tmp` is on a disk."""
    usual = tempfile.gettempdir()
    candidates = [usual, "/var/tmp"]  # noqa: S108 - only a folder of our own is made in it
    writable = [folder for folder in candidates if os.access(folder, os.W_OK)]
    return max(writable, key=lambda folder: shutil.disk_usage(folder).free, default=usual)
