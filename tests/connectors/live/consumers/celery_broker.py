"""A Celery queue in Redis, as a worker's transport (kombu) takes from it; results are kept."""

import queue
from collections.abc import Iterator

from celery import Celery
from kombu import Connection

from tests.connectors.live import shop

QUEUE = "celery"
TASK = "shop.charge"
VISIBILITY_S = 1
TRANSPORT = {
    "visibility_timeout": VISIBILITY_S,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}


def app(url: str) -> Celery:
    """The shop's application."""
    made = Celery("shop", broker=url, backend=url)
    made.conf.broker_transport_options = TRANSPORT
    return made


def deliveries(url: str, worker: str) -> Iterator[shop.Delivery]:
    """One message after the other; a dead worker's is put back when its time is over."""
    backend = app(url).backend
    with Connection(url, transport_options=TRANSPORT) as connection:
        waiting = connection.SimpleQueue(QUEUE)

        def take() -> Iterator[shop.Delivery]:
            try:
                message = waiting.get(timeout=0.5)
            except queue.Empty:
                return
            task = message.headers["id"]

            def done() -> None:
                backend.store_result(task, "charged", "SUCCESS")
                message.ack()

            yield shop.Delivery(message=task, order=message.payload[0][0], done=done)

        yield from shop.waiting(take, idle_s=3 * VISIBILITY_S)
