"""DuckDB files: whole with their write-ahead log, and untouched."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import orjson
import pytest

from connectors import registry
from forensics.model.errors import SourceError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec
from tests.connectors.live.contract import (
    HistoryContract,
    LiveContract,
    System,
    known_after,
    read,
    records,
)


class Database:
    """A database with a writer that keeps it open, so that rows stand only in the `.wal`."""

    secret = ""

    def __init__(self, folder: Path, options: str = "") -> None:
        self.path = folder / "app.duckdb"
        self.address = f"duckdb://{self.path}{options}"
        self.writer = duckdb.connect(str(self.path))
        self.writer.sql("CREATE TABLE runs (id INTEGER PRIMARY KEY, payload JSON, cost DECIMAL)")
        self.writer.sql("CREATE TABLE seen (key VARCHAR PRIMARY KEY, n INTEGER)")
        self.writer.sql("INSERT INTO seen VALUES ('a', 1), ('b', 2)")
        self.add(8)

    def add(self, count: int) -> None:
        self.writer.sql(
            "INSERT INTO runs SELECT i + (SELECT count(*) FROM runs), '{\"a\": [1]}', 19.90"
            f" FROM range(1, {count + 1}) AS numbers (i)"
        )

    def marks(self) -> object:
        return {
            path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            for path in self.path.parent.iterdir()
        }


def served(folder: Path, options: str) -> Iterator[System]:
    folder.mkdir()
    database = Database(folder, options)
    with closing(database.writer):
        yield database


class TestHistory(HistoryContract):
    @pytest.fixture
    def system(self, tmp_path: Path) -> Iterator[System]:
        yield from served(tmp_path / "served", "?table=runs")


class TestState(LiveContract):
    @pytest.fixture
    def system(self, tmp_path: Path) -> Iterator[System]:
        yield from served(tmp_path / "served", "?as=state")


def test_rows_that_stand_only_in_the_log_are_read(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with closing(database.writer):
        found = records(read(f"{database.address}?table=runs"))

    assert found["runs", "1"] == b'{"id":1,"payload":{"a":[1]},"cost":19.900}'


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.writer.close()
    found = records(read(str(database.path)))

    assert ("seen", "a") in {(part, place.partition("@")[0]) for part, place in found}


def test_a_damaged_file_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "broken.duckdb"
    path.write_bytes(b"\0" * 8 + b"DUCK" + b"\0" * 5000)
    with pytest.raises(SourceError, match="damaged"):
        read(str(path))


@pytest.mark.parametrize("key", ["", "PRIMARY KEY"])
def test_rows_of_one_moment_are_all_read_and_those_of_none_are_counted(
    tmp_path: Path, key: str
) -> None:
    path = tmp_path / "app.duckdb"
    with duckdb.connect(str(path)) as database:
        database.sql(f"CREATE TABLE t (said VARCHAR {key}, done TIMESTAMP)")
        database.sql("INSERT INTO t VALUES ('a', '2026-01-01'), ('b', '2026-01-01'), ('c', NULL)")
    address = f"duckdb://{path}?order=done"
    before = read(address)
    with duckdb.connect(str(path)) as database:
        database.sql("INSERT INTO t VALUES ('d', '2026-01-01')")
    after = read(address, known_after(before))
    found = [
        [orjson.loads(row)["said"] for row in records(pages).values()] for pages in (before, after)
    ]

    assert found == [["a", "b"], ["d"]]
    assert {page.coverage for page in (*before, *after)} == {"truncated"}
    assert "1 rows of `t` have no `done`" in after[-1].coverage_reason


def test_a_file_that_was_made_anew_is_told_not_passed_over(tmp_path: Path) -> None:
    database = Database(tmp_path, "?table=runs")
    known = known_after(read(database.address))
    database.writer.close()
    database.path.unlink()
    with duckdb.connect(str(database.path)) as anew:
        anew.sql("CREATE TABLE runs (id INTEGER PRIMARY KEY)")
        assert not list(_items(database.address, known))
        anew.sql("INSERT INTO runs VALUES (1), (2)")

    (told,) = _items(database.address, known)
    assert isinstance(told, Notice)
    assert told.state == "failed"


def _items(address: str, known: Sequence[KnownPart]) -> list[Page | Notice]:
    return list(registry.connector(SourceSpec(name="", address=address)).pages(known))
