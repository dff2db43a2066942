"""A real MariaDB on loopback, with a folder of its own, ended with the block."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

from tests.connectors.live.database_servers import folder_of
from tests.connectors.live.servers import answers, found, free_port, until


@dataclass(frozen=True, slots=True)
class MariadbDatabase:
    """The database `shop`, and how its own software gets at it.

    Attributes:
        port: Where its server listens, on loopback.
        folder: Where it keeps its files and logs.
    """

    port: int
    folder: Path

    def connect(self) -> Any:
        """A session that may do everything."""
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", database="shop")

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Statements in one transaction; the rows of the last."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()
            return list(cursor.fetchall())


@contextmanager
def serving_mariadb(*further: str) -> Iterator[MariadbDatabase]:
    """A running server that writes a binary log; `further` are arguments of it."""
    with folder_of("mysql") as folder:
        port = free_port()
        as_user = ["--user=mysql"] if os.getuid() == 0 else []
        install = [found("mariadb-install-db"), "--no-defaults", f"--datadir={folder}", *as_user]
        install += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(install, check=True, capture_output=True)
        command = [found("mariadbd"), "--no-defaults", f"--datadir={folder}", *as_user]
        command += [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s"]
        command += [
            "--server-id=1",
            "--log-bin=bin",
            "--binlog-format=ROW",
            f"--pid-file={folder}/p",
        ]
        command += ["--binlog-row-metadata=FULL", *further]
        with (
            Path(folder, "server.log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log) as server,
        ):
            try:
                until(lambda: answers(port) or server.poll() is not None)
                _furnish(port)
                yield MariadbDatabase(port, folder)
            finally:
                server.kill()


def _furnish(port: int) -> None:
    with closing(pymysql.connect(host="127.0.0.1", port=port, user="root")) as connection:
        cursor = connection.cursor()
        for statement in (
            "CREATE DATABASE shop",
            "CREATE USER reader, blind",
            "GRANT PROCESS, BINLOG MONITOR, REPLICATION SLAVE ON *.* TO reader",
            "GRANT SELECT ON shop.* TO reader, blind",
        ):
            cursor.execute(statement)
