"""An ordinary week: orders are placed, paid once, confirmed, shipped; nothing here is a finding."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sample_data.logs.celery import Task
from sample_data.logs.cloud import ACCOUNT, REGION
from sample_data.logs.stripe import Payer, Request
from sample_data.logs.trace import SERVER, Call
from sample_data.moments import END, INCIDENT, START, later
from sample_data.week import TEAS, Week

_ORDERS_OF_HOUR = (
    0.1, 0.1, 0.0, 0.0, 0.1, 0.3, 0.7, 1.2, 1.9, 2.2, 2.3, 2.4, 2.6, 2.2, 1.9, 1.8, 2.0, 2.4,
    2.9, 3.3, 3.1, 2.2, 1.1, 0.4,
)  # fmt: skip
_ORDERS_OF_DAY = (0.9, 0.8, 0.8, 0.9, 1.0, 1.2, 1.1)
_WORKERS = ("worker-1@shop", "worker-2@shop")


def ordinary_week(week: Week) -> None:
    """Write everything that would have been there without a single fault."""
    _opening_stock(week)
    for number, at in enumerate(_moments(week)):
        _ordinary_order(week, at, number)
    _heartbeats(week)
    _renewals(week)
    _payouts(week)
    _daily_reports(week)


def place(week: Week, order: Payer, at: datetime) -> None:
    """Write the order row, the stock that it takes, and the event that says so."""
    sku = week.random.choice(list(TEAS))
    transaction = week.changes.transaction(at)
    row = {
        "id": order.order_id, "customer_id": order.customer_id, "status": "placed",
        "total_cents": order.amount, "currency": order.currency.upper(), "charge_id": None,
        "version": 1, "updated_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip
    week.changes.insert(at, transaction, "orders", row)
    week.changes.add(later(at, 0.002), transaction, "stock", sku, available=-1)
    data = {"order_id": order.order_id, "total_cents": order.amount}
    week.webhooks.add(later(at, 0.1), "order.placed", order.order_id, data)


def advance(week: Week, order: Payer, at: datetime, status: str, **values: object) -> None:
    """Move an order on by one version."""
    version = week.changes.versions[order.order_id] + 1
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    week.changes.update(
        at, week.changes.transaction(at), "orders", order.order_id,
        status=status, version=version, updated_at=stamp, **values,
    )  # fmt: skip


def charge_task(week: Week, order: Payer, parent: Task | None = None) -> Task:
    """Return the task that charges an order."""
    return week.celery.task(
        "billing.charge_order", order.order_id, order.customer_id, order.amount, parent=parent
    )


def pay(week: Week, order: Payer, at: datetime, *, host: str = "worker-1@shop") -> str:
    """Charge an order once, by a task whose answer is the charge; return the charge's id."""
    task = charge_task(week, order)
    charge = week.stripe.charge(later(at, 0.2), order, key=task.uuid)
    ended = week.celery.run(task, at, host=host, runtime=1.1, result=charge["id"])
    advance(week, order, later(ended, 0.05), "paid", charge_id=charge["id"])
    mail = week.celery.task("mail.send_confirmation", order.order_id, order.email, parent=task)
    message = week.ids.token("msg_", 18)
    week.celery.run(mail, later(ended, 0.3), host=host, runtime=0.31, result=message)
    return str(charge["id"])


def _moments(week: Week) -> Iterator[datetime]:
    """Yield when orders come: by the hour of the day and the day of the week."""
    hour = START
    while hour < END:
        expected = _ORDERS_OF_HOUR[hour.hour] * _ORDERS_OF_DAY[hour.weekday()] * 0.72
        count = int(expected) + (week.random.random() < expected % 1)
        if not INCIDENT <= hour < later(INCIDENT, 3600):
            offsets = sorted(week.random.uniform(20, 3500) for _ in range(count))
            yield from (later(hour, round(offset, 3)) for offset in offsets)
        hour += timedelta(hours=1)


def _ordinary_order(week: Week, at: datetime, number: int) -> None:
    order = week.order(at, currency="gbp" if number % 11 == 5 else "eur")
    place(week, order, at)
    paid_at = later(at, 2.5)
    if number % 19 == 7:
        week.stripe.failed_charge(paid_at, order, key=week.ids.uuid("declined"))
        paid_at = later(paid_at, 94)
    pay(week, order, paid_at, host=_WORKERS[number % 2])
    if number % 4 == 1:
        _checkout_trace(week, order, at)
    if number % 2 == 0:
        _audited_reservation(week, order, at)
    shipped = later(at, 4 * 3600 + number % 50 * 60)
    if shipped < END:
        advance(week, order, shipped, "shipped")
        _cloud_calls(week, order, shipped)


def _checkout_trace(week: Week, order: Payer, at: datetime) -> None:
    """The checkout as the tracing sees it, sampled one in four."""
    trace = week.traces.trace()
    root = week.traces.span(
        "shop-api", "POST /checkout", at, 0.61, trace=trace, kind=SERVER,
        attributes={
            "http.request.method": "POST", "url.path": "/checkout",
            "http.response.status_code": 201, "client.address": "192.0.2.17",
        },
    )  # fmt: skip
    call = Call(caller="shop-api", callee="orders-api", name="POST /orders", status=201)
    attributes = {"forensics.entity_type": "order", "forensics.entity_id": order.order_id}
    asked = week.traces.call(call, later(at, 0.03), trace=trace, parent=root, attributes=attributes)
    week.traces.span(
        "orders-api", "POST /orders", later(at, 0.034), 0.07, trace=trace, kind=SERVER,
        parent=asked, attributes={"http.request.method": "POST", "http.response.status_code": 201},
    )  # fmt: skip


def _audited_reservation(week: Week, order: Payer, at: datetime) -> None:
    """Stock is reserved under a version check: what a guarded write looks like."""
    run = week.run()
    entity = ("reservation", f"RES-{order.order_id[4:]}")
    week.audit.add(
        later(at, 0.2), "trigger", "order.reserve", run=run, entity=("order", order.order_id),
        workflow="order-reserve", trigger_kind="event", customer_id=order.customer_id,
    )  # fmt: skip
    week.audit.add(
        later(at, 0.3), "write", "reservation.create", run=run, entity=entity, serial=True,
        write_kind="create", version_written="1", conditional=True, workflow="order-reserve",
        transaction_id=f"tx-{run[4:]}", natural_key=f"reservation:{order.order_id}",
    )  # fmt: skip


def _cloud_calls(week: Week, order: Payer, at: datetime) -> None:
    """The order goes to the warehouse through a queue and a state machine."""
    queue = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/fulfilment.fifo"
    week.cloud.record(
        at, "sqs", "SendMessage",
        parameters={
            "queueUrl": queue, "messageGroupId": order.order_id,
            "messageDeduplicationId": f"ship-{order.order_id}",
            "messageBody": "HIDDEN_DUE_TO_SECURITY_REASONS",
        },
        answer={"messageId": week.ids.uuid("sqs"), "sequenceNumber": week.ids.hexadecimal("q", 20)},
    )  # fmt: skip
    if week.random.random() < 0.4:
        machine = f"arn:aws:states:{REGION}:{ACCOUNT}"
        week.cloud.record(
            later(at, 2), "states", "StartExecution", role="fulfilment",
            parameters={
                "stateMachineArn": f"{machine}:stateMachine:fulfil-order",
                "name": f"ship-{order.order_id}", "input": "HIDDEN_DUE_TO_SECURITY_REASONS",
            },
            answer={"executionArn": f"{machine}:execution:fulfil-order:ship-{order.order_id}"},
        )  # fmt: skip


def _opening_stock(week: Week) -> None:
    """What the connector found in the tables when it was started: a snapshot, not a change."""
    at = later(START, 1.5)
    for number, (sku, (name, price)) in enumerate(TEAS.items()):
        row = {"id": sku, "name": name, "price_cents": price, "available": 400 + 35 * number}
        week.changes.snapshot(later(at, number / 50), "stock", row)


def _heartbeats(week: Week) -> None:
    for hour in range(0, 168, 2):
        for place_in_list, host in enumerate(_WORKERS):
            at = later(START, hour * 3600 + 11 + place_in_list * 0.4)
            week.celery.heartbeat(at, host, processed=hour * 3)


def _renewals(week: Week) -> None:
    """Subscriptions for a monthly box of tea: Stripe acts by itself, each customer once."""
    for number in range(18):
        at = later(START, (9 * number + 5) * 3600 + 73 * number)
        order = week.order(at, amount=1900)
        invoice_id = week.ids.token("in_1Q", 22)
        charge = week.stripe.charge(at, order, key=None, invoice=invoice_id)
        invoice = {
            "id": invoice_id, "object": "invoice", "amount_due": 1900, "amount_paid": 1900,
            "billing_reason": "subscription_cycle", "charge": charge["id"], "currency": "eur",
            "customer": order.customer_id, "customer_email": order.email, "livemode": True,
            "metadata": {}, "number": f"FERN-{2600 + number}", "paid": True, "status": "paid",
            "period_start": 1_769_904_000, "period_end": 1_772_323_200,
        }  # fmt: skip
        week.stripe.event(later(at, 2), "invoice.paid", invoice, Request())
        row = {
            "id": f"INV-{2600 + number}", "customer_id": order.customer_id, "status": "paid",
            "total_cents": 1900, "currency": "EUR", "stripe_invoice": invoice_id,
        }  # fmt: skip
        paid = later(at, 3)
        week.changes.insert(paid, week.changes.transaction(paid), "invoices", row)


def _payouts(week: Week) -> None:
    """Stripe pays out what was earned, each night another sum."""
    for day in range(1, 7):
        at = later(START, day * 86_400 + 1800)
        payout = {
            "id": week.ids.token("po_1Q", 22), "object": "payout",
            "amount": 61_250 + 3917 * day, "arrival_date": 1_772_496_000 + 86_400 * day,
            "currency": "eur", "livemode": True, "metadata": {}, "method": "standard",
            "status": "paid", "type": "bank_account",
        }  # fmt: skip
        week.stripe.event(at, "payout.paid", payout, Request())


def _daily_reports(week: Week) -> None:
    """A scheduled task a day, which writes a file and touches nobody."""
    for day in range(7):
        at = later(START, day * 86_400 + 5 * 3600)
        task = week.celery.task("reports.daily_sales", f"{at:%Y-%m-%d}", eta=at)
        week.celery.run(task, at, host="worker-2@shop", runtime=12.4, result="{'rows': 31}")
