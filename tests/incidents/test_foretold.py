"""What fires next, of Celery: a run is frozen, asked, resumed and compared."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import forensics
from connectors import registry
from forensics.case.case import Case
from forensics.model.record import SourceSpec
from tests.connectors.live.servers import redis, until
from tests.incidents import shop
from tests.incidents.celery_workers import working
from tests.incidents.provider import Provider

SLOW_S = 4
VISIBILITY_S = "2"
TASKS, AT_ONCE = 9, 4
QUICK = 3


@contextmanager
def worked(broker: str, provider: str, folder: Path, name: str) -> Iterator[tuple[object, Path]]:
    """A worker that dies without a word when the block ends, and its events."""
    log = folder / f"{name}_events.jsonl"
    settings = {
        "SHOP_PROVIDER": provider,
        "SHOP_REQUESTS": str(folder / f"{name}_requests.jsonl"),
        "SHOP_VISIBILITY_S": VISIBILITY_S,
        "SHOP_KEYED": "no",
    }
    with working(broker, log, settings, names=(name,)) as app:
        yield app, log


def tasks(log: Path, event: str) -> set[str]:
    """The tasks of which the log says that."""
    told = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return {one["uuid"] for one in told if one["type"] == event}


@pytest.mark.service
@pytest.mark.xdist_group("redis")
def test_every_task_that_was_repeated_was_foretold(tmp_path: Path) -> None:
    with redis(tmp_path) as broker, Provider().serving() as provider:
        with worked(broker, provider.endpoint, tmp_path, "w1") as (app, log):
            for number, order in enumerate(shop.orders(TASKS, first=1300)):
                seconds = 0 if number < QUICK else SLOW_S
                given = [order.name, order.customer, order.cents, seconds]
                app.send_task("billing.charge_order", given)
            until(lambda: len(tasks(log, "task-succeeded")) == QUICK, seconds=20)
            until(lambda: len(tasks(log, "task-started")) == QUICK + AT_ONCE, seconds=20)
        begun, ended = tasks(log, "task-started"), tasks(log, "task-succeeded")
        foretold = pending(tmp_path, log, broker)
        with worked(broker, provider.endpoint, tmp_path, "w2") as (_, resumed):
            until(lambda: len(tasks(resumed, "task-succeeded")) == TASKS - QUICK, seconds=240)
        again = tasks(resumed, "task-started")

    assert begun & again == begun - ended
    assert again == foretold


def pending(folder: Path, log: Path, broker: str) -> set[str]:
    """The tasks that an audit of the worker's events and of the broker says may fire next."""
    case = Case(folder / "case", registry)
    accounts = case.ingest(
        [
            SourceSpec(name="events", address=str(log)),
            SourceSpec(name="broker", address=f"celery+redis://{broker}/0"),
        ]
    )
    assert not any(account.failed or account.quarantined for account in accounts)
    case.audit()
    return set(forensics.open_case(folder / "case").pending()["name"])
