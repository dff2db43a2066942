"""A slot of PostgreSQL: peeked at, and nothing of it taken."""

from contextlib import closing

import pytest

from connectors.postgresql import slot
from forensics.model.errors import UsageError
from tests.connectors.live.contract import HistoryContract, known_after, read, records
from tests.connectors.live.database_servers import (
    PostgresqlDatabase,
    postgresql,
    postgresql_server,
)
from tests.connectors.live.test_postgresql import Shop

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("postgresql")]
__all__ = ["postgresql", "postgresql_server"]


class Slot(Shop):
    """The same with a slot that was there before."""

    def __init__(self, database: PostgresqlDatabase, plugin: str) -> None:
        database.run(f"SELECT pg_create_logical_replication_slot('evidence', '{plugin}')")
        super().__init__(database, f"?slot=evidence&plugin={plugin}")

    def add(self, count: int) -> None:
        for _ in range(count):
            self.database.run(f"INSERT INTO notes VALUES (gen_random_uuid(), {count})")


def test_a_slot_and_a_table_cannot_both_be_asked_for(postgresql: PostgresqlDatabase) -> None:
    with pytest.raises(UsageError, match="all tables"):
        read(postgresql.address("?slot=s&table=t"))


@pytest.mark.parametrize("plugin", ["wal2json", "test_decoding"])
def test_a_slot_is_peeked_at_in_the_order_of_commits(
    postgresql: PostgresqlDatabase, plugin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot, "PEEK_CHANGES", 4)
    shop = Slot(postgresql, plugin)
    with closing(postgresql.connect(autocommit=False)) as late, closing(late.cursor()) as cursor:
        cursor.execute("UPDATE notes SET n = n + 40 WHERE account = 'a'")
        postgresql.run("UPDATE notes SET n = 3 WHERE account = 'b'")
        late.commit()
    documents = list(records(read(shop.address)).values())

    assert "41" in documents[-2].decode()
    assert len(documents) == len(set(documents))


def test_a_slot_is_read_on_past_more_than_one_peek_of_what_was_read(
    postgresql: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot, "PEEK_CHANGES", 4)
    shop = Slot(postgresql, "wal2json")
    before = read(shop.address)
    shop.add(2)
    after = read(shop.address, known_after(before))

    assert len(records(after)) == 3 * 2


class TestSlot(HistoryContract):
    # An insert in a transaction of its own is three changes: begin, insert, commit.
    records_each = 3

    @pytest.fixture
    def system(self, postgresql: PostgresqlDatabase) -> Slot:
        return Slot(postgresql, "wal2json")
