"""Rows and values of PostgreSQL: written as the server itself writes them."""

from contextlib import closing

import orjson
import pytest

from connectors.postgresql.session import literal
from tests.connectors.live.contract import read, records
from tests.connectors.live.database_servers import (
    PostgresqlDatabase,
    postgresql,
    postgresql_server,
)
from tests.connectors.live.test_postgresql import Shop

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("postgresql")]
__all__ = ["postgresql", "postgresql_server"]


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
