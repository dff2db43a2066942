"""SQLite files: whole with their write-ahead log, and untouched."""

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from connectors import registry
from forensics.case.case import Case
from forensics.model.record import Notice, SourceSpec
from tests.connectors.live.contract import (
    HistoryContract,
    LiveContract,
    System,
    known_after,
    read,
    records,
)


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


def made(path: Path, *statements: str) -> Path:
    """A database file after these statements, which nobody has open."""
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


def documents(path: Path) -> list[object]:
    return [orjson.loads(document) for document in records(read(str(path))).values()]


def test_what_a_writer_that_died_never_committed_is_not_read(tmp_path: Path) -> None:
    path = made(
        tmp_path / "app.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, said TEXT)",
        "INSERT INTO t VALUES (1, 'committed')",
    )
    script = (
        "import os, sqlite3, sys; database = sqlite3.connect(sys.argv[1]);"
        "database.execute('PRAGMA cache_size = 1');"
        "database.execute(\"UPDATE t SET said = 'not'\");"
        "database.execute('CREATE TABLE more AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT"
        " i + 1 FROM n LIMIT 2000) SELECT i, hex(randomblob(500)) FROM n'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    assert Path(f"{path}-journal").stat().st_size

    assert documents(path) == [{"id": 1, "said": "committed"}]


def test_a_row_of_many_columns_is_read_whole(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(120)]
    path = made(
        tmp_path / "app.db",
        f"CREATE TABLE wide ({', '.join(names)})",
        """INSERT INTO wide (c0, c60) VALUES ('{"a": 1}', '{"b": null}')""",
    )

    assert documents(path) == [{**dict.fromkeys(names), "c0": {"a": 1}, "c60": {"b": None}}]


def test_a_text_that_is_not_utf8_is_read_with_its_bytes_escaped(tmp_path: Path) -> None:
    path = made(
        tmp_path / "app.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, said TEXT)",
        "INSERT INTO t VALUES (1, CAST(x'61ff' AS TEXT)), (2, 'ü')",
    )

    assert documents(path) == [{"id": 1, "said": "a\\xff"}, {"id": 2, "said": "ü"}]


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("INTEGER PRIMARY KEY", ("DELETE FROM t", "INSERT INTO t (said) VALUES ('new')")),
        ("TEXT", ("DELETE FROM t WHERE said = 'first'", "INSERT INTO t (said) VALUES ('new')")),
    ],
    ids=["made anew", "vacuumed"],
)
def test_rows_that_were_numbered_anew_are_told_not_passed_over(
    tmp_path: Path, key: str, changes: Sequence[str]
) -> None:
    path = made(
        tmp_path / "app.db",
        f"CREATE TABLE t (id {key}, said TEXT)",
        "INSERT INTO t (said) VALUES ('first'), ('second')",
    )
    known = known_after(read(str(path)))
    made(path, *changes)
    with closing(sqlite3.connect(path)) as database:
        database.execute("VACUUM")
    items = list(registry.connector(SourceSpec(name="", address=str(path))).pages(known))

    assert [item.state for item in items if isinstance(item, Notice)] == ["failed"]


def test_a_last_row_that_is_gone_is_no_new_numbering_where_numbers_are_given_once(
    tmp_path: Path,
) -> None:
    path = made(
        tmp_path / "app.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, said TEXT)",
        "INSERT INTO t (said) VALUES ('first'), ('second')",
    )
    known = known_after(read(str(path)))
    made(path, "DELETE FROM t")
    assert not list(registry.connector(SourceSpec(name="", address=str(path))).pages(known))
    made(path, "INSERT INTO t (said) VALUES ('third')")

    assert list(records(read(str(path), known))) == [("t", "3")]


def test_a_name_that_nobody_chose_stands_for_one_place(tmp_path: Path) -> None:
    case = Case(tmp_path / "case", registry)
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        with closing(Database(tmp_path / folder).writer):
            (account,) = case.ingest([f"sqlite://{tmp_path}/{folder}/app.db?table=seen&as=state"])

    assert account.failed
    assert "Give this one a name" in account.notices[0].sentence


def test_rows_that_no_format_reads_wait_until_one_does(tmp_path: Path) -> None:
    database = Database(tmp_path, "?table=outbox")
    mapping = tmp_path / "outbox.toml"
    mapping.write_text(
        'format = "outbox"\nrecognise = "{payload} IS NOT NULL"\n[[event]]\n'
        "[event.columns]\nkind = \"'other'\"\naction = \"'add'\"\noutcome = \"'ok'\"\n"
    )
    case = Case(tmp_path / "case", registry)
    with closing(database.writer):
        (before,) = case.ingest([database.address])
        spec = SourceSpec(name="", address=database.address, formats=(str(mapping),))
        (after,) = case.ingest([spec])

    assert before.ignored == {"unmapped: outbox": 8}
    assert after.mapped == 8
