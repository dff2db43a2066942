"""Thursday morning: one deploy, four failures, each the cause of the next.

10:00 payments-api is deployed and hangs. Callers retry in two layers. The workflow takes a fresh
key for each of its attempts, so what had worked is charged again; where it gives up it falls back
to the task queue, whose visibility timeout of an hour charges again. Webhook handlers and the
workflow then save the same orders over each other, and the wrong order sends shop and CRM into
copying contacts back and forth until somebody stops it.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sample_data.cases.chains import chain_rows
from sample_data.cases.storms import layered_call
from sample_data.identifiers import content_hash
from sample_data.logs.stripe import Payer
from sample_data.logs.trace import Call, about
from sample_data.moments import INCIDENT, iso, later
from sample_data.traffic import advance, charge_task, place
from sample_data.week import Week

_ORDERS = 14
_CHARGED_TWICE = range(6)
_FALLEN_BACK = range(11, 14)
_ATTEMPTS = 3
_ATTEMPT_SECONDS = 9.6


@dataclass(slots=True, kw_only=True)
class Payment:
    """One order's way through the outage."""

    order: Payer
    at: datetime
    trace: str
    root: str
    keys: list[str]
    spans: list[str]
    charges: list[str]

    @property
    def cause(self) -> str:
        """The span that everything about this payment goes back to: trace and span id."""
        return f"{self.trace}/{self.root}"


def thursday(week: Week) -> None:
    """Write the incident into every log."""
    _deploy(week)
    payments = [_outage(week, number) for number in range(_ORDERS)]
    _note_storm(week, payments)
    _charge_again(week, [payments[number] for number in _CHARGED_TWICE])
    _charge_once(week, payments[len(_CHARGED_TWICE) : _FALLEN_BACK.start])
    _fall_back(week, [payments[number] for number in _FALLEN_BACK])
    writes = _save_over(week, payments[:3])
    _copy_back_and_forth(week, payments[:3], writes)


def _deploy(week: Week) -> None:
    for wait, version in ((0, "4.12.0"), (11_400, "4.12.1")):
        week.audit.add(
            later(INCIDENT, wait), "change", "deploy", run=f"deploy-payments-api-{version}",
            system="payments-api", workflow_version=version, actor="release-bot",
            actor_kind="service", entity=("service", "payments-api"),
        )  # fmt: skip


def _outage(week: Week, number: int) -> Payment:
    """Write one order, and the workflow's attempts to pay for it."""
    at = later(INCIDENT, 118 + number * 1.37)
    order = week.order(at, amount=3150 + 410 * number)
    place(week, order, at)
    trace = week.traces.trace()
    root = week.traces.span(
        "order-workflow", "order.pay", later(at, 1), 150, trace=trace,
        attributes={"forensics.workflow": "order-payment", "shop.order.id": order.order_id},
    )  # fmt: skip
    tries = _ATTEMPTS + (number not in _FALLEN_BACK)
    keys = [week.ids.uuid("attempt-key") for _ in range(tries)]
    spans = [root]
    for attempt, key in enumerate(keys[:_ATTEMPTS]):
        call = Call(
            caller="order-workflow", callee="payments-api", name="POST /charges",
            status=None if attempt < 2 else 503, seconds=_ATTEMPT_SECONDS, key=key,
        )  # fmt: skip
        start = later(at, 2 + attempt * (_ATTEMPT_SECONDS + 4) + number % 3 * 0.9)
        spans += layered_call(
            week, start, call, attempt=attempt + 1, trace=trace, parent=root, entity=order.order_id
        )
    if number not in _FALLEN_BACK:
        answered = Call(
            caller="order-workflow", callee="payments-api", name="POST /charges", status=201,
            seconds=1.4, key=keys[_ATTEMPTS],
        )  # fmt: skip
        attributes = about("order", order.order_id) | {
            "forensics.kind": "attempt", "forensics.attempt_kind": "application",
            "forensics.attempt": _ATTEMPTS + 1,
        }  # fmt: skip
        week.traces.call(answered, later(at, 94.8), trace=trace, parent=root, attributes=attributes)
    return Payment(order=order, at=at, trace=trace, root=root, keys=keys, spans=spans, charges=[])


def _note_storm(week: Week, payments: list[Payment]) -> None:
    keys = [key for payment in payments for key in (payment.trace, *payment.spans, *payment.keys)]
    week.truth.case(
        "incident-1-storm", "layered",
        "payments-api hangs; fourteen payments are tried three times, each sent three times",
        source="otlp", keys=keys, span=(later(payments[0].at, 2), later(payments[-1].at, 41)),
        excess=_ORDERS * (_ATTEMPTS * 3 - 1), incident=True,
    )  # fmt: skip


def _audited_charge(
    week: Week, payment: Payment, at: datetime, *, attempt: int, key: str, charge: str | None
) -> None:
    """What the workflow's own audit trail says of one attempt to charge."""
    order = payment.order
    week.audit.add(
        at, "effect", "charge.create", run=week.run(), system="order-workflow",
        target_system="stripe", cause_id=payment.cause, trace_id=payment.trace,
        workflow="order-payment", operation_key=key, effect_id=charge, effect_class="billing",
        outcome="ok" if charge else "timeout", entity=("order", order.order_id),
        amount=order.amount / 100, currency="EUR", money_stage="captured", attempt=attempt,
        attempt_kind="application", customer_id=order.customer_id, vantage="client",
        environment="live",
    )  # fmt: skip


def _charge_again(week: Week, payments: list[Payment]) -> None:
    """The first attempt had gone through, its answer was lost, and a fresh key charged again."""
    for payment in payments:
        for attempt, wait in ((1, 7), (4, 95)):
            at = later(payment.at, wait)
            key = payment.keys[attempt - 1]
            charge = week.stripe.charge(at, payment.order, key=key)["id"]
            payment.charges.append(charge)
            if attempt == 1:
                _audited_charge(week, payment, at, attempt=1, key=key, charge=None)
            heard = later(at, 78 if attempt == 1 else 1)
            _audited_charge(week, payment, heard, attempt=attempt, key=key, charge=charge)
    for payment in payments[3:]:
        paid = later(payment.at, 97)
        advance(week, payment.order, paid, "paid", charge_id=payment.charges[-1])
    total = sum((payment.order.total for payment in payments), Decimal(0))
    week.truth.case(
        "incident-2-rekeyed", "rekeyed_retry",
        "Six payments that had worked are charged again under fresh keys", source="stripe+audit",
        keys=[charge for payment in payments for charge in payment.charges],
        span=(later(payments[0].at, 7), later(payments[-1].at, 96)), excess=len(payments),
        amount=total, currency="EUR", incident=True,
    )  # fmt: skip


def _charge_once(week: Week, payments: list[Payment]) -> None:
    """The fourth attempt is the only one that reached the provider."""
    for payment in payments:
        at, key = later(payment.at, 95), payment.keys[-1]
        charge = week.stripe.charge(at, payment.order, key=key)["id"]
        _audited_charge(week, payment, later(at, 1), attempt=4, key=key, charge=charge)
        advance(week, payment.order, later(at, 2), "paid", charge_id=charge)


def _fall_back(week: Week, payments: list[Payment]) -> None:
    """The queue takes over, and delivers again after its visibility timeout of an hour."""
    tasks = []
    for payment in payments:
        task = charge_task(week, payment.order)
        tasks.append(task)
        queued = later(payment.at, 150)
        week.audit.add(
            queued, "trigger", "charge.enqueue", run=task.uuid, system="order-workflow",
            cause_id=payment.cause, trace_id=payment.trace, workflow="billing.charge_order",
            entity=("order", payment.order.order_id), trigger_kind="event",
        )  # fmt: skip
        week.celery.sent(task, queued)
        for host, wait, runtime in (
            ("worker-1@shop", 0.01, 3655.0), ("worker-2@shop", 3600.0, 1.4),
        ):  # fmt: skip
            begun = week.celery.begin(task, later(queued, wait), host=host)
            key = week.ids.uuid("per-run-key")
            charge = week.stripe.charge(later(begun, 0.6), payment.order, key=key)["id"]
            payment.charges.append(charge)
            ended = later(begun, runtime)
            week.celery.succeed(task, ended, host=host, runtime=runtime, result=charge)
        advance(week, payment.order, later(queued, 3602), "paid", charge_id=payment.charges[-1])
    total = sum((payment.order.total for payment in payments), Decimal(0))
    charges = [charge for payment in payments for charge in payment.charges]
    week.truth.case(
        "incident-3-redelivery", "redelivery",
        "Three fallback tasks are delivered again after an hour and charge again",
        source="celery+stripe+audit", keys=[*charges, *(task.uuid for task in tasks)],
        span=(later(payments[0].at, 150), later(payments[-1].at, 3806)), excess=len(payments),
        amount=total, currency="EUR", incident=True,
    )  # fmt: skip


def _save_over(week: Week, payments: list[Payment]) -> list[str]:
    """The webhook's handler and the workflow save one order over each other; return the latter."""
    keys, writes = [], []
    for payment in payments:
        handler, workflow = week.run(), week.run()
        entity = ("order", payment.order.order_id)
        at = later(payment.at, 97)
        webhook = {"run": handler, "system": "payment-webhook", "workflow": "apply-payment"}
        saving = {
            "run": workflow, "system": "order-workflow", "workflow": "finish-order",
            "cause_id": payment.cause, "trace_id": payment.trace,
        }  # fmt: skip
        week.audit.add(
            at, "delivery", "charge.succeeded", entity=entity, consumer="payment-webhook",
            delivery_id=week.ids.token("whd_", 16),
            handoff_id=week.ids.token("atm_", 12), **webhook,
        )  # fmt: skip
        for wait, who in ((0.2, webhook), (0.5, saving)):
            week.audit.add(
                later(at, wait), "read", "order.read", entity=entity, serial=True,
                version_read="1", transaction_id=f"tx-{who['run'][4:]}", **who,
            )  # fmt: skip
        for number, (wait, who) in enumerate(((1.1, webhook), (1.6, saving))):
            charge = payment.charges[number]
            week.audit.add(
                later(at, wait), "write", "order.save", entity=entity, serial=True,
                write_kind="update", version_read="1", version_written=str(2 + number),
                fields=["status", "charge_id"], after_hash=content_hash(entity, charge),
                transaction_id=f"tx-{who['run'][4:]}", conditional=False, **who,
            )  # fmt: skip
            advance(week, payment.order, later(at, wait), "paid", charge_id=charge)
        keys += [payment.order.order_id, handler, workflow]
        writes.append(workflow)
    week.truth.case(
        "incident-4-lost-update", "lost_update",
        "Handler and workflow save version 1 of the same orders; one charge is forgotten",
        source="audit+debezium", keys=keys,
        span=(later(payments[0].at, 97.2), later(payments[-1].at, 98.6)), excess=len(payments),
        incident=True,
    )  # fmt: skip
    return writes


def _copy_back_and_forth(week: Week, payments: list[Payment], causes: list[str]) -> None:
    """Shop and CRM each hold their own last order for the newer one."""
    pair = (("shop", "push-contact"), ("crm", "pull-contact"))
    visits, gap = 14, 420
    keys = []
    for payment, cause in zip(payments, causes, strict=True):
        at = later(payment.at, 160)
        contact = week.ids.token("CON-", 8)
        row = {
            "id": contact, "email": payment.order.email, "phone": None, "segment": "regular",
            "version": 1, "last_seen_at": None,
        }  # fmt: skip
        week.changes.insert(later(at, -30), week.changes.transaction(at), "crm_contacts", row)
        steps = [pair[number % 2] for number in range(visits)]
        runs = chain_rows(week, at, steps, ("contact", contact), gap=gap, cause=cause)
        for number in range(visits):
            moment = later(at, number * gap + 0.8)
            week.changes.update(
                moment, week.changes.transaction(moment), "crm_contacts", contact,
                version=2 + number, last_seen_at=iso(moment),
                segment=("regular", f"buyer of {payment.order.order_id}")[number % 2],
            )  # fmt: skip
        keys += [contact, *runs]
    week.truth.case(
        "incident-5-sync-loop", "cross_system_loop",
        "Shop and CRM copy three contacts back and forth for an hour and a half",
        source="audit+debezium", keys=keys,
        span=(later(payments[0].at, 160), later(payments[2].at, 160 + visits * gap)),
        excess=len(payments) * (visits - 2), incident=True,
    )  # fmt: skip
