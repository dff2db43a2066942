"""A shop whose workers take orders from a queue, charge them, and die in between when told to.

    python -m tests.connectors.live.shop QUEUE URL FOLDER WORKER [DIE ORDER]

`DIE` is `before` or `after`: the worker kills itself before or after it charged that order, and
before it said so to the queue. What the provider charged stands in `ledger.jsonl`, which only the
tests read; what the workers say they did stands in `effects.jsonl`, a log like any other.
"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

ORDERS = tuple(f"o-{number}" for number in range(1, 7))
CHARGED_TWICE, TAKEN_TWICE = "o-3", "o-5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message as a worker was handed it.

    Attributes:
        message: Its id, as the source's page tells workers to log it.
        order: What is to be charged.
        done: Tells the queue that it was handled.
    """

    message: str
    order: str
    done: Callable[[], object]


def order(name: str) -> bytes:
    """The body of the message that orders a charge."""
    return json.dumps(
        {"order": name, "amount": "19.99", "currency": "EUR", "customer": f"c-{name}"}
    ).encode()


def work(deliveries: Iterator[Delivery], folder: Path, name: str, die: str, at: str) -> None:
    """Charge what is delivered, until nothing is."""
    for delivery in deliveries:
        if (die, at) == ("before", delivery.order):
            os.kill(os.getpid(), signal.SIGKILL)
        charge, run = f"ch_{uuid.uuid4().hex}", f"{name}-{uuid.uuid4().hex}"
        _append(folder / "ledger.jsonl", {"order": delivery.order, "charge": charge})
        _append(folder / "effects.jsonl", _told(delivery, charge, run, name))
        if (die, at) == ("after", delivery.order):
            os.kill(os.getpid(), signal.SIGKILL)
        delivery.done()


def run(queue: str, url: str, folder: Path) -> None:
    """Three workers, each of which takes over what the one before left.

    The first dies after it charged `CHARGED_TWICE`; the second before it charged `TAKEN_TWICE`:
    handed over twice like the other, and charged once.
    """
    worker(queue, url, folder, "w1", "after", CHARGED_TWICE)
    worker(queue, url, folder, "w2", "before", TAKEN_TWICE)
    worker(queue, url, folder, "w3")


def worker(queue: str, url: str, folder: Path, name: str, *end: str) -> None:
    """One worker, until nothing is left to take over or it dies at `end`."""
    command = [sys.executable, "-m", "tests.connectors.live.shop", queue, url, str(folder)]
    ended = subprocess.run([*command, name, *end], check=False, timeout=120)
    assert ended.returncode == (-signal.SIGKILL if end else 0)


def messages(folder: Path) -> Counter[str]:
    """How often each message was charged for, as the workers say."""
    lines = (folder / "effects.jsonl").read_text(encoding="utf-8").splitlines()
    return Counter(json.loads(line)["delivery_id"] for line in lines)


def foretold(folder: Path) -> set[str]:
    """The messages that the last audit says may fire next."""
    # Here, so that a worker starts within a moment.
    import forensics  # noqa: PLC0415

    return set(forensics.open_case(folder / "case").pending()["name"])


def charges(folder: Path) -> int:
    """How many charges the provider has made by now."""
    return len((folder / "ledger.jsonl").read_text(encoding="utf-8").splitlines())


def charged_twice(folder: Path) -> set[str]:
    """The orders that the provider charged more than once."""
    lines = (folder / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    counts = Counter(json.loads(line)["order"] for line in lines)
    assert set(counts) == set(ORDERS)
    return {name for name, count in counts.items() if count > 1}


def accused(folder: Path, address: str, *, allow: frozenset[str] = frozenset()) -> dict[str, str]:
    """Order to pattern of each finding of an audit of the queue and the workers' own log."""
    # Here, so that a worker starts within a moment.
    from connectors import registry  # noqa: PLC0415
    from forensics.case.case import Case  # noqa: PLC0415
    from forensics.model.record import SourceSpec  # noqa: PLC0415

    case = Case(folder / "case", registry)
    specs = [
        SourceSpec(name="queue", address=address, allow=allow),
        SourceSpec(name="workers", address=str(folder / "effects.jsonl")),
    ]
    accounts = case.ingest(specs)
    assert not any(account.failed or account.quarantined for account in accounts)
    assert case.sql("SELECT DISTINCT source FROM events").height == len(specs)
    case.audit()
    return dict(
        case.sql(
            "SELECT DISTINCT entity_id, pattern FROM evidence JOIN events USING (event_id)"
            " WHERE entity_type = 'order'"
        ).rows()
    )


def _told(delivery: Delivery, charge: str, run_id: str, worker: str) -> dict[str, str]:
    return {
        "occurred_at": datetime.now(UTC).isoformat(),
        "system": "shop",
        "target_system": "provider",
        "vantage": "client",
        "actor": worker,
        "actor_kind": "worker",
        "kind": "effect",
        "action": "charge",
        "effect_class": "billing",
        "money_stage": "captured",
        "outcome": "ok",
        "delivery_id": delivery.message,
        "execution_id": run_id,
        "effect_id": charge,
        "entity_type": "order",
        "entity_id": delivery.order,
        "customer_id": f"c-{delivery.order}",
        "amount": "19.99",
        "currency": "EUR",
    }


def _append(path: Path, line: dict[str, str]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def waiting(take: Callable[[], Iterator[Delivery]], *, idle_s: float) -> Iterator[Delivery]:
    """Deliveries until none came for a while."""
    last = time.monotonic()
    while time.monotonic() - last < idle_s:
        for delivery in take():
            yield delivery
            last = time.monotonic()


if __name__ == "__main__":
    queue, url, folder, who, *end = sys.argv[1:]
    module = import_module(f"tests.connectors.live.consumers.{queue}")
    work(module.deliveries(url, who), Path(folder), who, *(end or ["", ""]))
