"""Two pollers of one table read the same rows before either has marked them, and charge them twice.

The table is MariaDB's; the second poller was left running after a deployment. Each mark is a
transaction of its own. The twin's pollers lock the rows that they read until all are marked
(`FOR UPDATE SKIP LOCKED`).
"""

import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

from tests.connectors.live.mariadb_server import MariadbDatabase, serving_mariadb
from tests.incidents import servers, shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

INVOICE_S = 0.35
"""How long it takes to print one; four take longer than the provider's clock is coarse."""


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Eight orders, of which the pollers see four at the same time."""
    del place
    ordered = shop.orders(8, first=6120)
    with ExitStack() as running:
        database = running.enter_context(serving_mariadb())
        provider = running.enter_context(Provider().serving())
        database.run(
            "CREATE TABLE charges_due (order_id VARCHAR(20) PRIMARY KEY, customer VARCHAR(20),"
            " cents INT, charge_id VARCHAR(40), charged_by VARCHAR(20))"
        )
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "poller")
        for batch in (ordered[:2], ordered[2:6], ordered[6:]):
            for order in batch:
                database.run(due(order))
            time.sleep(shop.RESTART_S)
            pollers = ["poller-1", "poller-2"] if len(batch) > 2 else ["poller-2"]
            poll(database, client, pollers, locked=not fault)
        servers.row_changes(database, folder / "shop_changes.jsonl")
        provider.list_events(folder / "provider_events.json")
        noted = {str(row[0]) for row in database.run("SELECT charge_id FROM charges_due")}
    failures = made_again(
        provider.ledger.excess(noted),
        "again, since both pollers had read its row",
        ("same_content",),
        lambda order: {"shop_changes": ["charges_due", order]},
    )
    apart = "each order's row and its charges are connected, and no log says which poller asked"
    return told_by(
        provider.ledger,
        failures,
        incidents=int(bool(failures)),
        apart=apart if failures else "",
        noted=noted,
        goes_on=fault,
    )


def due(order: shop.Order) -> str:
    """Says that an order is to be charged."""
    return (
        "INSERT INTO charges_due (order_id, customer, cents)"
        f" VALUES ('{order.name}', '{order.customer}', {order.cents})"
    )


def poll(
    database: MariadbDatabase, client: shop.Client, pollers: list[str], *, locked: bool
) -> None:
    """Charge what no poller has marked; they look at the same time, and work in turn."""
    looked, turn = threading.Barrier(len(pollers)), threading.Lock()

    def work(name: str) -> None:
        locking = "FOR UPDATE SKIP LOCKED" if locked else ""
        with closing(database.connect()) as connection, connection.cursor() as cursor:
            connection.autocommit(not locked)
            cursor.execute(
                "SELECT order_id, customer, cents FROM charges_due WHERE charged_by IS NULL"
                f" ORDER BY order_id {locking}"
            )
            rows = cursor.fetchall()
            looked.wait()
            with turn:
                for order in (shop.Order(*row) for row in rows):
                    charge = client.charge(order)
                    cursor.execute(
                        f"UPDATE charges_due SET charge_id = '{charge}', charged_by = '{name}'"
                        f" WHERE order_id = '{order.name}'"
                    )
                    time.sleep(INVOICE_S)
                connection.commit()

    threads = [threading.Thread(target=work, args=(name,)) for name in pollers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
