"""Real database servers: on loopback, each with its own folder, ended with the session."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import adbc_driver_postgresql.dbapi as driver
import pytest

from tests.connectors.live.servers import free_port

_POSTGRESQL = Path("/usr/lib/postgresql/17/bin")


@dataclass(frozen=True, slots=True)
class PostgresqlDatabase:
    """One database, and how its own software gets at it.

    Attributes:
        port: Where its server listens, on loopback.
        name: The database.
        log: The server's csvlog.
    """

    port: int
    name: str = "shop"
    log: Path = Path()

    def address(self, options: str = "", *, user: str = "reader") -> str:
        """What a user types."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{self.name}{options}"

    def connect(self, application: str = "shop", *, autocommit: bool = True) -> driver.Connection:
        """A session that may do everything."""
        return driver.connect(
            f"{self.address(user='postgres')}?application_name={quote(application)}",
            autocommit=autocommit,
        )

    def run(self, *statements: str) -> None:
        """Statements, each in a transaction of its own."""
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What a query gives."""
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]


@pytest.fixture
def postgresql(postgresql_server: PostgresqlDatabase) -> Iterator[PostgresqlDatabase]:
    """An empty database of a running server."""
    postgresql_server.run("CREATE SCHEMA public", "GRANT USAGE ON SCHEMA public TO reader")
    yield postgresql_server
    postgresql_server.run(
        "DROP SCHEMA public CASCADE",
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots",
    )


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlDatabase]:
    """A server that runs until the tests end."""
    with serving_postgresql() as database:
        yield database


@contextmanager
def serving_postgresql(further: str = "") -> Iterator[PostgresqlDatabase]:
    """A running server; `further` are lines of its `postgresql.conf`."""
    with folder_of("postgres") as folder:
        port = free_port()
        _as("postgres", "initdb", "-D", folder, "-A", "trust", "-E", "UTF8", "--no-sync")
        with (folder / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
                "wal_level = logical\nfsync = off\nautovacuum = off\n"
                "deadlock_timeout = '50ms'\nlog_destination = 'csvlog'\nlogging_collector = on\n"
                "log_directory = 'log'\nlog_filename = 'postgresql.log'\nlog_statement = 'mod'\n"
                + further
            )
            if "output_plugin_libraries" in _as("postgres", "postgres", "--describe-config"):
                settings.write("output_plugin_libraries = 'test_decoding, wal2json'\n")
        _as("postgres", "pg_ctl", "-D", folder, "-w", "-l", folder / "start.log", "start")
        try:
            PostgresqlDatabase(port, "postgres").run(
                "CREATE DATABASE shop", "CREATE ROLE reader LOGIN REPLICATION"
            )
            database = PostgresqlDatabase(port, log=folder / "log" / "postgresql.csv")
            database.run("DROP SCHEMA public")
            yield database
        finally:
            _as("postgres", "pg_ctl", "-D", folder, "-w", "-m", "immediate", "stop")


@contextmanager
def folder_of(user: str) -> Iterator[Path]:
    """A folder that the server's account may enter: pytest keeps its own from all but us."""
    folder = Path(tempfile.mkdtemp(prefix="forensics-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder)


def _as(user: str, program: str, *arguments: str | Path) -> str:
    """Run a program of the server; PostgreSQL refuses to run as root."""
    become = ["runuser", "-u", user, "--"] if os.getuid() == 0 else []
    command = [*become, str(_POSTGRESQL / program), *map(str, arguments)]
    # What the server itself keeps open must not be waited for.
    with tempfile.TemporaryFile("w+") as output:
        subprocess.run(command, check=True, stdout=output, stderr=subprocess.STDOUT)
        output.seek(0)
        return output.read()
