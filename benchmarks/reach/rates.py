"""How fast live sources are read, beside their bare client libraries reading the same to memory.

    uv run python -m benchmarks.reach.rates [SOURCE…]

Each source is a real server on loopback. What is measured is `pages()` alone, without mapping and
storing; the best of five rounds of each, in turns, counts.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from benchmarks.reach.live_sources import SOURCES, LiveOrders
from benchmarks.results import keep
from connectors import registry
from forensics.model.record import Page, SourceSpec

MESSAGES: Mapping[str, int] = {
    "jetstream": 200_000,
    "kafka": 1_000_000,
    "mysql": 200_000,
    "postgresql": 1_000_000,
    "rabbitmq_queues": 100_000,
    "redis_streams": 500_000,
}
"""So many that connecting does not count."""
ROUNDS = 5


def jetstream(orders: LiveOrders, messages: int) -> int:
    """An ordered consumer, which is what one would use and we do not."""
    import nats  # noqa: PLC0415 - one source alone is measured in each process

    async def consumed() -> int:
        client = await nats.connect(f"nats://{orders.server}")
        subscription = await client.jetstream().subscribe("orders", ordered_consumer=True)
        kept = [(await subscription.next_msg(timeout=5)).data for _ in range(messages)]
        await client.close()
        return len(kept)

    return asyncio.run(consumed())


def kafka(orders: LiveOrders, messages: int) -> int:
    """`consume` of both partitions at once."""
    from confluent_kafka import Consumer, TopicPartition  # noqa: PLC0415

    consumer = Consumer({"bootstrap.servers": orders.server, "group.id": "bare"})
    consumer.assign([TopicPartition("orders", number, 0) for number in range(2)])
    kept = []
    while len(kept) < messages:
        kept += [
            (message.offset(), message.key(), message.value())
            for message in consumer.consume(10_000, timeout=1)
            if not message.error()
        ]
    consumer.close()
    return len(kept)


def mysql(orders: LiveOrders, messages: int) -> int:  # noqa: ARG001
    """All rows of one statement, as the client gives them."""
    import pymysql  # noqa: PLC0415

    host, _, port = orders.server.partition(":")
    with (
        closing(
            pymysql.connect(host=host, port=int(port), user="reader", database="shop")
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM orders ORDER BY id")
        return len(cursor.fetchall())


def postgresql(orders: LiveOrders, messages: int) -> int:  # noqa: ARG001
    """ADBC to Arrow, the whole table in one statement."""
    import adbc_driver_postgresql.dbapi as driver  # noqa: PLC0415

    with (
        closing(driver.connect(orders.address.partition("?")[0])) as connection,
        closing(connection.cursor()) as cursor,
    ):
        cursor.execute("SELECT * FROM orders ORDER BY id")
        return int(cursor.fetch_arrow_table().num_rows)


def rabbitmq_queues(orders: LiveOrders, messages: int) -> int:
    """`consume` of the stream with the same prefetch."""
    import pika  # noqa: PLC0415

    where = pika.URLParameters(f"amqp://guest:guest@{orders.server}/%2F")
    with closing(pika.BlockingConnection(where)) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=2_000)
        kept = []
        for method, properties, content in channel.consume(
            "orders", arguments={"x-stream-offset": "first"}
        ):
            kept.append((properties.headers["x-stream-offset"], content))
            channel.basic_ack(method.delivery_tag)
            if len(kept) == messages:
                break
        channel.cancel()
        return len(kept)


def redis_streams(orders: LiveOrders, messages: int) -> int:
    """`XRANGE` in pages of the same size."""
    import redis  # noqa: PLC0415

    client = redis.Redis.from_url(f"redis://{orders.server}")
    entries = []
    after = "-"
    while len(entries) < messages:
        some = client.xrange("orders", after, "+", count=10_000)
        entries += some
        after = f"({some[-1][0].decode()}"
    return len(entries)


BARE: Mapping[str, Callable[[LiveOrders, int], int]] = {
    each.__name__: each
    for each in (jetstream, kafka, mysql, postgresql, rabbitmq_queues, redis_streams)
}


def compared(name: str, messages: int) -> dict[str, float]:
    """Records a second of a source, ours and the bare client's."""
    with SOURCES[name]() as orders:
        orders.write(range(messages))
        theirs, ours = [], []
        # In turns, so that what else the machine does is in both.
        for _ in range(ROUNDS):
            theirs.append(_seconds(lambda: BARE[name](orders, messages), messages))
            ours.append(_seconds(lambda: _read(orders.address), messages))
    return {
        "records_a_second": round(messages / min(ours)),
        "bare_client": round(messages / min(theirs)),
        "of_it": round(min(theirs) / min(ours), 2),
    }


def _read(address: str) -> int:
    source = registry.connector(SourceSpec(name="queue", address=address))
    return sum(page.records.num_rows for page in source.pages([]) if isinstance(page, Page))


def _seconds(read: Callable[[], int], messages: int) -> float:
    begun = time.perf_counter()
    count = read()
    taken = time.perf_counter() - begun
    # What a broker tells of its newest messages comes late; the next run would read them.
    assert 0.99 * messages <= count <= messages, (count, messages)
    return taken * messages / count


def main() -> None:
    """Measure, print a line for each source and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", default=list(SOURCES), metavar="SOURCE")
    parser.add_argument("--out", type=Path, help="where to keep the result instead")
    arguments = parser.parse_args()
    found = {}
    for name in arguments.sources:
        found[name] = compared(name, MESSAGES[name])
        print(f"{name}: {found[name]}", flush=True)
    keep(
        "live_rates",
        out=arguments.out,
        claim="records a second of `pages()`, beside the bare client library on the same data",
        parameters={"messages": MESSAGES, "rounds": ROUNDS},
        result=found,
    )


if __name__ == "__main__":
    main()
