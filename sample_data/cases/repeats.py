"""Planted duplicates that share no key: a cause, a content, an obligation or a batch."""

from datetime import datetime
from decimal import Decimal

from sample_data.identifiers import content_hash
from sample_data.logs.stripe import Payer
from sample_data.moments import later
from sample_data.traffic import advance, place
from sample_data.week import Week

_DAY = 86_400


def rekeyed_after_timeout(week: Week, at: datetime) -> None:
    """The retry took a fresh key; the provider's log shows that the first charge had worked."""
    order = week.order(at, amount=7415)
    place(week, order, at)
    cause, keys = week.run(), [week.ids.uuid("rekeyed") for _ in range(2)]
    charges = [
        week.stripe.charge(later(at, wait), order, key=key)["id"]
        for wait, key in zip((2, 36), keys, strict=True)
    ]
    _charge_attempt(week, order, later(at, 2), cause=cause, key=keys[0], charge=None)
    _charge_attempt(week, order, later(at, 36), cause=cause, key=keys[1], charge=charges[1])
    advance(week, order, later(at, 38), "paid", charge_id=charges[1])
    week.truth.case(
        "dup-rekeyed-charge", "rekeyed_retry",
        "A timed-out charge tried again under a fresh key; both went through",
        source="audit+stripe", keys=[*charges, *keys], span=(later(at, 2), later(at, 37)),
        excess=1, amount=order.total, currency="EUR",
    )  # fmt: skip


def _charge_attempt(
    week: Week, order: Payer, at: datetime, *, cause: str, key: str, charge: str | None
) -> None:
    """What the shop's own log says of one call to the payment provider."""
    week.audit.add(
        at, "effect", "charge.create", run=week.run(), cause_id=cause, operation_key=key,
        outcome="ok" if charge else "timeout", effect_id=charge, target_system="stripe",
        effect_class="billing", entity=("order", order.order_id), amount=order.amount / 100,
        currency=order.currency.upper(), money_stage="captured", customer_id=order.customer_id,
        ended_at=later(at, 1 if charge else 30), vantage="client", environment="live",
        workflow="order-payment", attempt=1 if charge is None else 2, attempt_kind="application",
    )  # fmt: skip


def rekeyed_label(week: Week, at: datetime) -> None:
    """A label is bought again after a reset connection; both answers came in the end."""
    order = week.order(at)
    cause = week.run()
    labels = [week.ids.token("label_", 14) for _ in range(2)]
    keys = [week.ids.token("lblop-", 10) for _ in range(2)]
    shared = {
        "cause_id": cause, "target_system": "parcelhub", "entity": ("order", order.order_id),
        "effect_class": "billing", "amount": 4.9, "currency": "EUR", "environment": "live",
        "workflow": "ship-order", "vantage": "client", "money_stage": "captured",
    }  # fmt: skip
    runs = [week.run(), week.run()]
    week.audit.add(
        at, "attempt", "label.buy", run=runs[0], outcome="unknown", error="ECONNRESET",
        error_kind="network", operation_key=keys[0], attempt=1, **shared,
    )  # fmt: skip
    answers = zip(runs, (4, 9), keys, labels, strict=True)
    for number, (run, wait, key, label) in enumerate(answers, start=1):
        week.audit.add(
            later(at, wait), "effect", "label.buy", run=run, operation_key=key, effect_id=label,
            attempt=number, attempt_kind="application", **shared,
        )  # fmt: skip
    week.truth.case(
        "dup-rekeyed-label", "rekeyed_retry", "A label bought twice after a reset connection",
        source="audit", keys=[*labels, *keys], span=(at, later(at, 9)), excess=1,
        amount=Decimal("4.90"), currency="EUR",
    )  # fmt: skip


def submitted_twice(week: Week, at: datetime) -> None:
    """Two clicks on "pay": two requests with a key each, the same unusual sum."""
    order = week.order(at, amount=14337)
    place(week, order, at)
    charges = [
        week.stripe.charge(later(at, wait), order, key=week.ids.uuid("click"))["id"]
        for wait in (5, 46)
    ]
    advance(week, order, later(at, 50), "paid", charge_id=charges[0])
    week.truth.case(
        "dup-same-content-charge", "same_content",
        "The same customer, order and unusual sum twice within a minute", source="stripe",
        keys=charges, span=(later(at, 5), later(at, 47)), excess=1, amount=order.total,
        currency="EUR",
    )  # fmt: skip


def credited_twice(week: Week, at: datetime) -> None:
    """A goodwill credit given by two clerks, with nothing in common but what it says."""
    order = week.order(at)
    credits_given = [week.ids.token("credit_", 12) for _ in range(2)]
    payload = content_hash("goodwill", order.customer_id, "37.85")
    for wait, credit in zip((0, 170), credits_given, strict=True):
        week.audit.add(
            later(at, wait), "effect", "credit.grant", run=week.run(), effect_id=credit,
            effect_class="billing", target_system="ledger", customer_id=order.customer_id,
            entity=("customer", order.customer_id), amount=37.85, currency="EUR",
            money_stage="credited", payload_hash=payload, actor_kind="human",
            actor=f"clerk-{4 if wait else 2}@example.com", environment="live",
        )  # fmt: skip
    week.truth.case(
        "dup-same-content-credit", "same_content", "A goodwill credit given twice in three minutes",
        source="audit", keys=credits_given, span=(at, later(at, 170)), excess=1,
        amount=Decimal("37.85"), currency="EUR",
    )  # fmt: skip


def settled_in_two_systems(week: Week, at: datetime) -> None:
    """An invoice paid by card and by direct debit, since each system held it for open."""
    invoice = f"INV-{2700 + week.random.randint(1, 40)}"
    customer = week.order(at)
    effects = {
        "cardgate": week.ids.token("cap_", 16), "bankline": week.ids.token("dd_", 16),
    }  # fmt: skip
    for wait, (target, effect) in zip((0, 5400), effects.items(), strict=True):
        week.audit.add(
            later(at, wait), "effect", "invoice.settle", run=week.run(), target_system=target,
            effect_id=effect, effect_class="billing", money_stage="captured", amount=86.4,
            currency="EUR", natural_key=f"invoice:{invoice}", entity=("invoice", invoice),
            customer_id=customer.customer_id, environment="live", vantage="client",
        )  # fmt: skip
    week.truth.case(
        "dup-cross-system-invoice", "cross_system", "One invoice paid by card and by direct debit",
        source="audit", keys=[*effects.values(), invoice], span=(at, later(at, 5400)), excess=1,
        amount=Decimal("86.40"), currency="EUR",
    )  # fmt: skip


def settled_by_card_and_voucher(week: Week, at: datetime) -> None:
    """Stripe's log holds the card payment, the shop's own log the gift card for the same order."""
    order = week.order(at, amount=5160)
    place(week, order, at)
    charge = week.stripe.charge(later(at, 6), order, key=week.ids.uuid("card"))["id"]
    spent = week.ids.token("giftspend_", 12)
    week.audit.add(
        later(at, 1900), "effect", "giftcard.capture", run=week.run(), target_system="giftcards",
        effect_id=spent, effect_class="billing", money_stage="captured", amount=51.6,
        currency="EUR", entity=("order", order.order_id), customer_id=order.customer_id,
        environment="live", vantage="client",
    )  # fmt: skip
    advance(week, order, later(at, 1902), "paid", charge_id=charge)
    week.truth.case(
        "dup-cross-system-giftcard", "cross_system", "One order paid by card and by gift card",
        source="stripe+audit", keys=[charge, spent, order.order_id],
        span=(later(at, 6), later(at, 1900)), excess=1, amount=order.total, currency="EUR",
    )  # fmt: skip


def invoicing_run_again(week: Week, at: datetime) -> None:
    """February's invoicing is started by hand although it had finished."""
    scheduled = at.replace(minute=0, second=0, microsecond=0)
    customers = [week.order(at).customer_id for _ in range(9)]
    effects: list[str] = []
    for wait, trigger in ((0, "schedule"), (4100, "manual_retry")):
        effects += _invoicing(week, later(at, wait), customers, scheduled, trigger)
    week.truth.case(
        "dup-batch-rerun-invoicing", "batch_rerun", "February's storage fees billed by two runs",
        source="audit", keys=effects, span=(at, later(at, 4132)), excess=len(customers),
        amount=Decimal("8.75") * len(customers), currency="EUR",
    )  # fmt: skip


def _invoicing(
    week: Week, at: datetime, customers: list[str], scheduled: datetime, trigger: str
) -> list[str]:
    run = week.run()
    shared = {
        "run": run, "workflow": "monthly-invoicing", "scheduled_for": scheduled,
        "period_key": "2026-02", "trigger_kind": trigger, "environment": "live",
    }  # fmt: skip
    week.audit.add(at, "trigger", "invoicing.run", **shared)
    effects = [week.ids.token("fee_", 16) for _ in customers]
    for number, (customer, effect) in enumerate(zip(customers, effects, strict=True)):
        week.audit.add(
            later(at, 4 + 3 * number), "effect", "fee.bill", effect_id=effect,
            effect_class="billing", amount=8.75, currency="EUR", money_stage="debited",
            customer_id=customer, entity=("customer", customer), target_system="ledger",
            operation_key=f"{run}:{number}", **shared,
        )  # fmt: skip
    return effects


def newsletter_run_again(week: Week, at: datetime) -> None:
    """A scheduler that failed over fires the same tick a second time."""
    scheduled = at.replace(second=0, microsecond=0)
    readers = [week.order(at) for _ in range(7)]
    sent: list[str] = []
    for wait in (0, 2700):
        run = week.run()
        for number, reader in enumerate(readers):
            sent.append(week.ids.token("msg_", 18))
            week.audit.add(
                later(at, wait + number), "effect", "newsletter.send", run=run,
                workflow="weekly-newsletter", scheduled_for=scheduled, trigger_kind="schedule",
                effect_id=sent[-1], effect_class="messaging", customer_id=reader.customer_id,
                entity=("customer", reader.customer_id), target_system="mailer",
                environment="live", reversible=False,
            )  # fmt: skip
    week.truth.case(
        "dup-batch-rerun-newsletter", "batch_rerun", "One tick, two runs of the newsletter",
        source="audit", keys=sent, span=(at, later(at, 2706)), excess=len(readers),
    )  # fmt: skip


REPEATS = (
    rekeyed_after_timeout,
    rekeyed_label,
    submitted_twice,
    credited_twice,
    settled_in_two_systems,
    settled_by_card_and_voucher,
    invoicing_run_again,
    newsletter_run_again,
)
