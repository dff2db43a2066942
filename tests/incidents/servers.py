"""Servers that write logs, set up as one would who wants to know later what happened."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pika

from connectors import registry
from forensics.model.record import Page, SourceSpec
from tests.connectors.live.database_servers import PostgresqlDatabase, serving_postgresql
from tests.connectors.live.mariadb_server import MariadbDatabase
from tests.connectors.live.servers import free_port, rabbitmq, until

PGAUDIT = (
    "shared_preload_libraries = 'pgaudit'\npgaudit.log = 'read, write'\npgaudit.log_relation = on\n"
    "pgaudit.log_parameter = on\npgaudit.log_rows = on\npgaudit.log_catalog = off\n"
)
_SLOT = "watch"


@contextmanager
def postgresql(further: str = "") -> Iterator[PostgresqlDatabase]:
    """A database whose changes are decoded by wal2json."""
    with serving_postgresql(f"log_timezone = 'UTC'\n{further}") as database:
        database.run("CREATE SCHEMA public")
        yield database


def watch(database: PostgresqlDatabase) -> None:
    """Begin to keep changes."""
    database.run(f"SELECT lsn FROM pg_create_logical_replication_slot('{_SLOT}', 'wal2json')")


def changes(database: PostgresqlDatabase, path: Path) -> None:
    """Write the changes since, as wal2json's second format has them."""
    options = "'format-version', '2', 'include-xids', '1', 'include-timestamp', '1'"
    rows = database.rows(
        f"SELECT data FROM pg_logical_slot_peek_changes('{_SLOT}', NULL, NULL, {options},"
        " 'include-lsn', '1', 'include-pk', '1')"
    )
    path.write_text("".join(f"{row[0]}\n" for row in rows), encoding="utf-8")


def row_changes(database: MariadbDatabase, path: Path) -> None:
    """Write the row changes of a binary log, as they are read from it."""
    address = f"mysql://reader@127.0.0.1:{database.port}/shop?binlog=oldest"
    items = registry.connector(SourceSpec(name="changes", address=address)).pages([])
    documents = [d for page in items if isinstance(page, Page) for d in page.records["document"]]
    path.write_bytes(b"".join(d.as_py() + b"\n" for d in documents))


@dataclass(frozen=True, slots=True)
class Broker:
    """RabbitMQ whose tracing plugin writes every message to a file."""

    url: str
    management: str
    traces: Path

    def channel(self) -> Any:
        """A channel of a connection of its own."""
        return pika.BlockingConnection(pika.URLParameters(self.url)).channel()

    def trace(self, path: Path) -> None:
        """Write the trace, when all of it is there."""
        trace = self.traces / "trace.log"
        size = -1
        while size != trace.stat().st_size:
            size = trace.stat().st_size
            time.sleep(0.5)
        path.write_bytes(trace.read_bytes())


@contextmanager
def traced_rabbitmq(folder: Path) -> Iterator[Broker]:
    """A broker of which everything is traced, as JSON."""
    port, traces = free_port(), folder / "traces"
    advanced = f'[{{rabbitmq_tracing, [{{directory, "{traces}"}}]}}]'
    settings = f"management.tcp.port = {port}\nmanagement.tcp.ip = 127.0.0.1\n"
    plugins = ("rabbitmq_tracing",)
    with rabbitmq(folder, plugins=plugins, settings=settings, advanced=advanced) as server:
        management = f"http://guest:guest@127.0.0.1:{port}/api"
        until(lambda: _answers(management))
        httpx.put(
            f"{management}/traces/%2F/trace", json={"format": "json", "pattern": "#"}
        ).raise_for_status()
        yield Broker(f"amqp://guest:guest@{server}/%2F", management, traces)


def _answers(management: str) -> bool:
    try:
        return httpx.get(f"{management}/overview").is_success
    except httpx.HTTPError:
        return False


def server_log(database: PostgresqlDatabase, path: Path) -> None:
    """Write what the server logged."""
    path.write_bytes(database.log.read_bytes())
