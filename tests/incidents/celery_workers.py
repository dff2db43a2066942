"""Celery workers in processes of their own, and every event that they send, as Celery gives it."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from celery import Celery

from tests.connectors.live.servers import until

_PLACES = {
    f"@{socket.gethostname()}": "@shop-1",
    sys.prefix: "/srv/shop",
    str(Path.cwd()): "/srv/shop",
}
"""What events name of the machine, and what stands there instead."""


@contextmanager
def working(
    redis: str, log: Path, settings: Mapping[str, str], *, names: tuple[str, ...] = ("w1",)
) -> Iterator[Celery]:
    """Workers, from when they answer, and the application that gives them tasks.

    Args:
        redis: Host and port of the broker.
        log: Where events are written, one JSON object a line.
        settings: The environment of `tests.incidents.tasks`.
        names: Of the workers; each works on four tasks at a time.
    """
    url = f"redis://{redis}/0"
    environment = {**os.environ, "SHOP_BROKER": url, **settings}
    command = [sys.executable, "-m", "celery", "-A", "tests.incidents.tasks", "-q", "worker", "-E"]
    command += ["--pool", "threads", "-c", "4", "--without-mingle", "--without-gossip"]
    app = Celery("billing", broker=url, set_as_current=False)
    app.conf.task_send_sent_event = True
    ended = threading.Event()
    capture = threading.Thread(target=_capture, args=(app, log, ended))
    capture.start()
    workers = [
        subprocess.Popen(
            [*command, "-n", f"{name}@billing"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name in names
    ]
    try:
        until(lambda: len(app.control.ping(timeout=0.5)) == len(workers))
        yield app
        time.sleep(0.5)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
        ended.set()
        capture.join()


def _capture(app: Celery, log: Path, ended: threading.Event) -> None:
    def write(event: dict[str, object]) -> None:
        if str(event["type"]).startswith("task-"):
            with log.open("a", encoding="utf-8") as file:
                line = json.dumps(event, default=str)
                for here, elsewhere in _PLACES.items():
                    line = line.replace(here, elsewhere)
                file.write(line + "\n")

    with app.connection() as connection:
        receiver = app.events.Receiver(connection, handlers={"*": write})
        while not ended.is_set():
            try:
                receiver.capture(limit=None, timeout=0.5, wakeup=False)
            except TimeoutError:
                continue
