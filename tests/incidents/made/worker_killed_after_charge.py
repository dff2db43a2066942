"""A worker is killed after it charged an order and before it acknowledged the message.

The shop publishes its orders; a worker charges one with the provider, notes the charge in
PostgreSQL, and acknowledges. The twin's workers die in the same places, and give the provider the
order's name as key.
"""

import time
from contextlib import ExitStack
from pathlib import Path

import orjson

from tests.connectors.live.database_servers import PostgresqlDatabase
from tests.incidents import servers, shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

QUEUE = "charge-order"


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Two of eight orders lose their worker."""
    ordered = shop.orders(8)
    with ExitStack() as running:
        broker = running.enter_context(servers.traced_rabbitmq(place))
        database = running.enter_context(servers.postgresql())
        provider = running.enter_context(Provider().serving())
        database.run(shop.PAYMENTS)
        servers.watch(database)
        channel = broker.channel()
        channel.queue_declare(QUEUE, durable=True)
        for order in ordered:
            shop.publish(channel, QUEUE, order)
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "charge-worker")
        for killed_at in (ordered[2], ordered[5], None):
            shop.in_a_process(work, broker, database, client, killed_at, keyed=not fault)
            time.sleep(shop.RESTART_S)
        broker.trace(folder / "broker_trace.log")
        servers.changes(database, folder / "payments_changes.jsonl")
        provider.list_events(folder / "provider_events.json")
    failures = made_again(
        provider.ledger.excess(),
        "again by the worker to which its message went next",
        ("redelivery", "same_content"),
        lambda order: {"broker_trace": ["published", f"m-{order}"]},
        mechanism="crash_before_acknowledgement",
    )
    return told_by(provider.ledger, failures, incidents=len(failures))


def work(
    broker: servers.Broker,
    database: PostgresqlDatabase,
    client: shop.Client,
    end: shop.Order | None,
    *,
    keyed: bool,
) -> None:
    """Charge what is delivered until nothing is, or until death."""
    channel = broker.channel()
    channel.basic_qos(prefetch_count=1)
    for method, _, body in channel.consume(QUEUE, inactivity_timeout=1):
        if method is None:
            return
        order = shop.Order(*orjson.loads(body).values())
        charge = client.charge(order, key=order.name if keyed else "")
        database.run(shop.noted(charge, order))
        if order == end:
            shop.die()
        channel.basic_ack(method.delivery_tag)
