"""Stripe's event log: one event object a line, as `GET /v1/events` lists them.

Shapes after https://docs.stripe.com/api/events/object; every value is made up.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sample_data.identifiers import Identifiers
from sample_data.moments import later, microseconds

_API_VERSION = "2024-06-20"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who pays what for which order; `amount` in minor units, `currency` in lower case."""

    order_id: str
    customer_id: str
    name: str
    email: str
    amount: int
    currency: str

    @property
    def total(self) -> Decimal:
        """The amount in major units."""
        return Decimal(self.amount) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The API call behind an event; both null when Stripe itself acted."""

    id: str | None = None
    idempotency_key: str | None = None


@dataclass(slots=True)
class StripeLog:
    """Collects events; `lines` gives them in the order in which they were created."""

    ids: Identifiers
    events: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)

    def event(
        self, at: datetime, kind: str, body: dict[str, Any], request: Request, *, live: bool = True
    ) -> str:
        """Add one event and return its `evt_` id."""
        event_id = self.ids.token("evt_3Q", 22)
        event = {
            "id": event_id, "object": "event", "api_version": _API_VERSION,
            "created": microseconds(at) // 1_000_000, "data": {"object": body},
            "livemode": live, "pending_webhooks": 1,
            "request": {"id": request.id, "idempotency_key": request.idempotency_key},
            "type": kind,
        }  # fmt: skip
        self.events.append((at, event))
        return event_id

    def request(self, key: str | None) -> Request:
        """Return a new API request under an idempotency key."""
        return Request(id=self.ids.token("req_", 14), idempotency_key=key)

    def charge(
        self,
        at: datetime,
        payer: Payer,
        *,
        key: str | None,
        live: bool = True,
        captured: bool = True,
        invoice: str | None = None,
    ) -> dict[str, Any]:
        """Add the three events of a payment that worked and return the charge."""
        request = self.request(key)
        intent = self._intent(at, payer, live=live)
        self.event(at, "payment_intent.created", intent, request, live=live)
        charge = self._charge(later(at, 0.4), payer, intent["id"], live=live)
        charge |= {"captured": captured, "amount_captured": payer.amount if captured else 0}
        charge["invoice"] = invoice
        self.event(later(at, 0.7), "charge.succeeded", charge, request, live=live)
        done = intent | {"status": "succeeded" if captured else "requires_capture"}
        done |= {"latest_charge": charge["id"], "amount_received": charge["amount_captured"]}
        kind = "succeeded" if captured else "amount_capturable_updated"
        self.event(later(at, 0.71), f"payment_intent.{kind}", done, request, live=live)
        return charge

    def failed_charge(self, at: datetime, payer: Payer, *, key: str | None) -> dict[str, Any]:
        """Add the events of a card that was declined and return the charge."""
        request = self.request(key)
        intent = self._intent(at, payer, live=True)
        declined = {
            "status": "failed", "paid": False, "captured": False, "amount_captured": 0,
            "failure_code": "card_declined",
            "failure_message": "Your card has insufficient funds.",
            "balance_transaction": None,
            "outcome": {
                "network_status": "declined_by_network", "reason": "insufficient_funds",
                "risk_level": "normal", "type": "issuer_declined",
            },
        }  # fmt: skip
        charge = self._charge(at, payer, intent["id"], live=True) | declined
        self.event(later(at, 0.6), "charge.failed", charge, request)
        self.event(later(at, 0.61), "payment_intent.payment_failed", intent, request)
        return charge

    def capture(self, at: datetime, charge: dict[str, Any]) -> None:
        """Capture what was only authorised."""
        done = charge | {"captured": True, "amount_captured": charge["amount"]}
        self.event(at, "charge.captured", done, self.request(self.ids.uuid("capture-key")))

    def refund(self, at: datetime, charge: dict[str, Any]) -> str:
        """Give a charge back in full and return the `re_` id."""
        request = self.request(self.ids.uuid("refund-key"))
        refund_id = self.ids.token("re_3Q", 22)
        back = {
            "id": refund_id, "object": "refund", "amount": charge["amount"],
            "balance_transaction": self.ids.token("txn_3Q", 22), "charge": charge["id"],
            "created": microseconds(at) // 1_000_000, "currency": charge["currency"],
            "metadata": charge["metadata"], "payment_intent": charge["payment_intent"],
            "reason": "requested_by_customer", "status": "succeeded",
        }  # fmt: skip
        whole = charge | {"amount_refunded": charge["amount"], "refunded": True}
        self.event(at, "charge.refunded", whole, request)
        self.event(at, "refund.created", back, request)
        return refund_id

    def lines(self) -> list[dict[str, Any]]:
        """Return the events, oldest first."""
        return [event for _, event in sorted(self.events, key=lambda pair: pair[0])]

    def _intent(self, at: datetime, payer: Payer, *, live: bool) -> dict[str, Any]:
        return {
            "id": self.ids.token("pi_3Q", 22), "object": "payment_intent",
            "amount": payer.amount, "amount_received": 0, "capture_method": "automatic",
            "created": microseconds(at) // 1_000_000, "currency": payer.currency,
            "customer": payer.customer_id, "description": f"Order {payer.order_id}",
            "latest_charge": None, "livemode": live, "metadata": {"order_id": payer.order_id},
            "payment_method_types": ["card"], "status": "requires_confirmation",
        }  # fmt: skip

    def _charge(self, at: datetime, payer: Payer, intent_id: str, *, live: bool) -> dict[str, Any]:
        return {
            "id": self.ids.token("ch_3Q", 22), "object": "charge", "amount": payer.amount,
            "amount_captured": payer.amount, "amount_refunded": 0,
            "balance_transaction": self.ids.token("txn_3Q", 22),
            "billing_details": {"email": payer.email, "name": payer.name, "phone": None},
            "captured": True, "created": microseconds(at) // 1_000_000,
            "currency": payer.currency, "customer": payer.customer_id,
            "description": f"Order {payer.order_id}", "disputed": False, "failure_code": None,
            "failure_message": None, "invoice": None, "livemode": live,
            "metadata": {"order_id": payer.order_id},
            "outcome": {
                "network_status": "approved_by_network", "reason": None, "risk_level": "normal",
                "type": "authorized",
            },
            "paid": True, "payment_intent": intent_id,
            "payment_method_details": {
                "card": {"brand": "visa", "exp_month": 8, "exp_year": 2029, "last4": "4242"},
                "type": "card",
            },
            "receipt_email": payer.email, "refunded": False, "status": "succeeded",
        }  # fmt: skip
