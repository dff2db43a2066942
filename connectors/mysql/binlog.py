"""The binary log: row changes of committed transactions, read as a replica reads them.

Only a log with `binlog_row_metadata=FULL` says what its columns are called, which are unsigned and
in which character set they are; without that values would have to be guessed, so its rows are
counted and not read. https://mariadb.com/docs/server/server-management/server-monitoring-logs/binary-log
"""

import base64
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

import orjson
import pymysql
from pymysqlreplication import BinLogStreamReader
from pymysqlreplication.constants.NONE_SOURCE import COLS_BITMAP
from pymysqlreplication.event import GtidEvent, MariadbGtidEvent, RotateEvent, XidEvent
from pymysqlreplication.row_event import (
    DeleteRowsEvent,
    RowsEvent,
    UpdateRowsEvent,
    WriteRowsEvent,
)

from connectors.live import pages as paging
from connectors.live.address import Address
from connectors.live.pages import Budget, PartPages
from connectors.live.payload import listed
from connectors.live.source import PartFacts
from connectors.mysql.session import AGAIN, Session, connected, parameters, translated
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Page

_EVENTS = (XidEvent, GtidEvent, MariadbGtidEvent, RotateEvent)
_TYPES = {WriteRowsEvent: "insert", UpdateRowsEvent: "update", DeleteRowsEvent: "delete"}

_NO_REPLICA = 0
"""The number of a server that no replica can have: the server ends the older of two with one."""

_CONNECTIONS = 2
"""The library's: for the log, and for questions. A third would read on after it lost its place."""

_FIRST = 4
"""Where the first event of a file stands."""

_Place = tuple[str, int]


def pages(address: Address, known: Sequence[KnownPart], budget: Budget) -> Iterator[Page]:
    """The row changes after the cursor, up to where the log ended when we came."""
    parts = PartPages(_part(address), known)
    with connected(address) as session:
        files = _files(session)
    start, gone = _start(address, parts.cursor, list(files))
    log = _Log(start)
    with _opened(address, start) as stream:
        room, unspent = budget.room(), 0
        for event in stream:
            log.take(event, stream)
            is_page = len(log.documents) >= (room if log.is_between else paging.PAGE_RECORDS)
            if is_page:
                yield _page(log, parts, gone)
                unspent += log.taken()
            # A budget that ends inside a transaction would give the same rows each time.
            if unspent and log.is_between:
                budget.spend(unspent)
                room, unspent = budget.room(), 0
            if log.is_between and not _is_before(log.boundary, files):
                break
    yield _page(log, parts, gone, complete=True)


def facts(session: Session, address: Address) -> PartFacts:
    """How much of the log there is."""
    files = _files(session)
    metadata = session.rows("SHOW GLOBAL VARIABLES LIKE 'binlog_row_metadata'")
    says = metadata[0]["Value"] if metadata else "not there"
    return PartFacts(
        name=_part(address),
        order="position",
        note=f"{len(files)} files from {next(iter(files))} on,"
        f" {sum(files.values()) / 2**20:,.0f} MB; `binlog_row_metadata` is {says}, and rows are"
        " read where it is FULL",
    )


@dataclass(slots=True)
class _Log:
    """What was read of the log.

    Attributes:
        boundary: End of the last transaction that was read whole.
        is_between: Whether the last event that was read ended a transaction.
        positions: Places of the rows that were read.
        documents: The rows.
        unread: Rows events without names of their columns, by table.
    """

    boundary: _Place
    is_between: bool = True
    positions: list[str] = field(default_factory=list)
    documents: list[bytes] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    _gtid: str | None = None
    _rows: Counter[str] = field(default_factory=Counter)

    def take(self, event: Any, stream: Any) -> None:  # noqa: ANN401 - the library has no types
        """Take an event in, after the stream has read it."""
        if isinstance(event, RowsEvent):
            self.is_between = False
            self._take_rows(event, stream.table_map[event.table_id])
            return
        if isinstance(event, RotateEvent):
            # A file that begins, and one that is named anew when somebody comes to read.
            place = (event.next_binlog, int(event.position))
            self._end(place if place[0] != self.boundary[0] else self.boundary)
        elif isinstance(event, XidEvent):
            self._end((stream.log_file, event.packet.log_pos))
        else:
            self._end((stream.log_file, event.packet.log_pos - event.packet.event_size))
            self._gtid = event.gtid

    def taken(self) -> int:
        """Forget the rows, which are in a page now; how many they were."""
        found = len(self.documents)
        self.positions, self.documents = [], []
        return found

    def _end(self, boundary: _Place) -> None:
        self.boundary, self.is_between = boundary, True
        self._rows.clear()
        self._gtid = None

    def _take_rows(self, event: Any, table: Any) -> None:  # noqa: ANN401 - as above
        name = f"{event.schema}.{event.table}"
        if not table.column_name_flag:
            self.unread[name] += 1
            return
        file, position = self.boundary
        key = event.primary_key
        for row in event.rows:
            self._rows[name] += 1
            number = self._rows[name]
            self.positions.append(f"{file}:{position}/{name}#{number}")
            document = {
                "database": event.schema,
                "table": event.table,
                "type": _TYPES[type(event)],
                "ts": event.timestamp,
                "position": f"{file}:{position}",
                "gtid": self._gtid,
                "xid": None if self._gtid else f"{file}:{position}",
                "xoffset": number,
                "server_id": event.packet.server_id,
                "primary_key_columns": [key] if isinstance(key, str) and key else list(key),
                **_images(row),
            }
            self.documents.append(orjson.dumps(document, default=_value))


def _images(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A row as it was left, and what of it was replaced, as Maxwell writes them."""
    if "values" in row:
        return {"data": _there(row, "")}
    before, after = _there(row, "before_"), _there(row, "after_")
    replaced = {
        name: value for name, value in before.items() if name in after and after[name] != value
    }
    return {"data": before | after, "old": replaced}


def _there(row: dict[str, Any], image: str) -> dict[str, Any]:
    """The columns that an image has: with `binlog_row_image=MINIMAL` not all."""
    left_out = row[f"{image}none_sources"]
    return {
        name: value
        for name, value in row[f"{image}values"].items()
        if left_out.get(name) != COLS_BITMAP
    }


def _value(value: object) -> object:
    """What JSON has no word for, as Maxwell writes it."""
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, set):
        return sorted(value)
    return str(value)


def _page(log: _Log, parts: PartPages, gone: str, *, complete: bool = False) -> Page:
    file, position = log.boundary
    reasons = list(filter(None, [gone, _unread(log.unread)]))
    return parts.page(
        log.positions,
        log.documents,
        cursor=f"{file}:{position}",
        complete=complete,
        # What was passed by is not read later either.
        coverage="expired" if reasons else "complete",
        coverage_reason=" ".join(reasons),
    )


def _unread(unread: Counter[str]) -> str:
    if not unread:
        return ""
    counted = ", ".join(f"{number:,} of `{name}`" for name, number in sorted(unread.items()))
    return (
        f"Row changes without the names of their columns were not read: {counted}. The log has them"
        " from `SET GLOBAL binlog_row_metadata = 'FULL'` on."
    )


def _files(session: Session) -> dict[str, int]:
    """The files of the log and their sizes, oldest first; the last one ends where we read to."""
    return {row["Log_name"]: row["File_size"] for row in session.rows("SHOW BINARY LOGS")}


def _is_before(place: _Place, files: dict[str, int]) -> bool:
    """Whether a place comes before where the log ended when we came."""
    name, position = place
    last = next(reversed(files))
    return name in files and (name != last or position < files[last])


def _start(address: Address, cursor: str, files: Sequence[str]) -> tuple[_Place, str]:
    """Where to begin, and what had been removed before it was read.

    Raises:
        SourceError: The server keeps no log, or the file that was named is not there.
        UsageError: The address names no place.
    """
    if not files:
        raise SourceError(
            f"`{address.text}` keeps no binary log.", hint="The server needs `log_bin`."
        )
    asked = address.options["binlog"]
    name, _, position = (cursor or asked).rpartition(":")
    if not cursor and asked == "oldest":
        is_first = files[0].endswith(".000001")
        reason = "" if is_first else f"The files of the binary log before {files[0]} are gone."
        return (files[0], _FIRST), reason
    if not name or not position.isdigit():
        raise UsageError(
            f"`{address.text}`: `binlog` is no place in the log.",
            hint="Write `?binlog=oldest`, or a file and a position: `?binlog=bin.000042:4`.",
        )
    if name in files:
        return (name, int(position)), ""
    if not cursor:
        raise SourceError(
            f"`{address.text}`: there is no file `{name}`.", hint=f"It has: {', '.join(files)}."
        )
    reason = (
        f"The binary log was read to {cursor}, and what followed up to {files[0]} was removed"
        " before it was read."
    )
    return (files[0], _FIRST), reason


@contextmanager
def _opened(address: Address, start: _Place) -> Iterator[Any]:
    """The events from a place on; when the block is left, the server's thread for it ends."""
    connections = count(1)

    def connect(*, db: str | None = None, **settings: Any) -> Any:  # noqa: ANN401 - as above
        if next(connections) > _CONNECTIONS:
            raise SourceError(f"`{address.text}` ended the connection.", hint=AGAIN)
        return pymysql.connect(database=db, **settings)

    stream = BinLogStreamReader(
        parameters(address),
        server_id=_NO_REPLICA,
        log_file=start[0],
        log_pos=start[1],
        resume_stream=True,
        only_events=[*_EVENTS, *_TYPES],
        only_schemas=[address.path],
        only_tables=listed(address.options.get("table", "")) or None,
        enable_logging=False,
        pymysql_wrapper=connect,
    )
    try:
        yield stream
    except pymysql.Error as error:
        raise translated(error, address.text) from None
    finally:
        with suppress(pymysql.Error):
            stream.close()


def _part(address: Address) -> str:
    return f"{address.path} (binlog)"
