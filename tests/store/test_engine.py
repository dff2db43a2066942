"""Limits of the embedded engine."""

from pathlib import Path

import duckdb
import pytest

from forensics.store.engine import engine, memory_limit


def setting(connection: duckdb.DuckDBPyConnection, name: str) -> object:
    return connection.sql("SELECT current_setting($name)", params={"name": name}).fetchall()[0][0]


def test_memory_is_at_most_four_gibibytes_and_half_the_machine() -> None:
    assert 0 < memory_limit() <= 4 * 2**30


def test_the_engine_works_in_utc_with_the_threads_asked_for(tmp_path: Path) -> None:
    with engine(threads=1, spill=tmp_path) as connection:
        assert setting(connection, "TimeZone") == "UTC"
        assert setting(connection, "threads") == 1
        assert str(setting(connection, "temp_directory")).startswith(str(tmp_path))


def test_what_does_not_fit_in_memory_goes_to_disk_and_is_removed(tmp_path: Path) -> None:
    with engine(threads=1, spill=tmp_path) as connection:
        connection.execute("SET memory_limit = '64MB'")
        rows = connection.sql("""
            SELECT count(*) FROM (
                SELECT row_number() OVER (ORDER BY md5(i::VARCHAR)) AS r, repeat('x', 50) AS x
                FROM range(800000) AS t (i)
            ) WHERE r > 0 AND x <> ''""").fetchall()

    assert rows == [(800_000,)]
    assert list(tmp_path.iterdir()) == []


def test_the_connection_is_closed_even_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), engine() as connection:
        raise ZeroDivisionError
    with pytest.raises(duckdb.Error):
        connection.execute("SELECT 1")
