"""Transfers lock two accounts in the order in which they are named, and retry when they die.

Celery tasks move money to and fro between two accounts; when two have locked one each, PostgreSQL
ends one of them, which tries again without a pause, and meets the next. The twin's tasks lock in
the order of the accounts' names.
"""

from contextlib import ExitStack
from pathlib import Path

from tests.connectors.live.servers import redis, until
from tests.incidents import servers
from tests.incidents.celery_workers import working
from tests.incidents.made.task_outlives_visibility import done
from tests.incidents.recording import Failure, Truth

TRANSFERS = 32


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Half of the transfers go one way, half the other, by twelve threads."""
    with ExitStack() as running:
        server = running.enter_context(redis(place))
        database = running.enter_context(servers.postgresql())
        database.run(
            "CREATE TABLE accounts (id text PRIMARY KEY, balance int)",
            "INSERT INTO accounts VALUES ('acc-1', 100), ('acc-2', 100)",
        )
        settings = {
            "SHOP_DATABASE": database.address("?application_name=ledger", user="postgres"),
            "SHOP_KEYED": "no" if fault else "yes",
        }
        app = running.enter_context(
            working(server, folder / "celery_events.jsonl", settings, names=("w1", "w2", "w3"))
        )
        for number in range(TRANSFERS):
            accounts = ["acc-1", "acc-2"]
            app.send_task("ledger.transfer", accounts if number % 2 else accounts[::-1])
        until(lambda: done(folder) == TRANSFERS, seconds=120)
        servers.server_log(database, folder / "postgresql.csv")
        counted = database.rows(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
    (ended,) = counted[0]
    storm = Failure(
        what=f"PostgreSQL counted {ended} deadlocks among {TRANSFERS} transfers",
        patterns=("fleet", "hot_loop", "synchronised"),
        about=[],
        root={"postgresql": ["deadlock detected"], "celery_events": ["deadlock detected"]},
    )
    return Truth(failures=[storm] if ended else [], incidents=int(bool(ended)))
