"""A consumer of a classic queue; what it does not acknowledge is handed over again."""

from collections.abc import Iterator

import orjson
import pika

from tests.connectors.live import shop

QUEUE = "orders"


def deliveries(url: str, worker: str) -> Iterator[shop.Delivery]:
    """One message after the other."""
    channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
    channel.basic_qos(prefetch_count=1)
    for method, properties, body in channel.consume(QUEUE, inactivity_timeout=1):
        if method is None:
            return
        yield shop.Delivery(
            message=properties.message_id,
            order=orjson.loads(body)["order"],
            done=lambda tag=method.delivery_tag: channel.basic_ack(tag),
        )
