"""Two agents answer one complaint, and each gives the same part of the charge back.

The support tool asks the provider for a refund when its button is pressed. The twin's tool gives
the ticket's number as key.
"""

import time
from contextlib import ExitStack
from pathlib import Path

from tests.incidents import servers, shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Four of eight orders are complained about; two agents see one of the tickets open."""
    ordered = shop.orders(8, first=880)
    with ExitStack() as running:
        database = running.enter_context(servers.postgresql())
        provider = running.enter_context(Provider().serving())
        database.run(
            "CREATE TABLE tickets (id text PRIMARY KEY, charge_id text, agent text, refund_id text)"
        )
        servers.watch(database)
        log = folder / "provider_requests.jsonl"
        charges = {o: shop.Client(provider.endpoint, log).charge(o, o.name) for o in ordered}
        support = shop.Client(provider.endpoint, log, "support")
        for number, order in enumerate(ordered[:4]):
            ticket = f"TCK-{310 + number}"
            database.run(f"INSERT INTO tickets VALUES ('{ticket}', '{charges[order]}', NULL, NULL)")
            for agent in ("ada", "ben") if number == 1 else ("ada",):
                form = {
                    "charge": str(charges[order]),
                    "amount": str(order.cents // 2),
                    "currency": "eur",
                    "metadata[order_id]": order.name,
                }
                made = support.ask("refunds", form, "" if fault else ticket)
                database.run(
                    f"UPDATE tickets SET agent = '{agent}', refund_id = '{made}'"
                    f" WHERE id = '{ticket}'"
                )
                time.sleep(shop.RESTART_S)
        servers.changes(database, folder / "tickets_changes.jsonl")
        provider.list_events(folder / "provider_events.json")
    tickets = {order.name: f"TCK-{310 + number}" for number, order in enumerate(ordered)}
    failures = made_again(
        provider.ledger.excess(),
        "again by the second agent",
        ("same_content",),
        lambda order: {"tickets_changes": [tickets[order]]},
    )
    return told_by(provider.ledger, failures, incidents=len(failures))
