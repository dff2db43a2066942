"""Which ids a message's text names: those whose field says so, and nothing that opens anything."""

from collections.abc import Iterator

import duckdb
import orjson
import pytest

from forensics.normalise.apply import prepare
from forensics.store.engine import engine


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine() as connected:
        prepare(connected, timezone="UTC")
        yield connected


def named(connection: duckdb.DuckDBPyConnection, text: str) -> set[tuple[str, str]]:
    (found,) = connection.execute("SELECT records_in($1)", [text]).fetchall()[0]
    return {(record["type"], record["id"]) for record in found or ()}


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("order_id", "ORD-17", "order"),
        ("orderId", "17", "order"),
        ("order_id", 17, "order"),
        ("order", "ORD-17", "order"),
        ("name", "ORD-17", "name"),
        ("id", "ch_1", "id"),
    ],
)
def test_a_field_that_says_so_holds_an_id(
    connection: duckdb.DuckDBPyConnection, field: str, value: object, kind: str
) -> None:
    text = orjson.dumps({"data": {field: value}}).decode()

    assert named(connection, text) == {(kind, str(value))}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "hunter2x"),
        ("api_key", "sk_live_1abcdef"),
        ("access_key_id", "AKIA1234"),
        ("session_id", "s-1"),
        ("card_id", "4111111111111111"),
        ("otp", "A1B2C3"),
        ("pin", "1234"),
        ("iban", "DE89370400440532013000"),
        ("token", "6da42093"),
        ("trace_id", "4bf92f35"),
        ("price", "12.50EUR"),
        ("amount", 1990),
        ("created_id", "2026-11-02"),
        ("order", "second1"),
        ("paid", "1"),
        ("androId", ""),
    ],
)
def test_what_opens_something_or_counts_something_is_none(
    connection: duckdb.DuckDBPyConnection, field: str, value: object
) -> None:
    assert named(connection, orjson.dumps({field: value}).decode()) == set()


def test_the_first_ids_of_a_long_message_stand(connection: duckdb.DuckDBPyConnection) -> None:
    text = orjson.dumps({"order_id": "ORD-1"} | {f"a{n}_id": n for n in range(40)}).decode()
    found = named(connection, text)

    assert ("order", "ORD-1") in found
    assert len(found) == 32


def test_no_text_names_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    assert connection.execute("SELECT records_in(NULL), records_in('no')").fetchall() == [
        (None, None)
    ]
