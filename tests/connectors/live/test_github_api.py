"""GitHub's lists, which are paged by the `Link` header."""

from collections.abc import Iterator, Sequence

import orjson
import pytest

from connectors import registry
from forensics.model.errors import UsageError
from forensics.model.record import SourceSpec
from tests.connectors.live.contract import BudgetContract, known_after, read, records
from tests.connectors.live.list_server import Asked, ListServer, Record, Reply

TOKEN = "github_pat_not_a_real_token"  # noqa: S105 - it is none
PAGE = 3


def delivery(number: int) -> Record:
    return {
        "id": 1000 + number,
        "guid": f"guid-{number // 2}",
        "delivered_at": f"2026-11-24T05:{number // 60:02}:{number % 60:02}Z",
        "redelivery": number % 2 == 1,
        "duration": 0.2,
        "status": "OK",
        "status_code": 200,
        "event": "issues",
        "action": "opened",
    }


def github(deliveries: Sequence[Record], asked: Asked) -> Reply:
    """https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api"""
    if not asked.path.endswith("/deliveries"):
        return {}, {"workflow_runs": RUNS}
    begin = int(asked.parameters.get("cursor", 0))
    links = {}
    if begin + PAGE < len(deliveries):
        host = f"http://{asked.headers['host']}"
        following = f"{host}{asked.path}?per_page=100&cursor={begin + PAGE}"
        links = {"Link": f'<{following}>; rel="next", <{host}>; rel="first"'}
    return links, list(deliveries[begin : begin + PAGE])


RUNS: list[Record] = []


class Hook:
    """A webhook with eight deliveries."""

    secret = TOKEN

    def __init__(self, server: ListServer) -> None:
        self.server = server
        self.address = f"github://shop/orders?hook=7&endpoint={server.endpoint}"
        self.add(8)

    def add(self, count: int) -> None:
        for _ in range(count):
            self.server.records.insert(0, delivery(len(self.server.records)))

    def marks(self) -> object:
        return list(self.server.records)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    server = ListServer(github, lambda a: a.headers.get("authorization") == f"Bearer {TOKEN}")
    with server.serving():
        yield Hook(server)


class TestGithub(BudgetContract):
    pass


def test_a_delivery_says_whose_hook_it_was(system: Hook) -> None:
    found = records(read(system.address))

    assert orjson.loads(found["deliveries", "1000"]) == delivery(0) | {"hook_id": "7"}
    assert {asked.path for asked in system.server.asked} == {
        "/repos/shop/orders/hooks/7/deliveries",
        "/repos/shop/orders/actions/runs",
    }


def test_deliveries_without_their_hook_are_refused(system: Hook) -> None:
    address = f"github://shop/orders?list=deliveries&endpoint={system.server.endpoint}"
    connector = registry.connector(SourceSpec(name="", address=address))

    with pytest.raises(UsageError, match="only read with the option `hook`"):
        list(connector.pages([]))


def run(number: int, status: str, attempt: int = 1) -> Record:
    created = f"2026-11-24T1{number}:00:00Z"
    return {"id": number, "run_attempt": attempt, "status": status, "created_at": created}


def test_github_is_not_asked_to_narrow_runs_down_of_which_it_would_list_a_thousand(
    system: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "RUNS", [run(2, "completed"), run(1, "completed")])
    since = "since=2026-11-24T11:30:00Z"
    found = read(f"github://shop/orders?list=runs&{since}&endpoint={system.server.endpoint}")

    assert {place for _, place in records(found)} == {"2/1"}
    assert {name for asked in system.server.asked for name in asked.parameters} == {"per_page"}


def test_a_run_that_ends_after_a_later_one_is_read_once_it_has(
    system: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"github://shop/orders?list=runs&endpoint={system.server.endpoint}"
    monkeypatch.setitem(globals(), "RUNS", [run(2, "completed"), run(1, "in_progress")])
    before = read(address)
    monkeypatch.setitem(globals(), "RUNS", [run(2, "completed", 2), run(1, "completed")])
    after = read(address, known_after(before))

    assert {place for _, place in records(before)} == {"2/1"}
    assert {place for _, place in records(after)} == {"2/2", "1/1"}
