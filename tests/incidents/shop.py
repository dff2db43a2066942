"""The shop's side: what it orders, its client of the provider, workers that are killed."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
import pika

from tests.connectors.live.database_servers import PostgresqlDatabase

Row = dict[str, Any]
RESTART_S = 1.2
"""Until somebody notices that a worker is gone; longer than the provider's clock is coarse."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer buys."""

    name: str
    customer: str
    cents: int

    def form(self) -> dict[str, str]:
        """How the provider is asked to charge it."""
        return {
            "amount": str(self.cents),
            "currency": "eur",
            "customer": self.customer,
            "description": f"Order {self.name}",
            "metadata[order_id]": self.name,
        }


def orders(count: int, *, first: int = 4711) -> list[Order]:
    """Orders of as many customers, of different sums."""
    return [
        Order(f"ORD-{first + n}", f"cus_Nf{n:02}Kq7", 1990 + 731 * n % 5000) for n in range(count)
    ]


@dataclass(frozen=True, slots=True)
class Client:
    """Calls the provider, and logs each request as `docs` of the format ask for.

    Attributes:
        endpoint: Where the provider is; the log has the address that it has in production.
        log: One JSON object a request.
        service: Who calls.
        timeout_s: How long an answer is waited for.
    """

    endpoint: str
    log: Path
    service: str = "checkout"
    timeout_s: float = 0.5

    def charge(self, order: Order, key: str = "") -> str | None:
        """The charge's id; None when the provider did not say that it was made."""
        return self.ask("charges", order.form(), key)

    def ask(self, resource: str, form: dict[str, str], key: str = "") -> str | None:
        """The id of what was made; None when the provider did not say that it was."""
        headers = {"Idempotency-Key": key} if key else {}
        row: Row = {
            "sent_at": now(),
            "service": self.service,
            "method": "POST",
            "url": f"https://api.stripe.com/v1/{resource}",
            "headers": headers,
            "body": str(httpx.QueryParams(form)),
        }
        began, made = time.monotonic(), None
        try:
            answer = httpx.post(
                f"{self.endpoint}/v1/{resource}", data=form, headers=headers, timeout=self.timeout_s
            )
            names = ("request-id", "original-request", "idempotent-replayed")
            kept = {name: answer.headers[name] for name in names if name in answer.headers}
            row |= {"status": answer.status_code, "response_headers": kept}
            made = answer.json()["id"] if answer.is_success else None
        except httpx.TimeoutException:
            row |= {"status": None, "error": "ReadTimeout"}
        append(self.log, {**row, "duration_ms": round((time.monotonic() - began) * 1000)})
        return made


PAYMENTS = (
    "CREATE TABLE payments (charge_id text PRIMARY KEY, order_id text, customer_id text,"
    " amount numeric(12, 2), currency text)"
)


def noted(charge: str | None, order: Order) -> str:
    """Writes a charge to the shop's books, once."""
    return (
        f"INSERT INTO payments VALUES ('{charge}', '{order.name}', '{order.customer}',"
        f" {order.cents / 100}, 'EUR') ON CONFLICT DO NOTHING"
    )


def noted_in(database: PostgresqlDatabase) -> set[str]:
    """The charges that stand in the shop's books."""
    return {str(row[0]) for row in database.rows("SELECT charge_id FROM payments")}


def publish(channel: Any, queue: str, order: Order) -> None:
    """Ask the workers of a queue to charge it."""
    body = {"order_id": order.name, "customer_id": order.customer, "cents": order.cents}
    channel.basic_publish("", queue, json.dumps(body).encode(), placed(f"m-{order.name}"))


def placed(message: str) -> pika.BasicProperties:
    """What the shop's messages carry beside their body."""
    return pika.BasicProperties(
        message_id=message, app_id="shop", type="order.placed", delivery_mode=2
    )


def now() -> str:
    """The moment, as logs write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def append(path: Path, row: Row) -> None:
    """Write one line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def in_a_process(work: Callable[..., object], *arguments: object, **named: object) -> None:
    """Do it in a process of its own, as workers do, until it ends or kills itself.

    The process is not forked: a copy of this one would hold locks whose threads it lacks.

    Raises:
        TimeoutError: It did neither within two minutes.
    """
    process = get_context("spawn").Process(target=work, args=arguments, kwargs=named)
    process.start()
    process.join(120)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError
    assert process.exitcode in {0, -signal.SIGKILL}


def die() -> None:
    """End as a process does whose machine is gone."""
    os.kill(os.getpid(), signal.SIGKILL)
