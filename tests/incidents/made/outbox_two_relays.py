"""Two relays of one outbox read the same rows before either has marked them, and publish all twice.

The shop writes an order and its event in one transaction; a relay publishes what is not marked; a
worker charges what is published. The second relay was left running after a deployment. The twin's
relays lock the rows that they read (`FOR UPDATE SKIP LOCKED`).
"""

import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import orjson

from tests.connectors.live.database_servers import PostgresqlDatabase
from tests.incidents import servers, shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

QUEUE = "charge-order"
INVOICE_S = 0.35
"""How long it takes to print one; four take longer than the provider's clock is coarse."""


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Eight events, of which the relays see four at the same time."""
    ordered = shop.orders(8, first=8300)
    with ExitStack() as running:
        broker = running.enter_context(servers.traced_rabbitmq(place))
        database = running.enter_context(servers.postgresql())
        provider = running.enter_context(Provider().serving())
        database.run(
            shop.PAYMENTS,
            "CREATE TABLE outbox (id bigserial PRIMARY KEY, message text, body text, sent_by text)",
        )
        servers.watch(database)
        broker.channel().queue_declare(QUEUE, durable=True)
        for batch in (ordered[:2], ordered[2:6], ordered[6:]):
            for order in batch:
                database.run(written(order))
            relays = ["relay-1", "relay-2"] if len(batch) > 2 else ["relay-2"]
            relay(broker, database, relays, locked=not fault)
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "charge-worker")
        channel = broker.channel()
        for method, _, body in channel.consume(QUEUE, inactivity_timeout=1):
            if method is None:
                break
            order = shop.Order(*orjson.loads(body).values())
            database.run(shop.noted(client.charge(order), order))
            time.sleep(INVOICE_S)
            channel.basic_ack(method.delivery_tag)
        broker.trace(folder / "broker_trace.log")
        servers.changes(database, folder / "shop_changes.jsonl")
        provider.list_events(folder / "provider_events.json")
    failures = made_again(
        provider.ledger.excess(),
        "again, since both relays had published its order",
        ("redelivery", "same_content"),
        lambda order: {"shop_changes": ["outbox", f"m-{order}"]},
        mechanism="double_trigger",
    )
    apart = "the trace shows which connections published, and no log which connection is whose"
    return told_by(
        provider.ledger,
        failures,
        incidents=int(bool(failures)),
        apart=apart if failures else "",
        goes_on=fault,
    )


def written(order: shop.Order) -> str:
    """Puts an order's event into the outbox."""
    body = orjson.dumps(
        {"order_id": order.name, "customer_id": order.customer, "cents": order.cents}
    ).decode()
    return f"INSERT INTO outbox (message, body) VALUES ('m-{order.name}', '{body}')"


def relay(
    broker: servers.Broker, database: PostgresqlDatabase, relays: list[str], *, locked: bool
) -> None:
    """Publish what no relay has marked; they look at the same time, and work in turn."""
    looked, turn = threading.Barrier(len(relays)), threading.Lock()

    def work(name: str) -> None:
        locking = "FOR UPDATE SKIP LOCKED" if locked else ""
        with (
            closing(database.connect(name, autocommit=False)) as connection,
            closing(connection.cursor()) as cursor,
        ):
            cursor.execute(
                f"SELECT id, message, body FROM outbox WHERE sent_by IS NULL ORDER BY id {locking}"
            )
            rows = cursor.fetchall()
            looked.wait()
            with turn:
                channel = broker.channel()
                for number, message, body in rows:
                    channel.basic_publish("", QUEUE, body.encode(), shop.placed(message))
                    cursor.execute(f"UPDATE outbox SET sent_by = '{name}' WHERE id = {number}")
                connection.commit()

    threads = [threading.Thread(target=work, args=(name,)) for name in relays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
