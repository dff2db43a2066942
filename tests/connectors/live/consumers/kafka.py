"""A consumer group on a topic."""

from collections.abc import Iterator

import orjson
from confluent_kafka import Consumer

from tests.connectors.live import shop

TOPIC, GROUP = "orders", "charging"


def deliveries(url: str, worker: str) -> Iterator[shop.Delivery]:
    """What the group has not committed; a dead member's when its session ends."""
    consumer = Consumer(
        {
            "bootstrap.servers": url,
            "group.id": GROUP,
            "client.id": worker,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 1500,
            "heartbeat.interval.ms": 300,
            "fetch.wait.max.ms": 50,
        }
    )
    consumer.subscribe([TOPIC])

    def take() -> Iterator[shop.Delivery]:
        message = consumer.poll(0.2)
        if message and not message.error():
            yield shop.Delivery(
                message=f"{TOPIC}/{message.partition()}/{message.offset()}",
                order=orjson.loads(message.value())["order"],
                done=lambda: consumer.commit(message, asynchronous=False),
            )

    yield from shop.waiting(take, idle_s=5)
    consumer.close()
