"""A webhook is sent again to a handler that had done its work and answered too late.

The provider tells of each charge; the handler transfers the seller's share, which the provider
makes, notes it in PostgreSQL and mails a note, which takes too long twice. The twin's handler gives
the event's id as key.
"""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.connectors.live.database_servers import PostgresqlDatabase
from tests.incidents import servers, shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by
from tests.incidents.web import serving

MAIL_S = 1.0
"""Longer than the provider waits for an answer."""


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """The mails of two of seven charges take too long, the first time."""
    ordered = shop.orders(7, first=6100)
    slow = {ordered[2].name, ordered[4].name}
    with ExitStack() as running:
        database = running.enter_context(servers.postgresql())
        database.run(
            "CREATE TABLE transfers (transfer_id text PRIMARY KEY, order_id text, cents int)"
        )
        servers.watch(database)
        provider = running.enter_context(Provider().serving())
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "marketplace")
        handler = Handler(database, client, slow, careful=not fault)
        provider.hooks["charge.succeeded"] = running.enter_context(
            serving("/hooks/payments", folder / "webhooks.jsonl", handler)
        )
        for order in ordered:
            client.charge(order, key=order.name)
            time.sleep(0.3)
        provider.wait()
        servers.changes(database, folder / "transfers_changes.jsonl")
        provider.list_events(folder / "provider_events.json")
    failures = made_again(
        provider.ledger.excess(),
        "again when the webhook came again",
        ("redelivery", "same_content"),
        lambda order: {
            "provider_requests": ["charges", order],
            "provider_events": ["charge.succeeded", order],
        },
        mechanism="webhook_retry",
    )
    return told_by(provider.ledger, failures, incidents=len(failures))


@dataclass(slots=True)
class Handler:
    """What the shop does when it hears of a charge.

    Attributes:
        database: Where it notes transfers.
        client: With which it asks for them.
        slow: Orders whose mail takes long, once.
        careful: Whether it gives the provider a key.
    """

    database: PostgresqlDatabase
    client: shop.Client
    slow: set[str]
    careful: bool

    def __call__(self, event: dict[str, Any]) -> None:
        """Transfer what the seller gets of a charge."""
        charge = event["data"]["object"]
        order, cents = charge["metadata"]["order_id"], charge["amount"] * 9 // 10
        form = {
            "amount": str(cents),
            "currency": charge["currency"],
            "destination": "acct_1Nseller",
            "source_transaction": charge["id"],
            "metadata[order_id]": order,
        }
        made = self.client.ask("transfers", form, event["id"] if self.careful else "")
        self.database.run(
            f"INSERT INTO transfers VALUES ('{made}', '{order}', {cents}) ON CONFLICT DO NOTHING"
        )
        if order in self.slow:
            self.slow.remove(order)
            time.sleep(MAIL_S)
