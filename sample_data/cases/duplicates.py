"""Planted duplicates that share a key or a delivery."""

from datetime import datetime
from decimal import Decimal

from sample_data.logs.celery import Task
from sample_data.logs.stripe import Payer
from sample_data.moments import later
from sample_data.traffic import advance, charge_task, place
from sample_data.week import Week

_DAY = 86_400


def one_key_two_charges(week: Week, at: datetime) -> None:
    """The gateway forgot the key within minutes."""
    order = week.order(at, amount=4380)
    place(week, order, at)
    key = week.ids.uuid("double")
    charges = [week.stripe.charge(later(at, wait), order, key=key) for wait in (3, 240)]
    advance(week, order, later(at, 245), "paid", charge_id=charges[1]["id"])
    week.truth.case(
        "dup-same-key-charge", "same_key",
        "One idempotency key, two charges four minutes apart", source="stripe",
        keys=[charge["id"] for charge in charges], span=(later(at, 3), later(at, 241)), excess=1,
        amount=order.total, currency="EUR",
    )  # fmt: skip


def one_key_two_messages(week: Week, at: datetime) -> None:
    """The mail provider accepted one operation twice."""
    key = week.ids.token("mailop-", 12)
    customer = week.order(at)
    sent = [week.ids.token("msg_", 18) for _ in range(2)]
    for wait, message in zip((0, 31), sent, strict=True):
        week.audit.add(
            later(at, wait), "effect", "message.send", run=week.run(), target_system="mailer",
            operation_key=key, effect_id=message, effect_class="messaging", reversible=False,
            entity=("order", customer.order_id), customer_id=customer.customer_id,
            vantage="client", environment="live", workflow="shipping-notice",
        )  # fmt: skip
    week.truth.case(
        "dup-same-key-mail", "same_key", "One operation id, two shipping notices",
        source="audit", keys=[*sent, key], span=(at, later(at, 31)), excess=1,
    )  # fmt: skip


def one_key_refunded_later(week: Week, at: datetime) -> None:
    """A double charge that support found and gave back: gross stays, net is nothing."""
    order = week.order(at, amount=5225)
    place(week, order, at)
    key = week.ids.uuid("double")
    charges = [week.stripe.charge(later(at, wait), order, key=key) for wait in (2, 95)]
    advance(week, order, later(at, 99), "paid", charge_id=charges[0]["id"])
    refund = week.stripe.refund(later(at, 3000), charges[1])
    week.truth.case(
        "dup-same-key-refunded", "same_key", "Charged twice under one key, then refunded",
        source="stripe", keys=[*(charge["id"] for charge in charges), refund],
        span=(later(at, 2), later(at, 3000)), excess=1, amount=order.total, currency="EUR",
        compensated=True,
    )  # fmt: skip


def key_outlived(week: Week, at: datetime) -> None:
    """A retry by hand, thirty hours later, when the provider no longer knew the key."""
    order = week.order(at, amount=6170)
    place(week, order, at)
    key = week.ids.uuid("expired")
    waits = (4, 30 * 3600)
    charges = [week.stripe.charge(later(at, wait), order, key=key) for wait in waits]
    advance(week, order, later(at, 7), "paid", charge_id=charges[0]["id"])
    week.truth.case(
        "dup-key-expired-charge", "key_expired", "The same key again after thirty hours",
        source="stripe", keys=[charge["id"] for charge in charges],
        span=(later(at, 4), later(at, waits[1])), excess=1, amount=order.total, currency="EUR",
    )  # fmt: skip


def key_outlived_by_payout(week: Week, at: datetime) -> None:
    """A supplier is paid again when the batch is resumed two days later."""
    key = week.ids.token("payout-", 12)
    effects = [week.ids.token("pay_", 16) for _ in range(2)]
    for wait, effect in zip((0, 49 * 3600), effects, strict=True):
        week.audit.add(
            later(at, wait), "effect", "supplier.pay", run=week.run(), target_system="bankline",
            operation_key=key, effect_id=effect, effect_class="billing", amount=1284.5,
            currency="EUR", money_stage="debited", entity=("supplier", "SUP-ASSAMCO"),
            environment="live", vantage="client",
        )  # fmt: skip
    week.truth.case(
        "dup-key-expired-payout", "key_expired", "A supplier paid again under an old key",
        source="audit", keys=[*effects, key], span=(at, later(at, 49 * 3600)), excess=1,
        amount=Decimal("1284.50"), currency="EUR",
    )  # fmt: skip


def task_redelivered(week: Week, at: datetime) -> None:
    """A charge outlasts the queue's visibility timeout of an hour and runs twice."""
    order = week.order(at, amount=3390)
    place(week, order, at)
    task = charge_task(week, order)
    charges = _run_twice(week, task, order, at)
    advance(week, order, later(at, 3604), "paid", charge_id=charges[1])
    week.truth.case(
        "dup-redelivery-charge", "redelivery",
        "A charge task delivered again after the visibility timeout", source="celery+stripe",
        keys=[task.uuid, *charges], span=(at, later(at, 3613)), excess=1, amount=order.total,
        currency="EUR",
    )  # fmt: skip


def _run_twice(week: Week, task: Task, order: Payer, at: datetime) -> list[str]:
    """Run a charge task on two workers, the second an hour after the first."""
    week.celery.sent(task, at)
    charges = []
    hosts = (("worker-1@shop", 0.01, 3612.0), ("worker-2@shop", 3600.0, 1.2))
    for host, wait, runtime in hosts:
        begun = week.celery.begin(task, later(at, wait), host=host)
        key = week.ids.uuid("per-run-key")
        charge = week.stripe.charge(later(begun, 0.5), order, key=key)
        charges.append(charge["id"])
        ended = later(begun, runtime)
        week.celery.succeed(task, ended, host=host, runtime=runtime, result=charge["id"])
    return charges


def mail_task_redelivered(week: Week, at: datetime) -> None:
    """The worker was killed between sending and acknowledging."""
    order = week.order(at)
    task = week.celery.task("mail.send_voucher", order.order_id, order.email)
    week.celery.sent(task, at)
    sent = [week.ids.token("msg_", 18) for _ in range(2)]
    hosts = ("worker-2@shop", "worker-1@shop")
    for host, wait, message in zip(hosts, (0.01, 3600.0), sent, strict=True):
        begun = week.celery.begin(task, later(at, wait), host=host)
        week.celery.succeed(task, later(begun, 0.4), host=host, runtime=0.4, result=message)
    week.truth.case(
        "dup-redelivery-mail", "redelivery", "A voucher sent twice by one task", source="celery",
        keys=[task.uuid, *sent], span=(at, later(at, 3601)), excess=1,
    )  # fmt: skip


def webhook_redelivered(week: Week, at: datetime) -> None:
    """The handler answered too late, the sender delivered again, both made a parcel."""
    order = week.order(at)
    delivery = week.ids.token("whd_", 16)
    parcels = [week.ids.token("parcel_", 12) for _ in range(2)]
    for number, (wait, parcel) in enumerate(zip((0, 36), parcels, strict=True), start=1):
        run, handoff = week.run(), week.ids.token("atm_", 12)
        shared = {
            "delivery_id": delivery, "handoff_id": handoff, "consumer": "parcel-handler",
            "attempt": number, "entity": ("order", order.order_id), "environment": "live",
        }  # fmt: skip
        week.audit.add(
            later(at, wait), "delivery", "order.paid", run=run,
            outcome="timeout" if number == 1 else "ok", attempt_kind="provider", **shared,
        )  # fmt: skip
        week.audit.add(
            later(at, wait + 21), "effect", "parcel.create", run=run, target_system="parcelhub",
            effect_id=parcel, effect_class="inventory", customer_id=order.customer_id, **shared,
        )  # fmt: skip
    week.truth.case(
        "dup-redelivery-parcel", "redelivery", "One webhook, two parcels", source="audit",
        keys=[delivery, *parcels], span=(at, later(at, 57)), excess=1,
    )  # fmt: skip


DUPLICATES = (
    one_key_two_charges,
    one_key_two_messages,
    one_key_refunded_later,
    task_redelivered,
    mail_task_redelivered,
    webhook_redelivered,
)

LONG_DUPLICATES = (key_outlived, key_outlived_by_payout)
"""Those that need two days from their beginning to their end."""
