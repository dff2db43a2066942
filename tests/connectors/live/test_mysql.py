"""MariaDB: tables with nothing lost, and a server left as it was."""

from collections.abc import Iterator
from contextlib import closing

import orjson
import pytest

from connectors import registry
from connectors.mysql import connector, history
from connectors.mysql.source import SOURCE
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Notice, SourceSpec
from tests.connectors.live.contract import (
    HistoryContract,
    LiveContract,
    known_after,
    read,
    records,
    refusal,
)
from tests.connectors.live.mariadb_server import MariadbDatabase as Server
from tests.connectors.live.mariadb_server import serving_mariadb

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("mysql")]
ADD = "INSERT INTO outbox (amount, payload, raw) VALUES (19.90, '{\"a\": \"b''s\"}', x'00ff')"


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
        self.server.run(*[ADD] * count)

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
    monkeypatch.setattr(history, "SETTLING_S", 0.1)
    address = Shop(mariadb, "?table=outbox").address
    with closing(mariadb.connect()) as late, late.cursor() as cursor:
        cursor.execute(ADD)
        mariadb.run(ADD)
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
    assert hint in refusal(Shop(mariadb, options, user=user).address).hint


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
