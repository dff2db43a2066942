"""MariaDB: tables with nothing lost, and a server left as it was."""

from collections.abc import Iterator
from contextlib import closing

import orjson
import pytest

from connectors import registry
from connectors.mysql import connector
from connectors.mysql.source import SOURCE
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Notice, Page, SourceSpec
from tests.connectors.live.contract import (
    HistoryContract,
    LiveContract,
    known_after,
    read,
    records,
)
from tests.connectors.live.mariadb_server import MariadbDatabase as Server
from tests.connectors.live.mariadb_server import serving_mariadb
from tests.connectors.live.servers import until

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("mysql")]
_ADD = "INSERT INTO outbox (amount, payload, raw) VALUES (19.90, '{\"a\": \"b''s\"}', x'00ff')"


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    with serving_mariadb() as server:
        yield server


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


class Log(Shop):
    """The same with a binary log that begins anew."""

    def __init__(
        self, server: Server, options: str = "?binlog=oldest", *, user: str = "reader"
    ) -> None:
        server.run("RESET MASTER")
        super().__init__(server, options, user=user)

    def add(self, count: int) -> None:
        for _ in range(count):
            self.server.run(_ADD)


class TestBinaryLog(HistoryContract):
    @pytest.fixture
    def system(self, mariadb: Server) -> Log:
        return Log(mariadb)


def test_a_change_has_the_row_before_and_after_and_its_transaction(mariadb: Server) -> None:
    log = Log(mariadb, "?binlog=oldest&table=outbox")
    mariadb.run("UPDATE outbox SET amount = 5 WHERE id = 2", "DELETE FROM outbox WHERE id = 3")
    *_, update, delete = map(orjson.loads, records(read(log.address)).values())

    assert (update["type"], update["data"]["amount"], update["old"]) == (
        "update",
        5,
        {"amount": 19.9},
    )
    assert (delete["type"], delete["data"]["id"]) == ("delete", 3)
    assert update["primary_key_columns"] == ["id"]
    assert update["gtid"] == delete["gtid"]
    assert update["data"]["raw"] == "AP8="


def test_what_a_transaction_rolled_back_is_not_in_it_and_files_follow_each_other(
    mariadb: Server,
) -> None:
    log = Log(mariadb, "?binlog=oldest&table=outbox")
    with closing(mariadb.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(_ADD)
        connection.rollback()
    mariadb.run("FLUSH BINARY LOGS")
    log.add(1)

    assert len(records(read(log.address))) == 9


def test_one_transaction_longer_than_a_page_is_read_whole_and_within_a_budget_too(
    mariadb: Server,
) -> None:
    log = Log(mariadb, "?binlog=oldest&table=outbox")
    mariadb.run(*[_ADD] * 50)
    found: list[Page] = []
    for _ in range(2):
        with pytest.raises(SourceError, match="budget"):
            read(f"{log.address}&max_records=8", known_after(found), into=found)

    assert len(records(found)) == 58


def test_rows_without_names_of_their_columns_are_counted_and_not_read(mariadb: Server) -> None:
    log = Log(mariadb)
    mariadb.run("SET GLOBAL binlog_row_metadata = NO_LOG")
    try:
        log.add(3)
    finally:
        mariadb.run("SET GLOBAL binlog_row_metadata = FULL")
    found = read(log.address)

    assert found[-1].coverage == "truncated"
    assert "3 of `shop.outbox`" in found[-1].coverage_reason
    assert sum(place[1].count("outbox") for place in records(found)) == 8


def test_a_log_that_was_removed_before_it_was_read_is_told(mariadb: Server) -> None:
    log = Log(mariadb)
    known = known_after(read(log.address))
    log.add(1)
    mariadb.run("FLUSH BINARY LOGS")
    mariadb.run("FLUSH BINARY LOGS")
    log.add(1)
    newest = mariadb.run("SHOW BINARY LOGS")[-1][0]
    mariadb.run(f"PURGE BINARY LOGS TO '{newest}'")
    found = read(log.address, known)

    assert len(records(found)) == 1
    assert found[-1].coverage == "expired"
    assert newest in found[-1].coverage_reason


@pytest.mark.parametrize(
    ("options", "user", "says"),
    [
        ("?binlog=oldest", "blind", "BINLOG MONITOR"),
        ("?binlog=bin.000099:4", "reader", "bin.000001"),
    ],
)
def test_why_a_binary_log_cannot_be_read_is_said(
    mariadb: Server, options: str, user: str, says: str
) -> None:
    with pytest.raises(SourceError) as raised:
        read(Log(mariadb, options, user=user).address)

    assert says in raised.value.hint


@pytest.mark.parametrize("options", ["?binlog=newest", "?binlog=oldest&order=id"])
def test_what_means_nothing_for_a_binary_log_is_refused(mariadb: Server, options: str) -> None:
    with pytest.raises(UsageError, match=r"binary log|no place in the log"):
        read(Log(mariadb, options).address)


def test_no_thread_of_ours_stays_at_the_server(mariadb: Server) -> None:
    read(Log(mariadb).address, most=1)
    ours = "SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = 'reader'"

    until(lambda: not mariadb.run(ours))


def test_what_is_there_is_said_before_it_is_read(mariadb: Server) -> None:
    shop = Shop(mariadb, "?table=notes,outbox")
    notes, outbox = SOURCE.open(SourceSpec(name="", address=shop.address)).facts()

    assert (outbox.newest, outbox.order, outbox.note) == ("8", "id", "on a primary")
    assert outbox.bytes
    assert (notes.newest, notes.note) == (
        "",
        "on a primary; read as state unless `order` names a column",
    )


def test_a_server_that_is_only_closed_to_writers_is_not_called_a_replica(mariadb: Server) -> None:
    shop = Shop(mariadb, "?table=outbox")
    mariadb.run("SET GLOBAL read_only = 1")
    try:
        (outbox,) = SOURCE.open(SourceSpec(name="", address=shop.address)).facts()
    finally:
        mariadb.run("SET GLOBAL read_only = 0")

    assert outbox.note == "on a replica or a read-only server"
