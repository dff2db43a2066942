"""A JetStream consumer answers later than `ack_wait`, and the message goes to the next one as well.

Two workers share a durable consumer that waits a second; two of eight orders take longer. The
twin's workers give the provider the order's name as key.
"""

import asyncio
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import nats
import orjson

from connectors import registry
from forensics.model.record import Page, SourceSpec
from tests.connectors.live.consumers.jetstream import STREAM, deliveries
from tests.connectors.live.servers import nats as serving
from tests.incidents import shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

SLOW_S = 1.8


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """The second and the sixth order take too long, the first time."""
    ordered = shop.orders(8, first=3900)
    slow = {ordered[1].name, ordered[5].name}
    by_name = {order.name: order for order in ordered}
    with ExitStack() as running:
        server = running.enter_context(serving(place))
        provider = running.enter_context(Provider().serving())
        asyncio.run(published(server, ordered))
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "charge-worker")

        def work(name: str) -> None:
            for delivery in deliveries(server, name):
                client.charge(by_name[delivery.order], "" if fault else delivery.order)
                if delivery.order in slow:
                    slow.remove(delivery.order)
                    time.sleep(SLOW_S)
                delivery.done()

        workers = [threading.Thread(target=work, args=(name,)) for name in ("w1", "w2")]
        for worker in workers:
            worker.start()
            time.sleep(0.1)
        for worker in workers:
            worker.join()
        kept(f"nats://{server}/{STREAM}", folder / "orders_stream.jsonl")
        provider.list_events(folder / "provider_events.json")
    failures = made_again(
        provider.ledger.excess(),
        "again when its message was sent again",
        ("redelivery", "same_content"),
        lambda order: {"orders_stream": [order]},
        mechanism="visibility_timeout",
    )
    return told_by(provider.ledger, failures, incidents=len(failures))


async def published(server: str, ordered: list[shop.Order]) -> None:
    """Make the stream, and put the orders into it."""
    client = await nats.connect(f"nats://{server}")
    stream = client.jetstream()
    await stream.add_stream(name=STREAM, subjects=["orders.*"])
    for order in ordered:
        body = {"order": order.name, "customer_id": order.customer, "cents": order.cents}
        await stream.publish("orders.new", orjson.dumps(body), headers={"Nats-Msg-Id": order.name})
    await client.close()


def kept(address: str, path: Path) -> None:
    """Write what the connector reads of a source, one document a line."""
    for item in registry.connector(SourceSpec(name="", address=address)).pages([]):
        if isinstance(item, Page):
            documents = item.records.column("document").to_pylist()
            with path.open("ab") as file:
                file.writelines(bytes(document) + b"\n" for document in documents)
