"""A repricer and a nightly import each hold another price to be right, and set it back in turn.

Both write to one table of PostgreSQL; pgAudit says who. The twin's repricer leaves alone what the
import has fixed.
"""

import time
from contextlib import ExitStack, closing
from pathlib import Path

from tests.connectors.live.database_servers import PostgresqlDatabase
from tests.incidents import servers
from tests.incidents.recording import Failure, Truth

TURNS = 5
PRICES = {"art-1": 1990, "art-2": 2490, "art-3": 990}
CONTESTED = "art-2"


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Of three articles one has two prices."""
    with ExitStack() as running:
        database = running.enter_context(servers.postgresql(servers.PGAUDIT))
        database.run(
            "CREATE TABLE prices (id text PRIMARY KEY, cents int)",
            "ALTER TABLE prices REPLICA IDENTITY FULL",
            *(f"INSERT INTO prices VALUES ('{a}', {cents})" for a, cents in PRICES.items()),
        )
        servers.watch(database)
        turns = 0
        for _ in range(TURNS):
            for name, cents in (("repricer", 2290), ("erp-import", 2490)):
                if name == "erp-import" or fault:
                    price(database, name, CONTESTED, cents)
                    turns += 1
                time.sleep(0.2)
        price(database, "repricer", "art-1", 1890)
        price(database, "erp-import", "art-3", 1090)
        servers.server_log(database, folder / "postgresql.csv")
        servers.changes(database, folder / "prices_changes.jsonl")
    flips = Failure(
        what=f"{CONTESTED} was priced {turns} times, each time as it had been two turns before",
        patterns=("flip_flop",),
        about=[CONTESTED],
        root={"prices_changes": [CONTESTED], "postgresql": ["UPDATE", CONTESTED]},
    )
    return Truth(failures=[flips] if fault else [], incidents=int(fault), goes_on=fault)


def price(database: PostgresqlDatabase, name: str, article: str, cents: int) -> None:
    """Set a price in a session of that name."""
    with closing(database.connect(name)) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(f"UPDATE prices SET cents = {cents} WHERE id = '{article}'")
