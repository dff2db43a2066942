"""A payment provider on loopback that speaks as much of Stripe's published API as a shop needs.

Charges and refunds, idempotency keys that it remembers, events, and webhooks with signatures that
it sends again until they are taken: https://docs.stripe.com/api. What it really did stands in its
ledger, of which its API knows nothing.
"""

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx

from tests.incidents.recording import Effect, Ledger
from tests.loopback import answering

Object = dict[str, Any]
Answer = tuple[int, dict[str, str], Object]
SECRET = b"whsec_of_nobody"
_RESOURCES: dict[str, tuple[str, Object]] = {
    "charges": ("ch", {"captured": True, "paid": True, "status": "succeeded"}),
    "refunds": ("re", {"status": "succeeded"}),
    "transfers": ("tr", {"amount_reversed": 0, "reversed": False}),
}
_EVENTS = {
    "charges": "charge.succeeded",
    "refunds": "refund.created",
    "transfers": "transfer.created",
}


@dataclass
class Provider:
    """A running provider.

    Attributes:
        ledger: What it did, the first of everything that is owed and the rest.
        events: As its API lists them, oldest first.
        faults: What happens to the next requests instead, from the front: `late` (charged, but
            answered when the caller has gone), `down` (503, nothing done), None (nothing).
        key_lifetime_s: After which a key is forgotten.
        hooks: Type of event to where it is sent.
        hook_patience_s: How long it waits for a hook's answer, and until it sends again.
        received: The orders for which it was asked for something, whatever came of it.
    """

    ledger: Ledger = field(default_factory=Ledger)
    events: list[Object] = field(default_factory=list)
    faults: list[str | None] = field(default_factory=list)
    key_lifetime_s: float = 86_400
    hooks: dict[str, str] = field(default_factory=dict)
    hook_patience_s: float = 0.5
    received: list[str] = field(default_factory=list)
    endpoint: str = ""
    _answers: dict[str, tuple[float, str, Object]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _calls: list[threading.Thread] = field(default_factory=list)

    @contextmanager
    def serving(self) -> Iterator["Provider"]:
        """Answer requests on a free port of loopback; ends when no webhook is left."""
        with answering(_handler(self)) as self.endpoint:
            yield self
            self.wait()

    def list_events(self, path: Path) -> None:
        """Write what `GET /v1/events` answers, newest first."""
        listed = {"object": "list", "url": "/v1/events", "has_more": False}
        path.write_text(json.dumps({**listed, "data": self.events[::-1]}), encoding="utf-8")

    def wait(self) -> None:
        """Until every webhook was taken, or given up."""
        while self._calls:
            self._calls.pop().join()

    def asked(self, resource: str, form: dict[str, str], key: str) -> Answer:
        """`POST /v1/RESOURCE`: status, headers and body of the answer."""
        request = f"req_{uuid.uuid4().hex[:14]}"
        with self._lock:
            kept = self._answers.get(key) if key else None
            if kept and time.monotonic() - kept[0] < self.key_lifetime_s:
                _, first, made = kept
                replay = {"Idempotent-Replayed": "true", "Original-Request": first}
                return 200, {"Request-Id": request, **replay}, made
            made = self._made(resource, form)
            if key:
                self._answers[key] = (time.monotonic(), request, made)
        self._tell(_EVENTS[resource], made, request, key)
        return 200, {"Request-Id": request}, made

    def _made(self, resource: str, form: dict[str, str]) -> Object:
        prefix, own = _RESOURCES[resource]
        made = {
            "id": f"{prefix}_{uuid.uuid4().hex[:24]}",
            "object": resource.removesuffix("s"),
            "amount": int(form["amount"]),
            "created": int(time.time()),
            "currency": form["currency"],
            "description": form.get("description"),
            "livemode": True,
            "metadata": {n[9:-1]: v for n, v in form.items() if n.startswith("metadata[")},
            **{name: form.get(name) for name in ("customer", "charge", "destination")},
            "source_transaction": form.get("source_transaction"),
            **own,
        }
        made = {name: value for name, value in made.items() if value is not None}
        owed = made["metadata"].get("order_id") or made.get("charge") or made["id"]
        self.ledger.add(
            Effect(
                name=made["id"],
                owed=f"{made['object']} for {owed}",
                customer=made.get("customer", ""),
                amount=Decimal(made["amount"]) / 100,
                currency=made["currency"].upper(),
            )
        )
        return made

    def _tell(self, kind: str, about: Object, request: str, key: str) -> None:
        event = {
            "id": f"evt_{uuid.uuid4().hex[:24]}",
            "object": "event",
            "api_version": "2024-06-20",
            "created": int(time.time()),
            "data": {"object": about},
            "livemode": True,
            "pending_webhooks": int(kind in self.hooks),
            "request": {"id": request, "idempotency_key": key or None},
            "type": kind,
        }
        self.events.append(event)
        if kind in self.hooks:
            told = (self.hooks[kind], json.dumps(event))
            call = threading.Thread(target=self._deliver, args=told)
            self._calls.append(call)
            call.start()

    def _deliver(self, hook: str, body: str) -> None:
        """Send an event until it is taken: `2xx` within the patience; four times at most."""
        for attempt in range(4):
            at = int(time.time())
            signed = hmac.new(SECRET, f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
            headers = {
                "Stripe-Signature": f"t={at},v1={signed}",
                "Content-Type": "application/json",
            }
            try:
                answer = httpx.post(
                    hook, content=body, headers=headers, timeout=self.hook_patience_s
                )
                if answer.is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(1.2 * (attempt + 1))


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            provider.received.append(form.get("metadata[order_id]", ""))
            fault = provider.faults.pop(0) if provider.faults else None
            if fault == "down":
                self._send(503, {}, {"error": {"type": "api_error", "message": "Unavailable."}})
                return
            resource = self.path.rpartition("/")[2]
            answer = provider.asked(resource, form, self.headers.get("Idempotency-Key", ""))
            if fault == "late":
                time.sleep(1.5)
            self._send(*answer)

        def _send(self, status: int, headers: dict[str, str], body: Object) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            try:
                self.wfile.write(content)
            except OSError:  # the caller has gone
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - likewise
            pass

    return Handler
