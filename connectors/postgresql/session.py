"""A session at the server that can only read, and cannot be in anybody's way for long."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import adbc_driver_postgresql.dbapi as driver
import pyarrow as pa
from adbc_driver_postgresql import StatementOptions

from connectors.live.address import Address
from connectors.live.ahead import one_ahead
from connectors.live.waiting import patiently
from forensics.model.errors import SourceError

APPLICATION = "event-forensics"
"""The session's name at the server, so that a log of statements can be read without ours."""
_STATEMENT_TIMEOUT_S = 300
_LOCK_TIMEOUT = "2s"
"""Behind a waiting `ALTER TABLE` everybody else would wait for us."""
_IDLE_TIMEOUT = "60s"
_AGAIN = "What was read is stored; run the same command again to go on."
_BATCH = StatementOptions.BATCH_SIZE_HINT_BYTES.value
_BATCH_BYTES = str(2**20)
"""Small enough that the server goes on while what came is worked on."""
_HINTS = {
    "08": _AGAIN,
    "57P": _AGAIN,
    "28": "Give the account with `USER@HOST`, its password in `PGPASSWORD` or `?password_file=`.",
    "3D000": "The database's name stands after the host: `postgresql://USER@HOST/DATABASE`.",
    "42501": "Let the owner grant it: `GRANT SELECT ON TABLE … TO …`.",
    "55P03": "Somebody holds the table exclusively; run the same command again later.",
    "55000": "A slot can only be read in its own database, and while nobody else reads it.",
    "57014": "Ask for less at once, or give it longer: `?statement_timeout=900`.",
}


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection; every transaction on it is read-only and sees one moment."""

    _connection: driver.Connection
    _where: str

    def rows(self, query: str) -> list[dict[str, Any]]:
        """A small result."""
        found: list[dict[str, Any]] = self.table(query).to_pylist()
        return found

    def table(self, query: str) -> pa.Table:
        """A result that fits into memory."""
        return pa.Table.from_batches(*_listed(self.batches(query)))

    def batches(self, query: str) -> Generator[pa.RecordBatch]:
        """A result of any size, piece by piece."""
        with closing(self._connection.cursor()) as cursor:
            try:
                cursor.adbc_statement.set_options(**{_BATCH: _BATCH_BYTES})
                cursor.execute(query)
                reader = cursor.fetch_record_batch()
                empty = pa.RecordBatch.from_pylist([], schema=reader.schema)
                yield empty
                yield from one_ahead(iter(reader), cancel=cursor.adbc_cancel)
            # Once rows flow, Arrow speaks for the driver, and its errors have no SQLSTATE.
            except (driver.Error, pa.ArrowException, OSError) as error:
                raise _translated(error, self._where) from None


def _listed(batches: Iterator[pa.RecordBatch]) -> tuple[list[pa.RecordBatch], pa.Schema]:
    found = list(batches)
    return found, found[0].schema


@contextmanager
def connected(address: Address, *, one_moment: bool = False) -> Iterator[Session]:
    """A session, open until the block is left.

    Args:
        address: Where.
        one_moment: Whether all that is read belongs to one snapshot; else each query has its own.

    Raises:
        SourceError: The server cannot be reached, or does not let us in.
    """
    uri = _uri(address)
    try:
        connection = patiently(
            lambda: driver.connect(uri, autocommit=not one_moment), on=_is_passing
        )
    except driver.Error as error:
        raise _translated(error, address.text) from None
    with closing(connection):
        yield Session(connection, address.text)


def literal(text: str) -> str:
    """A text inside a statement, whatever the server takes backslashes for."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _uri(address: Address) -> str:
    timeout_s = address.number("statement_timeout") or _STATEMENT_TIMEOUT_S
    settings = {
        "default_transaction_isolation": "repeatable\\ read",
        "default_transaction_read_only": "on",
        "statement_timeout": f"{timeout_s:g}s",
        "lock_timeout": _LOCK_TIMEOUT,
        "idle_in_transaction_session_timeout": _IDLE_TIMEOUT,
        # Where the server has no statistics it would sort all that follows for each page.
        "enable_sort": "off",
        "enable_bitmapscan": "off",
        "TimeZone": "UTC",
        "DateStyle": "ISO",
    }
    given = {name: address.options[name] for name in ("host", "sslmode") if name in address.options}
    query = {
        "application_name": APPLICATION,
        "connect_timeout": "10",
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        **given,
    }
    password = address.secret("password")
    secret = "" if password is None else f":{quote(password, safe='')}"
    account = f"{quote(address.user, safe='')}{secret}@" if address.user else ""
    if secret and not account:
        query["password"] = password or ""
    path = quote(address.path, safe="")
    return f"postgresql://{account}{address.netloc}/{path}?{urlencode(query, quote_via=quote)}"


def _is_passing(error: Exception) -> bool:
    """Whether the server is only starting up, or full for the moment."""
    return isinstance(error, driver.Error) and any(
        sign in str(error)
        for sign in ("is starting up", "too many clients", "remaining connection")
    )


def _translated(error: Exception, where: str) -> SourceError:
    state = str(getattr(error, "sqlstate", None) or _state_of(str(error)))
    hint = next((text for start, text in _HINTS.items() if state.startswith(start)), "")
    return SourceError(f"`{where}`: {_sentence(str(error))}", hint=hint)


_SIGNS = {
    "authentication failed": "28",
    "no password": "28",
    "no pg_hba": "28",
    'FATAL:  role "': "28",
    'FATAL:  database "': "3D000",
    "permission denied": "42501",
    "lock timeout": "55P03",
    "statement timeout": "57014",
    "closed the connection": "08",
    "Connection refused": "08",
}


def _state_of(message: str) -> str:
    """The class of an error of which there is only the text."""
    return next((state for sign, state in _SIGNS.items() if sign in message), "")


def _sentence(message: str) -> str:
    for sign in ("ERROR:", "FATAL:", "failed:", "query:"):
        if sign in message:
            message = message.rpartition(sign)[2]
            break
    return f"{_first_line(message)}."


def _first_line(message: str) -> str:
    lines: Sequence[str] = [line.strip() for line in message.strip().splitlines()] or [""]
    return lines[0].rstrip(".")
