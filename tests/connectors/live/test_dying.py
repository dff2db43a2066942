"""A source that dies while it is read: what came is kept, and it is said how to go on."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.reach.live_sources import SOURCES
from connectors import registry
from connectors.live import pages as paging
from connectors.live import waiting
from connectors.postgresql import history
from connectors.sqs import connector as sqs_connector
from forensics.model.errors import SourceError
from forensics.model.record import Notice, Page, SourceSpec
from tests.connectors.live import servers
from tests.connectors.live.list_server import ListServer
from tests.connectors.live.test_sqs import Queues
from tests.connectors.live.test_stripe_api import KEY, event, stripe

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("dying")]
_ORDERS = 20_000
_FEW = 40


@contextmanager
def sqs() -> Iterator[str]:
    with TemporaryDirectory() as folder, servers.sqs(Path(folder)) as server:
        queues = Queues(server)
        for number in range(_FEW):
            queues.service.send_message(QueueUrl=queues.dead, MessageBody=f"{number}")
        yield queues.address


@contextmanager
def provider() -> Iterator[str]:
    server = ListServer(stripe, lambda asked: asked.headers.get("authorization") == f"Bearer {KEY}")
    server.records += [event(number) for number in range(_FEW, 0, -1)]
    with server.serving():
        yield f"stripe://?endpoint={server.endpoint}"
        # Whoever answers a connection that is open would go on.
        server.faults = ["reset"] * _FEW


@contextmanager
def with_orders(name: str) -> Iterator[str]:
    with SOURCES[name]() as orders:
        orders.write(range(_ORDERS))
        yield orders.address


Serve = Callable[[], AbstractContextManager[str]]
SERVED: dict[str, Serve] = {
    **{name: lambda name=name: with_orders(name) for name in SOURCES},
    "provider": provider,
    "sqs": sqs,
}


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    monkeypatch.setattr(paging, "PAGE_RECORDS", 1_000)
    monkeypatch.setattr(history, "STATEMENT_ROWS", 1_000)
    monkeypatch.setattr(sqs_connector, "_PAGE", 10)
    monkeypatch.setattr(waiting, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(waiting, "JITTER_S", 0.01)


@pytest.mark.parametrize("serve", SERVED.values(), ids=SERVED)
def test_what_came_is_kept_and_the_sentence_says_how_to_go_on(serve: Serve) -> None:
    with ExitStack() as alive:
        address = alive.enter_context(serve())
        spec = SourceSpec(name="log", address=address, allow=frozenset({"marks"}))
        items = registry.connector(spec).pages([])
        first = next(items)
        alive.close()
        rest: list[Page | Notice] = []
        with pytest.raises(SourceError) as raised:
            rest.extend(items)

    assert isinstance(first, Page)
    assert first.cursor
    assert "again" in raised.value.hint
    # A mark that was left is told, also where the reading did not come to its end.
    assert address.startswith("sqs") == any("hidden" in str(item) for item in rest)
