"""Real servers on loopback with orders in them, to be read while more are written."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.connectors.live import servers
from tests.connectors.live.database_servers import serving_postgresql
from tests.connectors.live.mariadb_server import serving_mariadb

Write = Callable[[range], object]
"""Writes the orders of these numbers; several threads may call it, and it returns once the server
has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOrders:
    """A source that holds orders.

    Attributes:
        address: What a user types.
        server: Host and port of its server.
        write: Adds orders.
    """

    address: str
    server: str
    write: Write


def body(number: int) -> bytes:
    """An order of about 120 bytes, as a shop would send it."""
    return orjson.dumps(
        {
            "order": f"o-{number}",
            "amount": "19.99",
            "currency": "EUR",
            "customer": f"c-{number % 1000}",
            "lines": [{"sku": "book", "count": 2}],
        }
    )


@contextmanager
def redis_streams() -> Iterator[LiveOrders]:
    """A stream of Redis."""
    import redis  # noqa: PLC0415 - one source alone is measured in each process

    with _folder() as folder, servers.redis(folder) as server:
        client = redis.Redis.from_url(f"redis://{server}")

        def write(numbers: range) -> None:
            for start in range(0, len(numbers), 5_000):
                pipe = client.pipeline(transaction=False)
                for number in numbers[start : start + 5_000]:
                    pipe.xadd("orders", {"event": body(number)})
                pipe.execute()

        yield LiveOrders(address=f"redis://{server}/0?stream=orders", server=server, write=write)


@contextmanager
def kafka() -> Iterator[LiveOrders]:
    """A topic of two partitions."""
    from confluent_kafka import Producer  # noqa: PLC0415
    from confluent_kafka.admin import AdminClient, NewTopic  # noqa: PLC0415

    with _folder() as folder, servers.kafka(folder) as server:
        where = {"bootstrap.servers": server}
        admin = AdminClient(where)
        admin.create_topics([NewTopic("orders", 2, 1)])["orders"].result(20)

        def write(numbers: range) -> None:
            producer = Producer(
                {**where, "linger.ms": 20, "queue.buffering.max.messages": len(numbers) + 1}
            )
            for number in numbers:
                key = f"c-{number % 1000}"
                producer.produce("orders", body(number), key=key, partition=number % 2)
            assert not producer.flush(60)

        yield LiveOrders(address=f"kafka://{server}/orders", server=server, write=write)


@contextmanager
def rabbitmq_queues() -> Iterator[LiveOrders]:
    """A stream queue of RabbitMQ."""
    import pika  # noqa: PLC0415

    with _folder() as folder, servers.rabbitmq(folder) as server:
        where = pika.URLParameters(f"amqp://guest:guest@{server}/%2F")
        arguments = {"x-queue-type": "stream"}
        with closing(pika.BlockingConnection(where)) as connection:
            connection.channel().queue_declare("orders", durable=True, arguments=arguments)

        def write(numbers: range) -> None:
            # The broker answers the end of a connection once it has taken all that came before.
            with closing(pika.BlockingConnection(where)) as connection:
                channel = connection.channel()
                for number in numbers:
                    channel.basic_publish("", "orders", body(number))

        yield LiveOrders(address=f"amqp://{server}?queue=orders", server=server, write=write)


@contextmanager
def postgresql() -> Iterator[LiveOrders]:
    """A table of PostgreSQL; its rows become visible some time after they have their numbers."""
    with serving_postgresql() as database:
        database.run(
            "CREATE SCHEMA public",
            "CREATE TABLE orders (id bigserial PRIMARY KEY, occurred_at timestamptz DEFAULT"
            " clock_timestamp(), kind text DEFAULT 'effect', action text DEFAULT 'charge.create',"
            " operation_key text, customer_id text, amount numeric(9, 2), cart jsonb)",
            "GRANT USAGE ON SCHEMA public TO reader",
            "GRANT SELECT ON orders TO reader",
        )

        def write(numbers: range) -> None:
            with (
                closing(database.connect(autocommit=False)) as connection,
                closing(connection.cursor()) as cursor,
            ):
                cursor.execute(
                    "INSERT INTO orders (operation_key, customer_id, amount, cart)"
                    " SELECT 'o-' || n, 'c-' || n % 1000, 19.99,"
                    " jsonb_build_array(jsonb_build_object('sku', 'book', 'count', 2))"
                    f" FROM generate_series({numbers.start}, {numbers.stop - 1}) AS n"
                )
                time.sleep(0.02)
                connection.commit()

        yield LiveOrders(
            address=database.address("?table=orders"),
            server=f"127.0.0.1:{database.port}",
            write=write,
        )


@contextmanager
def jetstream() -> Iterator[LiveOrders]:
    """A stream of NATS."""
    import asyncio  # noqa: PLC0415

    import nats  # noqa: PLC0415
    from nats.js.api import StreamConfig  # noqa: PLC0415

    with _folder() as folder, servers.nats(folder) as server:

        async def begin() -> None:
            client = await nats.connect(f"nats://{server}")
            await client.jetstream().add_stream(StreamConfig("ORDERS", subjects=["orders"]))
            await client.close()

        async def fill(numbers: range) -> None:
            client = await nats.connect(f"nats://{server}")
            js = client.jetstream()
            for start in range(0, len(numbers), 1_000):
                some = numbers[start : start + 1_000]
                await asyncio.gather(*(js.publish("orders", body(number)) for number in some))
            await client.close()

        asyncio.run(begin())
        yield LiveOrders(
            address=f"nats://{server}/ORDERS?consumers=none",
            server=server,
            write=lambda numbers: asyncio.run(fill(numbers)),
        )


@contextmanager
def mysql() -> Iterator[LiveOrders]:
    """A table of MariaDB; its rows become visible some time after they have their numbers."""
    with serving_mariadb() as database:
        database.run(
            "CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
            " occurred_at TIMESTAMP(6) DEFAULT now(6), kind VARCHAR(20) DEFAULT 'effect',"
            " action VARCHAR(40) DEFAULT 'charge.create', operation_key VARCHAR(40),"
            " customer_id VARCHAR(40), amount DECIMAL(9, 2), cart JSON)"
        )

        def write(numbers: range) -> None:
            with closing(database.connect()) as connection, connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO orders (operation_key, customer_id, amount, cart)"
                    " SELECT concat('o-', seq), concat('c-', seq % 1000), 19.99,"
                    " json_array(json_object('sku', 'book', 'count', 2))"
                    f" FROM seq_{numbers.start}_to_{numbers.stop - 1}"
                )
                time.sleep(0.02)
                connection.commit()

        yield LiveOrders(
            address=f"mysql://reader@127.0.0.1:{database.port}/shop?table=orders",
            server=f"127.0.0.1:{database.port}",
            write=write,
        )


SOURCES: Mapping[str, Callable[[], AbstractContextManager[LiveOrders]]] = {
    serve.__name__: serve
    for serve in (jetstream, kafka, mysql, postgresql, rabbitmq_queues, redis_streams)
}


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
