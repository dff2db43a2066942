"""A durable consumer that pulls from a stream."""

import asyncio
from collections.abc import Iterator

import nats
import orjson
from nats.js.api import ConsumerConfig

from tests.connectors.live import shop

STREAM, DURABLE = "ORDERS", "charging"
ACK_WAIT_S = 1


def deliveries(url: str, worker: str) -> Iterator[shop.Delivery]:
    """One message after the other; a dead worker's comes again when its time is over."""
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(nats.connect(f"nats://{url}"))
    config = ConsumerConfig(ack_wait=ACK_WAIT_S, sample_freq="100")
    subscription = loop.run_until_complete(
        client.jetstream().pull_subscribe("orders.*", DURABLE, STREAM, config)
    )

    def take() -> Iterator[shop.Delivery]:
        try:
            (message,) = loop.run_until_complete(subscription.fetch(1, timeout=0.3))
        except nats.errors.TimeoutError:
            return
        yield shop.Delivery(
            message=f"{STREAM}/{message.metadata.sequence.stream}",
            order=orjson.loads(message.data)["order"],
            done=lambda: loop.run_until_complete(message.ack_sync()),
        )

    yield from shop.waiting(take, idle_s=2 * ACK_WAIT_S)
    loop.run_until_complete(client.close())
