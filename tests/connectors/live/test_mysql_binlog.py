"""MariaDB's binary log: read as a replica reads it, from the place where the last run ended."""

from contextlib import closing

import orjson
import pytest
from pymysqlreplication.event import RotateEvent, XidEvent

from connectors.mysql import binlog
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Page
from tests.connectors.live.contract import HistoryContract, known_after, read, records, refusal
from tests.connectors.live.mariadb_server import MariadbDatabase as Server
from tests.connectors.live.servers import until
from tests.connectors.live.test_mysql import ADD, Shop, mariadb

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("mysql")]
__all__ = ["mariadb"]


class Log(Shop):
    """The same with a binary log that begins anew."""

    def __init__(
        self, server: Server, options: str = "?binlog=oldest", *, user: str = "reader"
    ) -> None:
        server.run("RESET MASTER")
        super().__init__(server, options, user=user)

    def add(self, count: int) -> None:
        for _ in range(count):
            self.server.run(ADD)


class TestBinaryLog(HistoryContract):
    @pytest.fixture
    def system(self, mariadb: Server) -> Log:
        return Log(mariadb)


class TestWithoutGtids(HistoryContract):
    """As MySQL writes it unless `gtid_mode` is on: a transaction has no name but its place."""

    @pytest.fixture(autouse=True)
    def without(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(binlog, "_EVENTS", (XidEvent, RotateEvent))

    @pytest.fixture
    def system(self, mariadb: Server) -> Log:
        return Log(mariadb)

    def test_the_rows_of_a_transaction_have_the_place_of_its_beginning_for_a_name(
        self, mariadb: Server
    ) -> None:
        log = Log(mariadb, "?binlog=oldest&table=outbox")
        before = known_after(read(log.address))
        mariadb.run(ADD, ADD)
        log.add(1)
        found = records(read(log.address, before)).values()
        first, second, third = map(orjson.loads, found)

        assert first["gtid"] is None
        assert first["xid"] == second["xid"] != third["xid"]


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
        cursor.execute(ADD)
        connection.rollback()
    mariadb.run("FLUSH BINARY LOGS")
    log.add(1)

    assert len(records(read(log.address))) == 9


def test_one_transaction_longer_than_a_page_is_read_whole_and_within_a_budget_too(
    mariadb: Server,
) -> None:
    log = Log(mariadb, "?binlog=oldest&table=outbox")
    mariadb.run(*[ADD] * 50)
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

    assert found[-1].coverage == "expired"
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
    assert says in refusal(Log(mariadb, options, user=user).address).hint


@pytest.mark.parametrize("options", ["?binlog=newest", "?binlog=oldest&order=id"])
def test_what_means_nothing_for_a_binary_log_is_refused(mariadb: Server, options: str) -> None:
    with pytest.raises(UsageError, match=r"binary log|no place in the log"):
        read(Log(mariadb, options).address)


def test_no_thread_of_ours_stays_at_the_server(mariadb: Server) -> None:
    read(Log(mariadb).address, most=1)
    ours = "SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = 'reader'"

    until(lambda: not mariadb.run(ours))
