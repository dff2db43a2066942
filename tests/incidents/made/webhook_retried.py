"""A webhook is sent again to a handler that had done its work and answered too late.

The provider tells of each charge; the handler transfers the seller's share, which the provider
makes, notes it in PostgreSQL and mails a note, which takes too long twice. The twin's handler gives
the event's id as key.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.connectors.live.database_servers import PostgresqlDatabase
from tests.incidents import servers, shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Failure, Truth, told_by

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
        handler = Handler(database, client, folder / "webhooks.jsonl", slow, careful=not fault)
        provider.hooks["charge.succeeded"] = running.enter_context(handler.serving())
        for order in ordered:
            client.charge(order, key=order.name)
            time.sleep(0.3)
        provider.wait()
        servers.changes(database, folder / "transfers_changes.jsonl")
        provider.list_events(folder / "provider_events.json")
    failures = [
        Failure(
            what=f"the {effect.owed} was made again when the webhook came again",
            patterns=("redelivery", "same_content"),
            about=[effect.name],
        )
        for effect in provider.ledger.excess()
    ]
    return told_by(provider.ledger, failures, incidents=len(failures))


@dataclass(slots=True)
class Handler:
    """The shop's endpoint for webhooks.

    Attributes:
        database: Where it notes transfers.
        client: With which it asks for them.
        log: The requests that came, as `docs/webhooks.md` has them.
        slow: Orders whose mail takes long, once.
        careful: Whether it gives the provider a key.
    """

    database: PostgresqlDatabase
    client: shop.Client
    log: Path
    slow: set[str]
    careful: bool

    def handle(self, event: dict[str, Any]) -> None:
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

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The endpoint's address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _requests(self))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hooks/payments"
        server.shutdown()
        server.server_close()


def _requests(handler: Handler) -> type[BaseHTTPRequestHandler]:
    class Requests(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            began, at = time.monotonic(), shop.now()
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            handler.handle(json.loads(body))
            row = {
                "received_at": at,
                "method": "POST",
                "path": self.path,
                "host": "shop.example",
                "headers": {"Stripe-Signature": self.headers["Stripe-Signature"]},
                "body": body,
                "status": 200,
                "duration_ms": round((time.monotonic() - began) * 1000),
                "request_id": f"r-{uuid4().hex[:12]}",
            }
            shop.append(handler.log, row)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - likewise
            pass

    return Requests
