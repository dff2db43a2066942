"""A message that no worker can handle is put back at the head of its queue, again and again.

Its body lacks the customer; the worker fails, rejects it with `requeue`, and is handed it at once.
The twin's queue has a dead-letter exchange, and its worker rejects for good.
"""

from collections import Counter
from pathlib import Path

import orjson

from tests.incidents import servers, shop
from tests.incidents.recording import Failure, Truth

QUEUE = "invoice-order"
PATIENCE = 60
"""Deliveries of one message after which somebody stops the worker."""


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """The fourth of eight messages is broken."""
    handed: Counter[str] = Counter()
    with servers.traced_rabbitmq(place) as broker:
        channel = broker.channel()
        channel.exchange_declare("dead", "fanout")
        channel.queue_declare("dead-letters", durable=True)
        channel.queue_bind("dead-letters", "dead")
        arguments = {} if fault else {"x-dead-letter-exchange": "dead"}
        channel.queue_declare(QUEUE, durable=True, arguments=arguments)
        channel.basic_qos(prefetch_count=1)
        for number, order in enumerate(shop.orders(8, first=7700)):
            whole = number != 3
            shop.publish(channel, QUEUE, order if whole else shop.Order(order.name, "", 0))
        for method, properties, body in channel.consume(QUEUE, inactivity_timeout=1):
            if method is None:
                break
            handed[properties.message_id] += 1
            if orjson.loads(body)["customer_id"]:
                channel.basic_ack(method.delivery_tag)
            else:
                channel.basic_reject(method.delivery_tag, requeue=fault)
            if handed[properties.message_id] >= PATIENCE:
                break
        broker.trace(folder / "broker_trace.log")
    again = [message for message, times in handed.items() if times > 1]
    return Truth(
        failures=[
            Failure(
                what=f"{message} was handed over {handed[message]} times",
                patterns=("hot_loop", "fleet"),
                about=[message],
                root={"broker_trace": ["published", message]},
            )
            for message in again
        ],
        incidents=len(again),
        goes_on=bool(again),
    )
