"""A consumer group on a Redis stream."""

from collections.abc import Iterator

import redis

from tests.connectors.live import shop

STREAM, GROUP = "orders", "charging"


def deliveries(url: str, worker: str) -> Iterator[shop.Delivery]:
    """First what a dead worker left, then what is new."""
    client = redis.Redis.from_url(url)

    def take() -> Iterator[shop.Delivery]:
        _, left, _ = client.xautoclaim(STREAM, GROUP, worker, min_idle_time=0)
        fresh = client.xreadgroup(GROUP, worker, {STREAM: ">"}, count=1, block=1)
        for number, fields in [*left, *(e for _, entries in fresh for e in entries)]:
            yield shop.Delivery(
                message=f"{STREAM}/{number.decode()}",
                order=fields[b"order"].decode(),
                done=lambda number=number: client.xack(STREAM, GROUP, number),
            )

    return shop.waiting(take, idle_s=0.3)
