"""A lock in Redis expires while its holder still works, and a second worker bills everybody again.

Each worker takes the lock, asks PostgreSQL who has not paid, charges them one after the other, and
notes them as paid at the end; the first takes longer than the lock lives. The lock is released by
`DEL`, whoever holds it. The twin's lock lives long enough.
"""

import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis

from tests.connectors.live.database_servers import PostgresqlDatabase
from tests.connectors.live.servers import redis as serving
from tests.incidents import servers, shop
from tests.incidents.made.entry_claimed import monitored
from tests.incidents.provider import Provider
from tests.incidents.recording import Failure, Truth, made_again, told_by

LOCK, EACH_S = "lock:billing", 0.6
TAKEN = {"locks": ["start", "billing-1"], "redis_monitor": ["SET", LOCK, "billing-1"]}


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Four customers, two workers, a lease of a second and a half."""
    owed = shop.orders(4, first=7100)
    lease_ms = 1500 if fault else 10_000
    with ExitStack() as running:
        server = running.enter_context(serving(place))
        database = running.enter_context(servers.postgresql())
        provider = running.enter_context(Provider().serving())
        monitor = running.enter_context(monitored(server, folder / "redis_monitor.txt"))
        database.run(
            "CREATE TABLE invoices (id text PRIMARY KEY, paid_with text)",
            *(f"INSERT INTO invoices VALUES ('{order.name}', NULL)" for order in owed),
        )
        servers.watch(database)
        by_name = {order.name: order for order in owed}

        def bill(worker: str) -> None:
            client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", worker)
            locks = redis.Redis.from_url(f"redis://{server}")
            while not locks.set(LOCK, worker, nx=True, px=lease_ms):
                time.sleep(0.1)
            log = folder / "locks.jsonl"
            shop.append(log, held(worker, "start", lease_ms))
            charged = {}
            for (name,) in unpaid(database):
                charged[name] = client.charge(by_name[name])
                time.sleep(EACH_S)
            for name, charge in charged.items():
                database.run(f"UPDATE invoices SET paid_with = '{charge}' WHERE id = '{name}'")
            locks.delete(LOCK)
            shop.append(log, held(worker, "end", lease_ms))

        workers = [threading.Thread(target=bill, args=(f"billing-{n}",)) for n in (1, 2)]
        for worker in workers:
            worker.start()
            time.sleep(0.1)
        for worker in workers:
            worker.join()
        monitor.terminate()
        noted = {row[0] for row in database.rows("SELECT paid_with FROM invoices")}
        servers.changes(database, folder / "invoices_changes.jsonl")
        provider.list_events(folder / "provider_events.json")
    again = provider.ledger.excess(noted)
    failures = made_again(
        again, "by both holders of the lock", ("same_content", "batch_rerun"), lambda _: TAKEN
    )
    overlap = Failure(
        what="the second worker got the lock while the first still worked",
        patterns=("lease_overlap",),
        about=[LOCK],
        root=TAKEN,
    )
    apart = "the charges name neither worker nor lock"
    return told_by(
        provider.ledger,
        [*failures, overlap] if again else [],
        incidents=int(bool(again)),
        apart=apart if again else "",
        noted=noted,
    )


def unpaid(database: PostgresqlDatabase) -> list[tuple[str]]:
    """Who has not paid yet."""
    rows = database.rows("SELECT id FROM invoices WHERE paid_with IS NULL ORDER BY id")
    return [(str(row[0]),) for row in rows]


def held(worker: str, phase: str, lease_ms: int) -> shop.Row:
    """What a worker logs of its lock, in the canonical form."""
    expires = datetime.now(UTC) + timedelta(milliseconds=lease_ms)
    row = {
        "occurred_at": shop.now(),
        "system": "billing",
        "target_system": "redis",
        "vantage": "client",
        "actor": worker,
        "execution_id": f"{worker}-run",
        "kind": "lock",
        "phase": phase,
        "action": "lock" if phase == "start" else "unlock",
        "outcome": "ok",
        "entity_type": "lock",
        "entity_id": LOCK,
    }
    if phase == "start":
        row["lock"] = {"mode": "exclusive", "expires_at": expires.isoformat()}
    return row
