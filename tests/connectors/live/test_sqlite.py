"""SQLite files: whole with their write-ahead log, and untouched."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.connectors.live.contract import HistoryContract, LiveContract, System, read, records


class Database:
    """A database with a writer that keeps it open, so that rows stand only in the `-wal`."""

    secret = ""

    def __init__(self, folder: Path, options: str = "") -> None:
        self.path = folder / "app.db"
        self.address = f"sqlite://{self.path}{options}"
        self.writer = sqlite3.connect(self.path)
        self.writer.execute("PRAGMA journal_mode = WAL")
        self.writer.execute("CREATE TABLE outbox (id INTEGER PRIMARY KEY, payload TEXT, raw BLOB)")
        self.writer.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, n INT) WITHOUT ROWID")
        self.writer.execute("INSERT INTO seen VALUES ('a', 1), ('b', 2)")
        self.add(8)

    def add(self, count: int) -> None:
        rows = [('{"order": "its 1"}', b"\x00\xff")] * count
        self.writer.executemany("INSERT INTO outbox (payload, raw) VALUES (?, ?)", rows)
        self.writer.commit()

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
        yield from served(tmp_path / "served", "?table=outbox")


class TestState(LiveContract):
    @pytest.fixture
    def system(self, tmp_path: Path) -> Iterator[System]:
        yield from served(tmp_path / "served", "?as=state")


def test_rows_that_stand_only_in_the_log_are_read(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with closing(database.writer):
        found = records(read(f"{database.address}?table=outbox"))

    assert found["outbox", "1"] == b'{"id":1,"payload":{"order":"its 1"},"raw":"00FF"}'


def test_a_row_that_changed_comes_again_as_it_stands_now(tmp_path: Path) -> None:
    database = Database(tmp_path, "?as=state&table=seen")
    with closing(database.writer):
        before = records(read(database.address))
        database.writer.execute("UPDATE seen SET n = 7 WHERE key = 'a'")
        database.writer.commit()
        after = records(read(database.address))

    changed = after.keys() - before.keys()
    assert [after[place] for place in changed] == [
        b'{"state_of": "seen", "key": "a", "row": {"key":"a","n":7}}'
    ]
