"""An endpoint of the shop, which logs what it is asked as `docs/webhooks.md` lays down."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.incidents import shop
from tests.loopback import answering

Handle = Callable[[dict[str, Any]], object]


@contextmanager
def serving(route: str, log: Path, handle: Handle) -> Iterator[str]:
    """The endpoint's address; what is asked for is handled, then answered, then logged."""
    with answering(_requests(log, handle)) as address:
        yield f"{address}{route}"


def _requests(log: Path, handle: Handle) -> type[BaseHTTPRequestHandler]:
    class Requests(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            began, at = time.monotonic(), shop.now()
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            handle(json.loads(body))
            kept = ("Stripe-Signature", "Content-Type")
            row = {
                "received_at": at,
                "method": "POST",
                "path": self.path,
                "host": "shop.example",
                "headers": {name: self.headers[name] for name in kept if name in self.headers},
                "body": body,
                "status": 200,
                "duration_ms": round((time.monotonic() - began) * 1000),
                "request_id": f"r-{uuid4().hex[:12]}",
            }
            shop.append(log, row)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - likewise
            pass

    return Requests
