"""Entries of a Redis stream are claimed from a consumer that is slow, not dead; both charge.

A consumer claims what has been pending for a second; two of eight orders take longer. MONITOR ran
beside it. The twin's consumers give the provider the order's name as key.
"""

import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import orjson
import redis

from tests.connectors.live.servers import found, until
from tests.connectors.live.servers import redis as serving
from tests.incidents import shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

STREAM, GROUP, IDLE_MS, SLOW_S = "orders", "charging", 1200, 2.0


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """The third and the seventh order take too long, the first time."""
    ordered = shop.orders(8, first=2400)
    slow = {ordered[2].name, ordered[6].name}
    with ExitStack() as running:
        server = running.enter_context(serving(place))
        provider = running.enter_context(Provider().serving())
        monitor = running.enter_context(monitored(server, folder / "redis_monitor.txt"))
        store = redis.Redis.from_url(f"redis://{server}")
        store.xgroup_create(STREAM, GROUP, mkstream=True)
        for order in ordered:
            store.xadd(STREAM, {"order": orjson.dumps(order)})
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "charge-worker")

        def work(name: str) -> None:
            own, last = redis.Redis.from_url(f"redis://{server}"), time.monotonic()
            while time.monotonic() - last < SLOW_S + 1:
                _, left, _ = own.xautoclaim(STREAM, GROUP, name, min_idle_time=IDLE_MS)
                fresh = own.xreadgroup(GROUP, name, {STREAM: ">"}, count=1, block=100)
                for number, fields in [*left, *(e for _, entries in fresh for e in entries)]:
                    last = time.monotonic()
                    order = shop.Order(**orjson.loads(fields[b"order"]))
                    client.charge(order, "" if fault else order.name)
                    if order.name in slow:
                        slow.remove(order.name)
                        time.sleep(SLOW_S)
                    own.xack(STREAM, GROUP, number)

        workers = [threading.Thread(target=work, args=(name,)) for name in ("w1", "w2")]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        monitor.terminate()
        provider.list_events(folder / "provider_events.json")
    failures = made_again(
        provider.ledger.excess(),
        "again by who had claimed its entry",
        ("redelivery", "same_content"),
        lambda order: {"redis_monitor": ["XADD", order]},
        mechanism="visibility_timeout",
    )
    return told_by(provider.ledger, failures, incidents=len(failures))


def monitored(server: str, path: Path) -> "subprocess.Popen[bytes]":
    """MONITOR as `redis-cli` writes it."""
    port = server.rpartition(":")[2]
    with path.open("wb") as log:
        process = subprocess.Popen([found("redis-cli"), "-p", port, "MONITOR"], stdout=log)
    until(lambda: path.stat().st_size)
    return process
