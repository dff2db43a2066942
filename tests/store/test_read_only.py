"""Other people's SQL reads the case and nothing else."""

from pathlib import Path

import duckdb
import pytest

from forensics.model.errors import UsageError
from forensics.store.case_store import CaseStore
from forensics.store.read_only import ask, read_only_engine
from forensics.store.verification import verify
from tests.store.rows import events


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("it's [read]") / "case"
    with CaseStore.open(folder) as store:
        store.commit([events(store, ["1", "2"])], what="ingest")
    return folder


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) AS n FROM events",
        "FROM events",
        "WITH few AS (SELECT * FROM events LIMIT 1) SELECT event_id FROM few",
        "SHOW TABLES",
        "DESCRIBE events",
        "SUMMARIZE quarantine",
        "VALUES (1)",
        "-- a comment; with a semicolon\nSELECT 1",
    ],
)
def test_a_query_is_answered(case: Path, query: str) -> None:
    with CaseStore.open(case, read_only=True) as store, read_only_engine(store) as connection:
        assert ask(connection, query).num_rows >= 1


def test_values_are_bound(case: Path) -> None:
    query = "SELECT event_id FROM events WHERE event_id = $id"
    with CaseStore.open(case, read_only=True) as store, read_only_engine(store) as connection:
        assert ask(connection, query, {"id": "2"}).to_pylist() == [{"event_id": "2"}]


@pytest.mark.parametrize(
    "query",
    [
        "COPY events TO '{data}' (FORMAT parquet, USE_TMP_FILE false)",
        "EXPLAIN ANALYZE COPY events TO '{data}' (FORMAT parquet, USE_TMP_FILE false)",
        "EXPORT DATABASE '{outside}'",
        "CREATE TABLE t AS FROM events",
        "DROP VIEW events",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH '{outside}/a.db'",
        "SET enable_external_access = true",
        "PRAGMA enable_profiling",
        "CALL enable_logging()",
        "SELECT 1; SELECT 2",
        "",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('{outside}/x.parquet')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "FROM query('COPY events TO ''{data}''')",
        "SELECT * FROM visible_in_python",
        "SELEC 1",
        "SELECT no_such_column FROM events",
    ],
)
def test_anything_else_is_refused_with_a_sentence(case: Path, tmp_path: Path, query: str) -> None:
    visible_in_python = events  # DuckDB would look for a variable of that name
    (data,) = (case / "events").glob("*.parquet")
    asked = query.replace("{data}", str(data).replace("'", "''"))
    asked = asked.replace("{outside}", str(tmp_path))
    before = data.read_bytes()
    with CaseStore.open(case, read_only=True) as store, read_only_engine(store) as connection:
        with pytest.raises(UsageError) as caught:
            ask(connection, asked)
        assert str(caught.value)
        assert caught.value.hint

    assert visible_in_python is events
    assert data.read_bytes() == before
    assert list(tmp_path.iterdir()) == []
    assert verify(case).differences == ()


def test_a_large_query_spills_although_files_are_forbidden(case: Path) -> None:
    with CaseStore.open(case, read_only=True) as store, read_only_engine(store) as connection:
        limit = connection.sql("SELECT current_setting('memory_limit')").fetchall()[0][0]
        assert limit
        rows = ask(connection, "SELECT i FROM range(300000) AS t (i) ORDER BY md5(i::VARCHAR)")

    assert rows.num_rows == 300_000


def test_a_connection_is_closed_at_the_end(case: Path) -> None:
    with CaseStore.open(case, read_only=True) as store, read_only_engine(store) as connection:
        pass
    with pytest.raises(duckdb.Error):
        connection.execute("SELECT 1")
