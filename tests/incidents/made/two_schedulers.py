"""Two schedulers start the month's billing, ten seconds apart, and both runs charge everybody.

After a move to another machine the old `celery beat` was left running. The twin's task gives the
provider a name of month and customer as key.
"""

import time
from contextlib import ExitStack
from pathlib import Path

from tests.connectors.live.servers import redis, until
from tests.incidents.celery_workers import working
from tests.incidents.made.task_outlives_visibility import done
from tests.incidents.provider import Provider
from tests.incidents.recording import Failure, Truth, told_by

CUSTOMERS = [f"cus_Sub{number:02}" for number in range(8)]


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Eight subscribers, two runs."""
    with ExitStack() as running:
        server = running.enter_context(redis(place))
        provider = running.enter_context(Provider().serving())
        settings = {
            "SHOP_PROVIDER": provider.endpoint,
            "SHOP_REQUESTS": str(folder / "provider_requests.jsonl"),
            "SHOP_KEYED": "no" if fault else "yes",
        }
        app = running.enter_context(working(server, folder / "celery_events.jsonl", settings))
        for _ in range(2):
            app.send_task("billing.charge_month", ["2026-11", CUSTOMERS])
            time.sleep(3)
        until(lambda: done(folder) == 2, seconds=30)
        provider.list_events(folder / "provider_events.json")
    again = [effect.name for effect in provider.ledger.excess()]
    failures = [
        Failure(
            what=f"{len(again)} subscribers were charged by both runs",
            patterns=("batch_rerun",),
            about=again,
            root={"celery_events": ["task-sent", "billing.charge_month"]},
            mechanism="batch_rerun",
        )
    ]
    return told_by(
        provider.ledger, failures if again else [], incidents=int(bool(again)), goes_on=fault
    )
