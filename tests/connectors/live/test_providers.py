"""Each provider's way to page a list, to say whose key it is and since when to read.

What all lists have in common is tested with Stripe's, in `test_stripe_api.py`.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from connectors import registry
from forensics.model.errors import UsageError
from forensics.model.record import SourceSpec
from tests.connectors.live.contract import BudgetContract, read
from tests.connectors.live.list_server import Asked, ListServer, Record, Reply

SECRET = "not-a-real-secret"  # noqa: S105 - it is none
BEARER = f"Bearer {SECRET}"
PAGE = 3
COUNT = 8


@dataclass(frozen=True)
class Case:
    """A provider and how it answers."""

    address: str
    variable: str
    authorization: str
    path: str
    since: tuple[str, str]
    record: Callable[[int], Record]
    reply: Callable[[Sequence[Record], Asked], Reply]


def _svix(found: Sequence[Record], asked: Asked) -> Reply:
    begin = int(asked.parameters.get("iterator", "0"))
    end = begin + PAGE
    # The iterator is there even at the end.
    return {}, {
        "data": list(found[begin:end]),
        "iterator": str(end),
        "done": end >= len(found),
    }


def _hookdeck(found: Sequence[Record], asked: Asked) -> Reply:
    begin = int(asked.parameters.get("next", "0"))
    following = {"next": str(begin + PAGE)} if begin + PAGE < len(found) else {}
    content = {"pagination": {"limit": 250, **following}, "count": len(found)}
    return {}, content | {"models": list(found[begin : begin + PAGE])}


def _twilio(found: Sequence[Record], asked: Asked) -> Reply:
    begin = int(asked.parameters.get("Page", "0"))
    more = begin + PAGE < len(found)
    following = f"{asked.path}?PageSize=1000&Page={begin + PAGE}" if more else None
    return {}, {"messages": list(found[begin : begin + PAGE]), "next_page_uri": following}


def _paypal(found: Sequence[Record], asked: Asked) -> Reply:
    begin = int(asked.parameters.get("page", "0"))
    host = f"http://{asked.headers['host']}{asked.path}"
    links = [{"rel": "self", "href": host}]
    if begin + PAGE < len(found):
        links.append({"rel": "next", "href": f"{host}?page={begin + PAGE}"})
    return {}, {"events": list(found[begin : begin + PAGE]), "links": links}


CASES = {
    "svix": Case(
        address="svix://app_1?list=attempts&endpoint_id=ep_1",
        variable="SVIX_AUTH_TOKEN",
        authorization=BEARER,
        path="/api/v1/app/app_1/attempt/endpoint/ep_1",
        since=("after", "2026-11-01T00:00:00+00:00"),
        record=lambda n: {"id": f"atmpt_{n}", "msgId": "msg_1", "timestamp": _iso(n)},
        reply=_svix,
    ),
    "hookdeck": Case(
        address="hookdeck://?list=attempts",
        variable="HOOKDECK_API_KEY",
        authorization=BEARER,
        path="/attempts",
        since=("dir", "desc"),
        record=lambda n: {"id": f"atm_{n}", "attempt_number": 1, "created_at": _iso(n)},
        reply=_hookdeck,
    ),
    "twilio": Case(
        address="twilio://AC1?list=messages",
        variable="TWILIO_AUTH_TOKEN",
        authorization=f"Basic {b64encode(f'AC1:{SECRET}'.encode()).decode()}",
        path="/2010-04-01/Accounts/AC1/Messages.json",
        since=("DateSent>", "2026-11-01T00:00:00Z"),
        record=lambda n: {"sid": f"SM{n}", "date_created": f"Tue, 24 Nov 2026 05:00:{n:02} +0000"},
        reply=_twilio,
    ),
    "paypal": Case(
        address="paypal://?list=events",
        variable="PAYPAL_ACCESS_TOKEN",
        authorization=BEARER,
        path="/v1/notifications/webhooks-events",
        since=("start_time", "2026-11-01T00:00:00Z"),
        record=lambda n: {"id": f"WH-{n}", "create_time": _iso(n)},
        reply=_paypal,
    ),
}


def _iso(number: int) -> str:
    return f"2026-11-24T05:00:{number:02}Z"


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def server(case: Case, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListServer]:
    monkeypatch.setenv(case.variable, SECRET)
    served = ListServer(case.reply, lambda a: a.headers.get("authorization") == case.authorization)
    served.records += [case.record(number) for number in range(COUNT, 0, -1)]
    with served.serving():
        yield served


class Account:
    """An account with eight records."""

    secret = SECRET

    def __init__(self, case: Case, server: ListServer) -> None:
        self.case = case
        self.server = server
        self.address = f"{case.address}&endpoint={server.endpoint}"

    def add(self, count: int) -> None:
        for _ in range(count):
            self.server.records.insert(0, self.case.record(len(self.server.records) + 1))

    def marks(self) -> object:
        return list(self.server.records)


class TestProvider(BudgetContract):
    @pytest.fixture
    def system(self, case: Case, server: ListServer) -> Account:
        return Account(case, server)


def test_its_own_path_is_asked_page_by_page(case: Case, server: ListServer) -> None:
    found = read(f"{case.address}&endpoint={server.endpoint}")

    assert len(found) == -(-COUNT // PAGE)
    assert {asked.path for asked in server.asked} == {case.path}


def test_the_provider_is_told_since_when(case: Case, server: ListServer) -> None:
    read(f"{case.address}&endpoint={server.endpoint}&since=2026-11-01")
    name, value = case.since

    assert server.asked[0].parameters[name] == value


@pytest.mark.parametrize("scheme", ["hookdeck", "paypal", "stripe"])
def test_a_key_where_a_host_would_stand_is_refused_without_repeating_it(scheme: str) -> None:
    with pytest.raises(UsageError, match="a key, perhaps") as raised:
        registry.connector(SourceSpec(name="", address=f"{scheme}://{SECRET}"))

    assert SECRET not in f"{raised.value} {raised.value.hint}"
