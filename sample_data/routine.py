"""What happens by the clock: renewals, payouts, reports, leases, scheduled functions."""

from sample_data.logs.cloud import ACCOUNT, REGION
from sample_data.logs.stripe import Request
from sample_data.moments import START, later
from sample_data.week import TEAS, Week

WORKERS = ("worker-1@shop", "worker-2@shop")


def routine(week: Week) -> None:
    """Write everything that a schedule does in the week."""
    _heartbeats(week)
    _renewals(week)
    _payouts(week)
    _daily_reports(week)
    _leases(week)
    _functions(week)


def opening_stock(week: Week) -> None:
    """What the connector found in the tables when it was started: a snapshot, not a change."""
    at = later(START, 1.5)
    for number, (sku, (name, price)) in enumerate(TEAS.items()):
        row = {"id": sku, "name": name, "price_cents": price, "available": 400 + 35 * number}
        week.changes.snapshot(later(at, number / 50), "stock", row)


def _heartbeats(week: Week) -> None:
    for hour in range(0, 168, 2):
        for place_in_list, host in enumerate(WORKERS):
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


def _leases(week: Week) -> None:
    """Every two hours one worker takes the lease of the stock job, does it, and lets go."""
    for turn in range(84):
        at = later(START, turn * 7200 + 420)
        run, entity = week.run(), ("lock", "lease:stock-job")
        lock = {"mode": "exclusive", "expires_at": later(at, 120), "fencing_token": str(900 + turn)}
        shared = {"run": run, "entity": entity, "system": "lease-service", "lock": lock}
        week.audit.add(at, "lock", "lease.hold", phase="start", **shared)
        week.audit.add(
            later(at, 1), "trigger", "stock-job.run", run=run, workflow="stock-job",
            trigger_kind="schedule", scheduled_for=at.replace(second=0),
        )  # fmt: skip
        week.audit.add(later(at, 48), "lock", "lease.hold", phase="end", **shared)


def _functions(week: Week) -> None:
    """A scheduled function, every three hours."""
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:refresh-thumbnails"
    for turn in range(56):
        week.cloud.record(
            later(START, turn * 10_800 + 905), "lambda", "Invoke", role="scheduler",
            parameters={"functionName": function, "invocationType": "Event"},
        )  # fmt: skip
