"""A queue of BullMQ; the worker is BullMQ's own, and dies with this process."""

import json
import os
import selectors
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.connectors.live import shop

QUEUE = "orders"
LOCK_MS = 1000


def deliveries(url: str, worker: str) -> Iterator[shop.Delivery]:
    """One job after the other; a dead worker's is stalled and comes again.

    Args:
        url: Host, port, and the folder in which BullMQ is installed.
        worker: Not told to BullMQ.
    """
    host, port, modules = url.split(",")
    script = Path(modules) / "bullmq.mjs"
    node = subprocess.Popen(
        ["node", str(script), host, port, QUEUE, str(LOCK_MS)],  # noqa: S607 - where it is differs
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "NODE_ENV": "production"},
    )
    assert node.stdin
    assert node.stdout
    jobs, answers = node.stdout, node.stdin
    ready = selectors.DefaultSelector()
    ready.register(jobs, selectors.EVENT_READ)

    def done() -> None:
        answers.write(b"done\n")
        answers.flush()

    def take() -> Iterator[shop.Delivery]:
        if ready.select(timeout=0.3):
            job = json.loads(jobs.readline())
            yield shop.Delivery(
                message=f"{QUEUE}/{job['id']}", order=job["data"]["order"], done=done
            )

    yield from shop.waiting(take, idle_s=4 * LOCK_MS / 1000)
    answers.close()
    node.wait(timeout=20)
