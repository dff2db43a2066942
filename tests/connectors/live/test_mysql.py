"""MariaDB: tables with nothing lost, and a server left as it was."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pymysql
import pytest

from connectors import registry
from connectors.mysql import connector
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Notice, SourceSpec
from tests.connectors.live.contract import (
    HistoryContract,
    LiveContract,
    known_after,
    read,
    records,
)
from tests.connectors.live.database_servers import folder_of
from tests.connectors.live.servers import answers, found, free_port, until

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("mysql")]
_ADD = "INSERT INTO outbox (amount, payload, raw) VALUES (19.90, '{\"a\": \"b''s\"}', x'00ff')"


@dataclass(frozen=True, slots=True)
class Server:
    port: int

    def connect(self) -> Any:
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", database="shop")

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()
            return list(cursor.fetchall())


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    with folder_of("mysql") as folder:
        yield from served(folder)


def served(folder: Path) -> Iterator[Server]:
    port = free_port()
    as_user = ["--user=mysql"] if os.getuid() == 0 else []
    install = [found("mariadb-install-db"), "--no-defaults", f"--datadir={folder}", *as_user]
    install += ["--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(install, check=True, capture_output=True)
    command = [found("mariadbd"), "--no-defaults", f"--datadir={folder}", *as_user]
    command += [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s"]
    command += ["--server-id=1", "--log-bin=bin", "--binlog-format=ROW", f"--pid-file={folder}/p"]
    with (
        Path(folder, "server.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as server,
    ):
        try:
            until(lambda: answers(port) or server.poll() is not None)
            with closing(pymysql.connect(host="127.0.0.1", port=port, user="root")) as connection:
                connection.cursor().execute("CREATE DATABASE shop")
                connection.cursor().execute("CREATE USER reader, blind")
                connection.cursor().execute("GRANT PROCESS ON *.* TO reader")
                connection.cursor().execute("GRANT SELECT ON shop.* TO reader, blind")
            yield Server(port)
        finally:
            server.kill()


class Shop:
    """A database with an outbox."""

    secret = ""

    def __init__(self, server: Server, options: str, *, user: str = "reader") -> None:
        self.server = server
        self.address = f"mysql://{user}@127.0.0.1:{server.port}/shop{options}"
        server.run(
            "DROP TABLE IF EXISTS outbox, notes",
            "CREATE TABLE outbox (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
            " at TIMESTAMP(6) DEFAULT now(6), amount DECIMAL(9, 2), payload JSON, raw BLOB)",
            "CREATE TABLE notes (account VARCHAR(20) PRIMARY KEY, n INT)",
            "INSERT INTO notes VALUES ('a', 1), ('b', 2)",
        )
        self.add(8)

    def add(self, count: int) -> None:
        self.server.run(*[_ADD] * count)

    def marks(self) -> object:
        return self.server.run("SHOW MASTER STATUS"), self.server.run(
            "CHECKSUM TABLE outbox, notes"
        )


class TestHistory(HistoryContract):
    @pytest.fixture
    def system(self, mariadb: Server) -> Shop:
        return Shop(mariadb, "?table=outbox")


class TestHistoryByTime(HistoryContract):
    @pytest.fixture
    def system(self, mariadb: Server) -> Shop:
        return Shop(mariadb, "?table=outbox&order=at")


class TestState(LiveContract):
    @pytest.fixture
    def system(self, mariadb: Server) -> Shop:
        return Shop(mariadb, "?table=outbox,notes&as=state")


def test_a_row_is_read_with_its_types(mariadb: Server) -> None:
    row = orjson.loads(records(read(Shop(mariadb, "?table=outbox").address))["outbox", "1"])

    assert (row["payload"], row["amount"], row["raw"]) == ({"a": "b's"}, 19.9, "00FF")
    assert row["at"].endswith("Z")


def test_rows_that_become_visible_after_later_ones_are_not_lost(
    mariadb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "SETTLING_S", 0.1)
    address = Shop(mariadb, "?table=outbox").address
    with closing(mariadb.connect()) as late, late.cursor() as cursor:
        cursor.execute(_ADD)
        mariadb.run(_ADD)
        before = read(address)
        late.commit()
    after = read(address, known_after(before))

    assert ("outbox", "9") not in records(before)
    assert ("outbox", "10") in records(before)
    assert before[-1].coverage == "unknown"
    assert ("outbox", "9") in records(after)
    assert not records(read(address, known_after(after, known_after(before))))


@pytest.mark.parametrize(
    ("options", "user", "hint"),
    [
        ("", "reader", "notes, outbox"),
        ("?table=outbox", "blind", "PROCESS"),
        ("?table=x", "reader", "notes"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_to_do(
    mariadb: Server, options: str, user: str, hint: str
) -> None:
    with pytest.raises(SourceError) as raised:
        read(Shop(mariadb, options, user=user).address)

    assert hint in raised.value.hint


def test_a_large_state_of_a_primary_is_refused(
    mariadb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "STATE_MOST_BYTES", 0)
    with pytest.raises(SourceError, match="primary"):
        read(Shop(mariadb, "?table=notes&as=state").address)


def test_a_history_by_a_column_that_is_not_unique_is_refused(mariadb: Server) -> None:
    mariadb.run("CREATE OR REPLACE TABLE loose (seen INT, number INT UNIQUE)")
    address = Shop(mariadb, "?table=loose&order=").address
    with pytest.raises(UsageError, match="no primary key"):
        read(f"{address}seen")

    assert not records(read(f"{address}number"))


@pytest.mark.parametrize("placed", [0, 1])
def test_rows_without_a_place_in_a_history_are_counted(mariadb: Server, placed: int) -> None:
    mariadb.run("CREATE OR REPLACE TABLE loose (number INT UNIQUE)")
    mariadb.run(
        *["INSERT INTO loose VALUES (NULL)"] * 3, *["INSERT INTO loose VALUES (1)"] * placed
    )
    found = read(Shop(mariadb, "?table=loose&order=number").address)

    assert len(records(found)) == placed
    assert found[-1].coverage == "truncated"
    assert "3 rows of `loose`" in found[-1].coverage_reason


def test_numbers_that_began_again_are_told(mariadb: Server) -> None:
    shop = Shop(mariadb, "?table=outbox")
    known = known_after(read(shop.address))
    mariadb.run("TRUNCATE outbox")
    shop.add(3)
    items = list(registry.connector(SourceSpec(name="", address=shop.address)).pages(known))

    assert [item.state for item in items if isinstance(item, Notice)] == ["failed"]
