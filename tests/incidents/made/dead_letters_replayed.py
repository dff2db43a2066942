"""Dead letters are put back into their queue, though their work had been done before they failed.

A worker charges an order and then cannot note it, since the table's column is too short for some
names; it rejects the message, which goes to the dead-letter queue. The column is mended and the
dead letters are published again. The twin's worker gives the provider the order's name as key.
"""

import time
from contextlib import ExitStack
from pathlib import Path

import adbc_driver_postgresql.dbapi as driver
import orjson

from tests.connectors.live.database_servers import PostgresqlDatabase
from tests.incidents import servers, shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

QUEUE, DEAD = "charge-order", "charge-order.dead"


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """The names of two of eight orders are too long."""
    ordered = shop.orders(8, first=9994)
    with ExitStack() as running:
        broker = running.enter_context(servers.traced_rabbitmq(place))
        database = running.enter_context(servers.postgresql())
        provider = running.enter_context(Provider().serving())
        database.run(shop.PAYMENTS, "ALTER TABLE payments ALTER order_id TYPE varchar(8)")
        servers.watch(database)
        channel = broker.channel()
        channel.exchange_declare("dead", "fanout")
        channel.queue_declare(DEAD, durable=True)
        channel.queue_bind(DEAD, "dead")
        channel.queue_declare(QUEUE, durable=True, arguments={"x-dead-letter-exchange": "dead"})
        for order in ordered:
            shop.publish(channel, QUEUE, order)
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "charge-worker")
        work(broker, database, client, keyed=not fault)
        time.sleep(shop.RESTART_S)
        database.run("ALTER TABLE payments ALTER order_id TYPE text")
        for _, properties, body in dead_letters(broker):
            channel.basic_publish("", QUEUE, body, properties)
        work(broker, database, client, keyed=not fault)
        broker.trace(folder / "broker_trace.log")
        servers.server_log(database, folder / "postgresql.csv")
        servers.changes(database, folder / "payments_changes.jsonl")
        provider.list_events(folder / "provider_events.json")
        noted = shop.noted_in(database)
    failures = made_again(
        provider.ledger.excess(noted),
        "again when its dead letter was put back",
        ("redelivery", "same_content"),
        lambda order: {"broker_trace": ["published", f"m-{order}"]},
        mechanism="manual_replay",
    )
    apart = "nothing is said of who put the dead letters back, nor that it was in one go"
    return told_by(
        provider.ledger,
        failures,
        incidents=int(bool(failures)),
        apart=apart if failures else "",
        noted=noted,
    )


def work(
    broker: servers.Broker, database: PostgresqlDatabase, client: shop.Client, *, keyed: bool
) -> None:
    """Charge and note what is delivered until nothing is."""
    channel = broker.channel()
    for method, _, body in channel.consume(QUEUE, inactivity_timeout=1):
        if method is None:
            break
        order = shop.Order(*orjson.loads(body).values())
        charge = client.charge(order, key=order.name if keyed else "")
        try:
            database.run(shop.noted(charge, order))
            channel.basic_ack(method.delivery_tag)
        except driver.Error:
            channel.basic_reject(method.delivery_tag, requeue=False)
    channel.connection.close()


def dead_letters(broker: servers.Broker):  # noqa: ANN201 - the library's own
    """What lies in the dead-letter queue."""
    channel = broker.channel()
    while (taken := channel.basic_get(DEAD, auto_ack=True))[0]:
        yield taken
