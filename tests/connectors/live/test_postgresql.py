"""PostgreSQL: tables with nothing lost, slots with nothing taken, and a server left as it was."""

from contextlib import closing
from urllib.parse import quote

import orjson
import pytest

from connectors import registry
from connectors.live.address import Address
from connectors.postgresql import history, slot, tables
from connectors.postgresql.session import APPLICATION, connected, literal
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


class Slot(Shop):
    """The same with a slot that was there before."""

    def __init__(self, database: PostgresqlDatabase, plugin: str) -> None:
        database.run(f"SELECT pg_create_logical_replication_slot('evidence', '{plugin}')")
        super().__init__(database, f"?slot=evidence&plugin={plugin}")

    def add(self, count: int) -> None:
        for _ in range(count):
            self.database.run(f"INSERT INTO notes VALUES (gen_random_uuid(), {count})")


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


def test_a_row_is_read_as_the_server_would_write_it(postgresql: PostgresqlDatabase) -> None:
    Shop(postgresql, "")
    found = records(read(postgresql.address("?table=audit_log")))
    row = orjson.loads(found["audit_log", "1"])

    assert row["payload"] == {"a": "b's"}
    assert (row["amount"], row["raw"], row["ts"][-6:]) == (19.9, "\\x00ff", "+00:00")


_ODD_TEXTS = [
    "",
    "007",
    'a "quoted" \\ path',
    "\n\t\r\x01\x1f\x7f",
    "naïve ☕ \U0001f40d",
    '\\"',
    None,
]
_ODD = {
    "text": _ODD_TEXTS,
    "varchar(20)": _ODD_TEXTS,
    "char(20)": _ODD_TEXTS[:3],
    "uuid": ["00000000-0000-0000-0000-00000000000a"],
    "bool": ["true", "false", None],
    "smallint": ["-32768", None],
    "bigint": ["9223372036854775807", "0", "-1"],
    "numeric": ["19.90", "-0.000001", "1e30", "0.00", None],
    "numeric(6, 2)": ["NaN", "1.5"],
    "float4": ["0.1", "1e20"],
    "float8": ["1e-300", "NaN", "0.1"],
    "timestamptz": [
        "2026-11-01T10:00:00.000001+02",
        "2026-11-01T10:20:30.500Z",
        "0001-01-01T00:00:00Z",
        None,
    ],
    "timestamp": [
        "2026-11-01 10:00:00.5",
        "2026-11-01 10:00:00",
        "2026-11-01",
        "1969-12-31 23:59:59.123450",
        "9999-12-31 23:59:59.999999",
        None,
    ],
    "timestamptz ": ["infinity", "2026-11-01"],
    "timestamp ": ["0044-03-15 BC", "20260-01-01"],
    "date": ["2026-11-01", "infinity"],
    "time": ["10:00:00", "10:00:00.50"],
    "timetz": ["10:00:00+02", "10:00:00.50Z"],
    "interval": ["1 day 2 hours", "1.50 seconds"],
    "json": ['{"b" : 1,\n"a": 1, "a": "\\u00e9"}', "[1, null]", None],
    "jsonb": ['{"b": 1.50, "a": "\\""}', '"text"'],
    "int[]": ["{1,NULL}"],
    "timestamp[]": ["{2026-11-01 10:00:00.50,infinity}"],
    "bytea": ["\\x00ff"],
    "inet": ["192.0.2.7/24"],
}


@pytest.mark.parametrize("kind", _ODD)
def test_every_value_is_read_as_the_server_writes_it(
    postgresql: PostgresqlDatabase, kind: str
) -> None:
    postgresql.run(
        f'CREATE TABLE odd (id serial PRIMARY KEY, "a ""name""" {kind})',
        "GRANT SELECT ON odd TO reader",
    )
    with closing(postgresql.connect()) as connection, closing(connection.cursor()) as cursor:
        for value in _ODD[kind]:
            given = "NULL" if value is None else literal(value)
            cursor.execute(f'INSERT INTO odd ("a ""name""") VALUES ({given})')
    expected = postgresql.rows("SELECT id::text, row_to_json(odd.*)::text FROM odd")
    found = records(read(postgresql.address("?table=odd")))

    assert {place: row for (_, place), row in found.items()} == {
        str(place): str(row).encode() for place, row in expected
    }


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


def test_a_slot_and_a_table_cannot_both_be_asked_for(postgresql: PostgresqlDatabase) -> None:
    with pytest.raises(UsageError, match="all tables"):
        read(postgresql.address("?slot=s&table=t"))


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
    @pytest.fixture
    def system(self, postgresql: PostgresqlDatabase) -> Slot:
        return Slot(postgresql, "wal2json")

    # An insert in a transaction of its own is three changes: begin, insert, commit.
    def test_only_what_was_added_comes_with_the_next_reading(self, system: Slot) -> None:
        before = read(system.address)
        system.add(4)
        after = records(read(system.address, known_after(before)))

        assert len(after.keys() - records(before).keys()) == 3 * 4
        assert records(before).items() | after.items() == records(read(system.address)).items()


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
