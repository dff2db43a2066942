"""Ordinary orders: placed, paid once, confirmed, shipped; nothing here is a finding."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sample_data.logs.celery import Task
from sample_data.logs.cloud import ACCOUNT, REGION
from sample_data.logs.stripe import Payer
from sample_data.logs.trace import SERVER, Call, about
from sample_data.moments import END, INCIDENT, START, later, microseconds
from sample_data.routine import WORKERS, opening_stock, routine
from sample_data.week import TEAS, Week

_ORDERS_OF_HOUR = (
    0.1, 0.1, 0.0, 0.0, 0.1, 0.3, 0.7, 1.2, 1.9, 2.2, 2.3, 2.4, 2.6, 2.2, 1.9, 1.8, 2.0, 2.4,
    2.9, 3.3, 3.1, 2.2, 1.1, 0.4,
)  # fmt: skip
_ORDERS_OF_DAY = (0.9, 0.8, 0.8, 0.9, 1.0, 1.2, 1.1)


def ordinary_week(week: Week) -> None:
    """Write everything that would have been there without a single fault."""
    opening_stock(week)
    for number, at in enumerate(_moments(week)):
        _ordinary_order(week, at, number)
    routine(week)


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
    order = week.order(at, currency="gbp" if number % 11 == 5 else "eur", payer=_regular(week, at))
    if order.customer_id not in week.customers:
        _sign_up(week, order, later(at, -40))
    week.customers[order.customer_id] = (at, order)
    place(week, order, at)
    paid_at = later(at, 2.5)
    if number % 19 == 7:
        week.stripe.failed_charge(paid_at, order, key=week.ids.uuid("declined"))
        paid_at = later(paid_at, 94)
    pay(week, order, paid_at, host=WORKERS[number % 2])
    if number % 4 == 1:
        _checkout_trace(week, order, at)
    if number % 2 == 0:
        _audited_reservation(week, order, at)
    shipped = later(at, 4 * 3600 + number % 50 * 60)
    if shipped < END:
        advance(week, order, shipped, "shipped")
        _cloud_calls(week, order, shipped)


def _regular(week: Week, at: datetime) -> Payer | None:
    """Return, one time in four, somebody whose last order is at least two days old."""
    known = [payer for last, payer in week.customers.values() if last < later(at, -2 * 86_400)]
    return week.random.choice(known) if known and week.random.random() < 0.25 else None


def _sign_up(week: Week, order: Payer, at: datetime) -> None:
    """A customer, as Stripe and the address book get to know them."""
    customer = {
        "id": order.customer_id, "object": "customer", "created": microseconds(at) // 1_000_000,
        "currency": order.currency, "email": order.email, "livemode": True, "metadata": {},
        "name": order.name,
    }  # fmt: skip
    request = week.stripe.request(week.ids.uuid("customer-key"))
    week.stripe.event(at, "customer.created", customer, request)
    row = {
        "id": week.ids.token("CON-", 8), "email": order.email, "phone": None, "segment": "new",
        "version": 1, "last_seen_at": None,
    }  # fmt: skip
    week.changes.insert(later(at, 1), week.changes.transaction(at), "crm_contacts", row)


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
    asked = week.traces.call(
        call, later(at, 0.03), trace=trace, parent=root, attributes=about("order", order.order_id)
    )
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
