"""Each attempt at a charge gets a key of its own, and the provider answers late.

A message asks for each charge; the worker waits half a second for the provider, tries again, and
notes what it was told in `payments`. Two answers come late, one is a refusal of the provider that
is down for a moment. The twin makes the key before the first attempt.
"""

import time
import uuid
from contextlib import ExitStack
from pathlib import Path

import orjson

from tests.incidents import servers, shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

QUEUE = "charge-order"


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Two of eight charges are answered late, and one is refused."""
    ordered = shop.orders(8, first=5200)
    late = ["late", None]
    with ExitStack() as running:
        broker = running.enter_context(servers.traced_rabbitmq(place))
        database = running.enter_context(servers.postgresql())
        provider = running.enter_context(
            Provider(faults=[None, *late, None, "down", None, None, *late]).serving()
        )
        database.run(shop.PAYMENTS)
        servers.watch(database)
        channel = broker.channel()
        channel.queue_declare(QUEUE, durable=True)
        for order in ordered:
            shop.publish(channel, QUEUE, order)
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "charge-worker")
        for method, _, body in channel.consume(QUEUE, inactivity_timeout=1):
            if method is None:
                break
            order = shop.Order(*orjson.loads(body).values())
            charge = persistently(client, order, rekeyed=fault)
            database.run(shop.noted(charge, order))
            channel.basic_ack(method.delivery_tag)
        broker.trace(folder / "broker_trace.log")
        servers.changes(database, folder / "payments_changes.jsonl")
        provider.list_events(folder / "provider_events.json")
        noted = shop.noted_in(database)
    failures = made_again(
        provider.ledger.excess(noted),
        "by an attempt that was given up, and by the next",
        ("rekeyed_retry", "same_content"),
        lambda order: {"broker_trace": ["published", f"m-{order}"]},
        mechanism="key_per_attempt",
    )
    return told_by(provider.ledger, failures, incidents=len(failures), noted=noted)


def persistently(client: shop.Client, order: shop.Order, *, rekeyed: bool) -> str:
    """Try until it is charged."""
    key = str(uuid.uuid4())
    while not (charge := client.charge(order, key)):
        time.sleep(shop.RESTART_S)
        key = str(uuid.uuid4()) if rekeyed else key
    return charge
