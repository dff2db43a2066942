"""PostgreSQL: tables with nothing lost, and a server left as it was."""

from contextlib import closing
from urllib.parse import quote

import orjson
import pytest

from connectors import registry
from connectors.live.address import Address
from connectors.postgresql import history, tables
from connectors.postgresql.session import APPLICATION, connected
from connectors.postgresql.source import SOURCE
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Notice, Page, SourceSpec
from tests.connectors.live.contract import (
    HistoryContract,
    LiveContract,
    known_after,
    read,
    records,
)
from tests.connectors.live.database_servers import (
    PostgresqlDatabase,
    postgresql,
    postgresql_server,
)

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("postgresql")]
__all__ = ["postgresql", "postgresql_server"]

_SCHEMA = (
    """CREATE TABLE audit_log (id bigserial PRIMARY KEY, txid xid8 DEFAULT pg_current_xact_id(),
      ts timestamptz DEFAULT clock_timestamp(), amount numeric(9, 2), payload jsonb, raw bytea)""",
    "CREATE TABLE notes (account text PRIMARY KEY, n int)",
    "INSERT INTO notes VALUES ('a', 1), ('b', 2)",
    "GRANT SELECT ON audit_log, notes TO reader",
)
_ADD = "INSERT INTO audit_log (amount, payload, raw) SELECT 19.90, '{\"a\": \"b''s\"}', '\\x00ff'"


class Shop:
    """A database with an audit table."""

    secret = ""

    def __init__(self, database: PostgresqlDatabase, options: str) -> None:
        self.database = database
        self.address = database.address(options)
        database.run(*_SCHEMA)
        self.add(8)

    def add(self, count: int) -> None:
        self.database.run(f"{_ADD} FROM generate_series(1, {count})")

    def marks(self) -> object:
        return self.database.rows(
            "SELECT (SELECT count(*) FROM pg_replication_slots),"
            " (SELECT string_agg(confirmed_flush_lsn::text, ',') FROM pg_replication_slots),"
            " (SELECT last_value FROM audit_log_id_seq), (SELECT max(id) FROM audit_log),"
            " (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables),"
            " (SELECT string_agg(ctid::text || xmin::text, ',' ORDER BY account) FROM notes),"
            " pg_snapshot_xmax(pg_current_snapshot())::text"
        )


class TestHistory(HistoryContract):
    @pytest.fixture
    def system(self, postgresql: PostgresqlDatabase) -> Shop:
        return Shop(postgresql, "?table=audit_log")


class TestHistoryByTime(HistoryContract):
    @pytest.fixture
    def system(self, postgresql: PostgresqlDatabase) -> Shop:
        return Shop(postgresql, "?table=audit_log&order=ts")


class TestState(LiveContract):
    @pytest.fixture
    def system(self, postgresql: PostgresqlDatabase) -> Shop:
        return Shop(postgresql, "?table=audit_log,notes&as=state")


def test_rows_that_become_visible_after_later_ones_are_not_lost(
    postgresql: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SETTLING_S", 0.1)
    Shop(postgresql, "")
    address = postgresql.address("?table=audit_log")
    with closing(postgresql.connect(autocommit=False)) as late, closing(late.cursor()) as cursor:
        cursor.execute(_ADD)
        postgresql.run(_ADD)
        before = read(address)
        late.commit()
    after = read(address, known_after(before))

    assert ("audit_log", "9") not in records(before)
    assert ("audit_log", "10") in records(before)
    assert before[-1].coverage == "unknown"
    assert ("audit_log", "9") in records(after)
    assert after[-1].coverage == "complete"
    assert not records(read(address, known_after(after, known_after(before))))


def test_short_transactions_are_waited_for(
    postgresql: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shop(postgresql, "")
    with closing(postgresql.connect(autocommit=False)) as late, closing(late.cursor()) as cursor:
        cursor.execute(_ADD)
        postgresql.run(_ADD)
        monkeypatch.setattr(history.time, "sleep", lambda _: late.commit())
        found = read(postgresql.address("?table=audit_log"))

    assert {("audit_log", "9"), ("audit_log", "10")} <= records(found).keys()
    assert found[-1].coverage == "complete"


def test_a_row_that_changed_comes_again_as_it_stands_now(postgresql: PostgresqlDatabase) -> None:
    Shop(postgresql, "")
    address = postgresql.address("?table=notes&as=state")
    before = records(read(address))
    postgresql.run("UPDATE notes SET n = 7 WHERE account = 'a'")
    after = records(read(address))

    assert [orjson.loads(after[place]) for place in after.keys() - before.keys()] == [
        {"state_of": "notes", "key": "a", "row": {"account": "a", "n": 7}}
    ]


def test_a_row_that_stands_again_as_it_once_stood_comes_again(
    postgresql: PostgresqlDatabase,
) -> None:
    Shop(postgresql, "")
    address = postgresql.address("?table=notes&as=state")
    forms = [records(read(address))]
    for n in (7, 1):
        postgresql.run(f"UPDATE notes SET n = {n} WHERE account = 'a'")
        forms.append(records(read(address)))
    first, second, third = forms

    assert [orjson.loads(third[place])["row"]["n"] for place in third.keys() - second.keys()] == [1]
    assert len(third.keys() & first.keys()) == 1


def test_a_table_is_called_as_it_is_called(postgresql: PostgresqlDatabase) -> None:
    postgresql.run(
        """CREATE TABLE "a""b\\c" (id int PRIMARY KEY)""",
        """INSERT INTO "a""b\\c" VALUES (1)""",
        """GRANT SELECT ON "a""b\\c" TO reader""",
    )
    name = 'a"b\\c'
    found = records(read(postgresql.address(f"?table={quote(name)}&as=state")))

    assert [orjson.loads(row)["state_of"] for row in found.values()] == [name]


def test_a_history_whose_rows_would_share_places_is_refused(postgresql: PostgresqlDatabase) -> None:
    postgresql.run(
        "CREATE TABLE loose (seen int, number int UNIQUE)", "GRANT SELECT ON loose TO reader"
    )
    with pytest.raises(UsageError, match="no primary key"):
        read(postgresql.address("?table=loose&order=seen"))

    assert not records(read(postgresql.address("?table=loose&order=number")))


@pytest.mark.parametrize("placed", [0, 2])
def test_rows_without_a_place_in_a_history_are_counted(
    postgresql: PostgresqlDatabase, placed: int
) -> None:
    postgresql.run(
        "CREATE TABLE loose (number int UNIQUE)",
        "GRANT SELECT ON loose TO reader",
        "INSERT INTO loose VALUES (NULL), (NULL), (NULL)",
        f"INSERT INTO loose SELECT generate_series(1, {placed})",
    )
    found = read(postgresql.address("?table=loose&order=number"))

    assert len(records(found)) == placed
    assert found[-1].coverage == "truncated"
    assert "3 rows of `loose`" in found[-1].coverage_reason


def test_numbers_that_began_again_are_told(postgresql: PostgresqlDatabase) -> None:
    shop = Shop(postgresql, "?table=audit_log")
    known = known_after(read(shop.address))
    postgresql.run("TRUNCATE audit_log RESTART IDENTITY")
    shop.add(3)
    items = list(registry.connector(SourceSpec(name="", address=shop.address)).pages(known))

    assert [item.state for item in items if isinstance(item, Notice)] == ["failed"]


def test_without_a_table_it_says_which_there_are(postgresql: PostgresqlDatabase) -> None:
    Shop(postgresql, "")
    with pytest.raises(SourceError) as raised:
        read(postgresql.address())

    assert "audit_log, notes" in raised.value.hint


def test_a_large_state_of_a_primary_is_read_only_when_allowed(
    postgresql: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "STATE_MOST_BYTES", 0)
    Shop(postgresql, "")
    address = postgresql.address("?table=notes&as=state")
    with pytest.raises(SourceError, match="primary"):
        read(address)
    allowed = SourceSpec(name="", address=address, allow=frozenset({"primary"}))
    found = [p for p in registry.connector(allowed).pages(()) if isinstance(p, Page)]

    assert len(records(found)) == 2


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("postgresql://reader@127.0.0.1:1/shop?table=x", ""),
        ("{base}?table=nope", "audit_log"),
        ("{base}?table=secrets", "audit_log"),
        ("{base}?slot=nope", "nothing of the past"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_to_do(
    postgresql: PostgresqlDatabase, address: str, hint: str
) -> None:
    Shop(postgresql, "")
    postgresql.run("CREATE TABLE secrets (id serial PRIMARY KEY)")
    with pytest.raises(SourceError) as raised:
        read(address.format(base=postgresql.address()))

    assert hint in raised.value.hint


def test_the_session_has_a_name_and_cannot_write(postgresql: PostgresqlDatabase) -> None:
    Shop(postgresql, "")
    address = Address.parse(
        postgresql.address(user="postgres"), options=SOURCE.options, secrets=SOURCE.secrets
    )
    with connected(address) as session:
        settings = session.rows(
            "SELECT current_setting('application_name') AS name,"
            " current_setting('transaction_isolation') AS isolation,"
            " current_setting('lock_timeout') AS lock"
        )
        with pytest.raises(SourceError, match="read-only"):
            session.rows("SELECT nextval('audit_log_id_seq')")

    assert settings == [{"name": APPLICATION, "isolation": "repeatable read", "lock": "2s"}]


def test_what_is_there_is_said_before_it_is_read(postgresql: PostgresqlDatabase) -> None:
    shop = Shop(postgresql, "?table=audit_log,notes")
    (log, notes) = SOURCE.open(SourceSpec(name="", address=shop.address)).facts()
    (by_time,) = SOURCE.open(
        SourceSpec(name="", address=postgresql.address("?table=audit_log&order=ts"))
    ).facts()

    assert (log.newest, log.order, log.note) == ("8", "id", "on a primary")
    assert log.bytes
    assert (notes.newest, notes.note) == (
        "",
        "on a primary; read as state unless `order` names a column",
    )
    # No index tells where its end is.
    assert (by_time.newest, by_time.order) == ("", "ts, id")
