"""A Celery task takes longer than its message stays hidden, and a second worker does it as well.

The queue is in Redis, messages are acknowledged late, and come back after two seconds; printing the
invoices of two orders takes longer. The twin's tasks give the provider the order's name as key.
"""

from contextlib import ExitStack
from pathlib import Path

from tests.connectors.live.servers import redis, until
from tests.incidents import shop
from tests.incidents.celery_workers import working
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

SLOW_S = 3.5


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Two of eight tasks outlive their messages' timeout."""
    ordered = shop.orders(8, first=1200)
    with ExitStack() as running:
        server = running.enter_context(redis(place))
        provider = running.enter_context(Provider().serving())
        settings = {
            "SHOP_PROVIDER": provider.endpoint,
            "SHOP_REQUESTS": str(folder / "provider_requests.jsonl"),
            "SHOP_VISIBILITY_S": "2",
            "SHOP_KEYED": "no" if fault else "yes",
        }
        app = running.enter_context(
            working(server, folder / "celery_events.jsonl", settings, names=("w1", "w2"))
        )
        for number, order in enumerate(ordered):
            slow = SLOW_S if number in {2, 5} else 0.05
            app.send_task("billing.charge_order", [order.name, order.customer, order.cents, slow])
        until(lambda: len(provider.received) >= len(ordered) + 2, seconds=20)
        until(lambda: done(folder) >= len(ordered) + 2, seconds=20)
        provider.list_events(folder / "provider_events.json")
    failures = made_again(
        provider.ledger.excess(),
        "again when its task was handed out again",
        ("redelivery", "same_content"),
        lambda order: {"celery_events": ["task-sent", order]},
        mechanism="visibility_timeout",
    )
    return told_by(provider.ledger, failures, incidents=len(failures))


def done(folder: Path) -> int:
    """How many times a task succeeded."""
    return (folder / "celery_events.jsonl").read_text().count('"task-succeeded"')
