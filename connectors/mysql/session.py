"""A session at the server that can only read, and cannot be in anybody's way for long."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql.cursors import DictCursor, SSCursor

from connectors.live.address import Address
from connectors.live.waiting import patiently
from forensics.model.errors import SourceError, UsageError

APPLICATION = "event-forensics"
"""The session's name at the server (`program_name` of its connection attributes)."""
_PORT = 3306
_STATEMENT_TIMEOUT_S = 300
_LOCK_TIMEOUT_S = 2
_TOO_MANY_CONNECTIONS = 1040
AGAIN = "What was read is stored; run the same command again to go on."
_HINTS = {
    1044: "Let the owner grant it: `GRANT SELECT ON DATABASE.* TO …`.",
    1045: "Give the account with `USER@HOST`, its password in `MYSQL_PWD` or `?password_file=`.",
    1049: "The database's name stands after the host: `mysql://USER@HOST/DATABASE`.",
    1142: "Let the owner grant it: `GRANT SELECT ON DATABASE.TABLE TO …`.",
    1227: "A history needs `GRANT PROCESS ON *.* TO …`, to know when all rows are there, and"
    " `?as=state` does not; the binary log needs `GRANT BINLOG MONITOR, REPLICATION SLAVE ON *.*`"
    " (MySQL: `REPLICATION CLIENT`).",
    2003: AGAIN,
    2006: AGAIN,
    2013: AGAIN,
    1969: "Ask for less at once, or give it longer: `?statement_timeout=900`.",
    3024: "Ask for less at once, or give it longer: `?statement_timeout=900`.",
}


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection; every transaction on it is read-only and sees one moment."""

    _connection: Any
    _where: str

    def rows(self, query: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        """A result that fits into memory; `%s` in the query stand for the values."""
        with self._telling(), self._connection.cursor(DictCursor) as cursor:
            cursor.execute(query, values or None)
            return list(cursor.fetchall())

    def pieces(self, query: str, room: Callable[[], int]) -> Iterator[Sequence[tuple[str, str]]]:
        """A result of any size, as many rows at once as `room` gives."""
        with self._telling(), self._connection.cursor(SSCursor) as cursor:
            cursor.execute(query)
            while found := cursor.fetchmany(room()):
                yield found

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except pymysql.Error as error:
            raise translated(error, self._where) from None


@contextmanager
def connected(address: Address) -> Iterator[Session]:
    """A session, open until the block is left.

    Raises:
        SourceError: The server cannot be reached, or does not let us in.
        UsageError: The address names no database.
    """
    if not address.path:
        raise UsageError(
            f"`{address.text}` names no database.", hint="mysql://USER@HOST/DATABASE?table=TABLE"
        )
    try:
        connection = patiently(
            lambda: pymysql.connect(**parameters(address), database=address.path),
            on=lambda error: (
                isinstance(error, pymysql.Error) and error.args[0] == _TOO_MANY_CONNECTIONS
            ),
        )
    except pymysql.Error as error:
        raise translated(error, address.text) from None
    with closing(connection):
        session = Session(connection, address.text)
        _restrict(session, address.number("statement_timeout") or _STATEMENT_TIMEOUT_S)
        yield session


def parameters(address: Address) -> dict[str, Any]:
    """What the library is told about how to reach the server; it holds the secret."""
    host, port = address.endpoint(_PORT)
    return {
        "host": host,
        "port": port,
        "user": address.user or None,
        "password": address.secret("password") or "",
        "charset": "utf8mb4",
        "autocommit": True,
        "connect_timeout": 10,
        "program_name": APPLICATION,
    }


def quoted(name: str) -> str:
    """A name of the database inside a statement."""
    return "`" + name.replace("`", "``") + "`"


def _restrict(session: Session, timeout_s: float) -> None:
    is_mariadb = "MariaDB" in session.rows("SELECT version() AS version")[0]["version"]
    limit = (
        f"max_statement_time = {timeout_s:g}"
        if is_mariadb
        else f"max_execution_time = {int(timeout_s * 1000)}"
    )
    session.rows("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    session.rows(
        f"SET SESSION time_zone = '+00:00', lock_wait_timeout = {_LOCK_TIMEOUT_S},"
        f" innodb_lock_wait_timeout = {_LOCK_TIMEOUT_S}, {limit}"
    )


def translated(error: pymysql.Error, where: str) -> SourceError:
    """An error of the server or of the way to it, as a sentence with what to do."""
    code, text = (*error.args, "", "")[:2]
    return SourceError(f"`{where}`: {str(text).rstrip('.')}.", hint=_HINTS.get(code, ""))
