"""Stripe's event objects: charges that worked or did not, captures, refunds, payouts.

https://docs.stripe.com/api/events/object
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.formats.canonical import Written
from sample_data.identifiers import Identifiers, content_hash
from sample_data.moments import later, microseconds


def write(facts: Sequence[Fact]) -> Written:
    """Up to three events a fact, as Stripe tells of one request by several."""
    for fact in facts:
        ids = Identifiers(content_hash(fact.label, fact.at, fact.columns["execution_id"]))
        for number, (kind, body) in enumerate(_bodies(fact, ids)):
            at = later(fact.at, number * 0.3)
            yield fact, at, _event(fact, ids, at, kind, body)


def _event(
    fact: Fact, ids: Identifiers, at: datetime, kind: str, body: dict[str, Any]
) -> dict[str, Any]:
    live = fact.columns["environment"] == "live"
    return {
        "id": ids.token("evt_3Q", 22), "object": "event", "api_version": "2024-06-20",
        "created": microseconds(at) // 1_000_000, "data": {"object": body | {"livemode": live}},
        "livemode": live, "pending_webhooks": 1,
        "request": {
            "id": f"req_{fact.columns['execution_id'].partition('_')[2]}",
            "idempotency_key": fact.columns.get("operation_key"),
        },
        "type": kind,
    }  # fmt: skip


def _bodies(fact: Fact, ids: Identifiers) -> list[tuple[str, dict[str, Any]]]:
    action = fact.columns["action"]
    if action == "charge":
        return _charge_bodies(fact, ids)
    if action == "capture":
        body = _charge(fact, fact.columns["effect_id"], ids.token("pi_3Q", 22))
        part = {"captured": True, "amount_captured": _minor(fact)}
        return [("charge.captured", body | fact.payload | part)]
    if action == "refund":
        body = _shared(fact) | {
            "id": fact.columns["effect_id"], "object": "refund", "status": "succeeded",
            "charge": fact.columns["compensates_effect_id"], "reason": "requested_by_customer",
        }  # fmt: skip
        return [("refund.created", body)]
    assert action == "payout", f"Stripe's log has no {action}"
    body = _shared(fact) | {"id": fact.columns["effect_id"], "object": "payout"}
    return [("payout.created", body | {"destination": fact.columns["entity_id"]})]


def _charge_bodies(fact: Fact, ids: Identifiers) -> list[tuple[str, dict[str, Any]]]:
    failed = fact.columns["outcome"] == "error"
    held = fact.columns.get("money_stage") == "authorised"
    intent_id = ids.token("pi_3Q", 22)
    charge = _charge(fact, fact.columns.get("effect_id") or ids.token("ch_3Q", 22), intent_id)
    intent = _shared(fact) | {
        "id": intent_id, "object": "payment_intent", "status": "requires_confirmation",
        "amount_received": 0, "latest_charge": None,
    }  # fmt: skip
    bodies = [("payment_intent.created", intent)]
    if failed:
        refused = {"status": "failed", "paid": False, "failure_code": fact.columns["error"]}
        return [*bodies, ("charge.failed", charge | refused)]
    captured = 0 if held else _minor(fact)
    charge |= {"captured": not held, "amount_captured": captured}
    done = intent | {"latest_charge": charge["id"], "amount_received": captured}
    last = "amount_capturable_updated" if held else "succeeded"
    done["amount_capturable"] = _minor(fact) if held else 0
    return [*bodies, ("charge.succeeded", charge), (f"payment_intent.{last}", done)]


def _charge(fact: Fact, charge_id: str, intent_id: str) -> dict[str, Any]:
    return _shared(fact) | {
        "id": charge_id, "object": "charge", "payment_intent": intent_id, "status": "succeeded",
        "paid": True, "captured": True, "amount_captured": _minor(fact), "amount_refunded": 0,
        "failure_code": None,
    }  # fmt: skip


def _shared(fact: Fact) -> dict[str, Any]:
    columns = fact.columns
    named = columns["entity_id"] if columns.get("entity_type") == "order" else None
    return {
        "amount": _minor(fact), "currency": columns.get("currency", "EUR").lower(),
        "created": microseconds(fact.at) // 1_000_000, "customer": columns.get("customer_id"),
        "description": f"{columns.get('entity_type', 'sale')} {columns.get('entity_id', '')}",
        "invoice": columns["entity_id"] if columns.get("entity_type") == "invoice" else None,
        "metadata": {"order_id": named} if named else {},
    }  # fmt: skip


def _minor(fact: Fact) -> int:
    return round(float(fact.columns["amount"]) * 100)
