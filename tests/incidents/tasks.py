"""Celery tasks of the shop; a worker is told by its environment where everything is."""

import os
import time
from contextlib import closing
from pathlib import Path

import adbc_driver_postgresql.dbapi as driver
from celery import Celery

from tests.incidents import shop

app = Celery("billing", broker=os.environ.get("SHOP_BROKER"))
app.conf.task_acks_late = True
app.conf.task_send_sent_event = True
app.conf.worker_prefetch_multiplier = 1
app.conf.broker_transport_options = {
    "visibility_timeout": float(os.environ.get("SHOP_VISIBILITY_S", "3600")),
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}


def key_of(name: str) -> str:
    """The provider's key for what is owed; none in a careless shop."""
    return name if os.environ["SHOP_KEYED"] == "yes" else ""


def client() -> shop.Client:
    """The worker's client of the provider."""
    log = Path(os.environ["SHOP_REQUESTS"])
    return shop.Client(os.environ["SHOP_PROVIDER"], log, "billing")


@app.task(name="billing.charge_order")
def charge_order(name: str, customer: str, cents: int, print_s: float) -> str | None:
    """Charge an order, and print its invoice."""
    made = client().charge(shop.Order(name, customer, cents), key_of(name))
    time.sleep(print_s)
    return made


@app.task(name="billing.charge_month")
def charge_month(period: str, customers: list[str]) -> int:
    """Charge what every subscriber owes for a month."""
    for number, customer in enumerate(customers):
        order = shop.Order(f"{period}-{customer}", customer, 900 + 137 * number)
        client().charge(order, key_of(order.name))
        time.sleep(0.2)
    return len(customers)


@app.task(name="ledger.transfer", bind=True, max_retries=None)
def transfer(self, payer: str, payee: str) -> None:  # noqa: ANN001 - the library's own
    """Move one from an account to another, again and again until no deadlock is in the way."""
    steps = [(payer, "- 1"), (payee, "+ 1")]
    if os.environ["SHOP_KEYED"] == "yes":
        steps.sort()
    connection = driver.connect(os.environ["SHOP_DATABASE"])
    with closing(connection), closing(connection.cursor()) as cursor:
        try:
            for account, change in steps:
                cursor.execute(
                    f"UPDATE accounts SET balance = balance {change} WHERE id = '{account}'"
                )
                time.sleep(0.4)
            connection.commit()
        except driver.Error as problem:
            raise self.retry(exc=RuntimeError(str(problem)[:80]), countdown=0) from None
