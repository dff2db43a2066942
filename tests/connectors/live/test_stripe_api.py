"""Stripe's API, and everything that can go wrong with a provider's list."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pytest

from connectors import registry
from connectors.live import http, waiting
from connectors.live.provider import same_host
from forensics.case.case import Case
from forensics.case.mapping_proposal import MappingProposal, propose_mapping
from forensics.model.errors import SourceError
from forensics.model.record import Page, SourceSpec
from tests.connectors.live.contract import BudgetContract, known_after, read, records
from tests.connectors.live.list_server import Asked, ListServer, Record, Reply

KEY = "rk_test_not_a_real_key"
PAGE = 3


def event(number: int) -> Record:
    return {
        "id": f"evt_{number:04}",
        "object": "event",
        "type": "charge.succeeded",
        "created": 1_793_600_000 + 3600 * number,
        "livemode": True,
        "data": {"object": {"id": f"ch_{number}", "object": "charge", "amount": 100 * number}},
    }


def stripe(events: Sequence[Record], asked: Asked) -> Reply:
    """https://docs.stripe.com/api/events/list, with shorter pages."""
    after = asked.parameters.get("starting_after")
    begin = next((n + 1 for n, e in enumerate(events) if e["id"] == after), 0)
    since = int(asked.parameters.get("created[gte]", 0))
    left = [e for e in events[begin:] if e["created"] >= since]
    return {}, {"object": "list", "data": left[:PAGE], "has_more": len(left) > PAGE}


class Account:
    """A Stripe account with ten events."""

    secret = KEY

    def __init__(self, server: ListServer) -> None:
        self.server = server
        self.address = f"stripe://?endpoint={server.endpoint}"
        self.add(10)

    def add(self, count: int) -> None:
        for _ in range(count):
            self.server.records.insert(0, event(len(self.server.records)))

    def marks(self) -> object:
        return list(self.server.records)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    server = ListServer(stripe, lambda asked: asked.headers.get("authorization") == f"Bearer {KEY}")
    with server.serving():
        yield Account(server)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that a test can wait for."""
    monkeypatch.setattr(http, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(waiting, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(waiting, "JITTER_S", 0.01)


class TestStripe(BudgetContract):
    pass


def ids(pages: Sequence[Page]) -> list[str]:
    return sorted(position for _, position in records(pages))


@pytest.mark.parametrize(
    "faults",
    [
        [None, (429, {"Retry-After": "0"}), (429, {"Retry-After": "0"})],
        [(500, {}), None, (502, {}), (503, {})],
        [None, "reset", None, "reset"],
        [None, "hang"],
    ],
    ids=["too_many", "server_errors", "reset_in_the_middle", "hangs"],
)
def test_what_fails_for_a_while_is_read_all_the_same(
    system: Account, faults: list[tuple[int, dict[str, str]] | str | None]
) -> None:
    everything = ids(read(system.address))
    system.server.faults = faults

    assert ids(read(system.address)) == everything


def test_a_server_that_dies_leaves_what_was_read_and_the_rest_comes_later(system: Account) -> None:
    everything = ids(read(system.address))
    system.server.faults = [None, None, *[(500, {})] * waiting.ATTEMPTS]
    found: list[Page] = []

    with pytest.raises(SourceError, match="answers `/v1/events` with 500") as raised:
        read(system.address, into=found)

    assert "go on" in raised.value.hint
    assert len(ids(found)) == 2 * PAGE
    rest = read(system.address, known_after(found))
    assert sorted({*ids(found), *ids(rest)}) == everything


def test_what_comes_in_while_it_is_read_is_not_lost(system: Account) -> None:
    first = read(system.address, most=1)
    system.add(4)
    second = read(system.address, known_after(first))

    assert sorted({*ids(first), *ids(second)}) == ids(read(system.address))


def test_a_token_that_leads_back_ends_the_reading_with_a_sentence(system: Account) -> None:
    system.server.reply = lambda events, _: ({}, {"data": events[:PAGE], "has_more": True})

    with pytest.raises(SourceError, match="leads back"):
        read(system.address)


def test_a_record_that_is_given_twice_is_stored_once(system: Account, tmp_path: Path) -> None:
    def overlapping(events: Sequence[Record], asked: Asked) -> Reply:
        headers, content = stripe(events, asked)
        content["data"] = content["data"] + content["data"][-1:]
        return headers, content

    system.server.reply = overlapping
    (account,) = Case(tmp_path / "case", registry).ingest([system.address])

    assert (account.mapped, account.quarantined) == (10, 0)
    assert account.already_stored == account.read - 10 > 0


def test_a_wait_that_is_too_long_is_left_to_a_person(system: Account) -> None:
    system.server.faults = [(429, {"Retry-After": "3600"})]

    with pytest.raises(SourceError, match="429"):
        read(system.address)


def test_a_key_that_is_refused_says_which_right_it_lacks(
    system: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "rk_test_another")

    with pytest.raises(SourceError, match="401") as raised:
        read(system.address)

    assert "read access to Events" in raised.value.hint
    assert "rk_test_another" not in f"{raised.value} {raised.value.hint}"


def test_without_a_key_nothing_is_asked(system: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STRIPE_API_KEY")

    with pytest.raises(SourceError, match="needs its key") as raised:
        read(system.address)

    assert "STRIPE_API_KEY" in raised.value.hint
    assert not system.server.asked


def test_a_login_page_is_no_list(system: Account) -> None:
    system.server.faults = ["garbage"]

    with pytest.raises(SourceError, match="not JSON"):
        read(system.address)


def test_a_gap_that_the_provider_no_longer_fills_is_told(system: Account) -> None:
    before = read(system.address)
    system.server.records.clear()
    system.server.records += [event(number) for number in range(60, 50, -1)]

    last = read(system.address, known_after(before))[-1]

    assert last.coverage == "expired"
    assert "evt_0009" in last.coverage_reason


def test_a_gap_is_still_told_when_what_came_after_it_was_read(
    system: Account, tmp_path: Path
) -> None:
    case = Case(tmp_path / "case", registry)
    case.ingest([f"stripe={system.address}"])
    system.server.records[:] = [event(number) for number in range(60, 50, -1)]
    (torn,) = case.ingest([f"stripe={system.address}"])
    system.server.records.insert(0, event(61))
    (whole,) = case.ingest([f"stripe={system.address}"])
    (coverage,) = case.audit(detectors=["retry_storm"]).coverage

    assert ["evt_0009" in notice.sentence for notice in torn.notices] == [True]
    assert not whole.notices
    assert coverage.state == "expired"
    assert "evt_0009" in coverage.reason


def test_since_reads_back_to_a_time_and_leaves_no_gap(system: Account) -> None:
    early, late = ("2026-11-02T13:13:20", "2027-01-01")
    before = read(f"{system.address}&since={early}")
    system.add(2)
    # A later one leaves out nothing of what came since; an earlier one, or none, goes deeper.
    after = read(f"{system.address}&since={late}", known_after(before))
    deeper = read(system.address, known_after(after, known_after(before)))

    assert ids(before) == [f"evt_{number:04}" for number in range(7, 10)]
    assert {"evt_0010", "evt_0011"} <= set(ids(after))
    assert set(ids(deeper)) >= {f"evt_{number:04}" for number in range(7)}
    assert {page.coverage for page in (*after, *deeper)} == {"complete"}


def test_a_record_that_becomes_visible_late_is_read(system: Account) -> None:
    late = system.server.records.pop(1) | {"created": system.server.records[0]["created"] - 60}
    before = read(system.address)
    system.server.records.insert(1, late)
    after = read(system.address, known_after(before))

    assert late["id"] not in ids(before)
    assert late["id"] in ids(after)


def test_the_key_goes_to_no_other_host() -> None:
    with pytest.raises(SourceError, match="another host"):
        same_host("https://elsewhere.test/page2", "https://api.stripe.com", "Stripe")


def test_events_are_kept_as_they_came(system: Account) -> None:
    found = records(read(system.address))

    assert orjson.loads(found["events", "evt_0003"]) == event(3)


def test_a_mapping_that_is_proposed_for_a_list_bears_the_providers_name(system: Account) -> None:
    spec = SourceSpec(name="", address=system.address)
    proposal = propose_mapping(registry, spec, given={}, force=True)

    assert isinstance(proposal, MappingProposal)
    assert 'title = "stripe"' in proposal.text
