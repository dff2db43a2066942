"""Lists out of order, given twice, cut, in no zone, behind tokens that lie: nothing lost or twice.

A provider that fails to answer is in `test_stripe_api.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import registry
from forensics.case.case import Case
from forensics.case.configuration import Configuration
from forensics.model.errors import SourceError
from forensics.model.record import Page
from tests.connectors.live.contract import known_after, read, records
from tests.connectors.live.list_server import Asked, ListServer, Record, Reply

SECRET = "not-a-real-secret"  # noqa: S105 - it is none
PAGE = 3
FIRST = datetime(2026, 10, 24, 20, tzinfo=UTC)

Places = Callable[[int], int | None]
"""From where a page begins to where the one after it does; None at the end."""


def attempt(number: int, created_at: str = "") -> Record:
    made_at = created_at or (FIRST + timedelta(hours=number)).isoformat()
    return {
        "id": f"atm_{number:02}",
        "team_id": "tm_1",
        "event_id": "evt_1",
        "destination_id": "des_1",
        "created_at": made_at,
        "status": "SUCCESSFUL",
    }


def following(places: Places, *, empty: int | None = None) -> Callable[..., Reply]:
    """A list whose token is a number of its own and the place at which its page begins."""

    def reply(found: Sequence[Record], asked: Asked) -> Reply:
        number, begin = map(int, asked.parameters.get("next", "0-0").split("-"))
        is_empty = number == empty
        after = begin if is_empty else places(begin)
        token = {} if after is None else {"next": f"{number + 1}-{after}"}
        models = [] if is_empty else list(found[begin : begin + PAGE])
        return {}, {"pagination": token, "models": models}

    return reply


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ListServer]:
    monkeypatch.setenv("HOOKDECK_API_KEY", SECRET)
    served = ListServer(honest, lambda asked: asked.headers["authorization"].endswith(SECRET))
    served.records += [attempt(number) for number in range(8, 0, -1)]
    with served.serving():
        yield served


def until(end: int) -> Places:
    return lambda begin: begin + PAGE if begin + PAGE < end else None


def honest(found: Sequence[Record], asked: Asked) -> Reply:
    return following(until(len(found)))(found, asked)


def address(server: ListServer) -> str:
    return f"hookdeck://?list=attempts&endpoint={server.endpoint}"


def ids(pages: Sequence[Page]) -> set[str]:
    return {place for _, place in records(pages)}


def listed(server: ListServer) -> set[str]:
    return {record["id"] for record in server.records}


def test_what_is_new_is_read_in_whatever_order_it_comes(server: ListServer) -> None:
    before = read(address(server))
    late = [attempt(20 - number, "2026-01-01T00:00:00Z") for number in range(2)]
    new = [attempt(number) for number in range(18, 8, -1)]
    server.records[:0] = [*new[:2], *late, *new[2:]]
    after = read(address(server), known_after(before))

    assert ids(before) | ids(after) == listed(server)


def test_a_list_that_is_not_in_order_is_read_back_to_the_time_that_was_asked(
    server: ListServer,
) -> None:
    server.records.insert(1, server.records.pop())
    since = (FIRST + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert ids(read(f"{address(server)}&since={since}")) == {f"atm_{n:02}" for n in range(3, 9)}


def test_a_record_on_both_sides_of_a_border_is_stored_once(
    server: ListServer, tmp_path: Path
) -> None:
    overlapping = PAGE - 1
    server.reply = following(lambda begin: begin + overlapping if begin + PAGE < 8 else None)
    case = Case(tmp_path / "case", registry)
    (account,) = case.ingest([address(server)])

    assert (account.mapped, account.quarantined) == (8, 0)
    assert account.already_stored == account.read - 8 > 0


@pytest.mark.parametrize(
    ("places", "pages"),
    [(lambda begin: begin, 1), (lambda begin: (begin + PAGE) % (2 * PAGE), 2)],
    ids=["stands_still", "goes_in_circles"],
)
def test_tokens_that_are_new_but_lead_back_end_the_reading(
    server: ListServer, places: Places, pages: int
) -> None:
    server.reply = following(places)
    found: list[Page] = []
    with pytest.raises(SourceError, match="leads back"):
        read(address(server), into=found)

    assert len(found) == pages


def test_a_page_without_records_is_not_the_end(server: ListServer) -> None:
    server.reply = following(until(8), empty=1)

    assert ids(read(address(server))) == listed(server)


def test_pages_without_records_for_ever_are_the_end(server: ListServer) -> None:
    server.reply = following(lambda begin: begin + PAGE)

    assert ids(read(address(server))) == listed(server)
    assert len(server.asked) == 3 + 2


def test_a_list_that_ends_before_what_is_known_says_so(server: ListServer) -> None:
    before = read(address(server))
    server.records[:0] = [attempt(number) for number in range(18, 8, -1)]
    server.reply = following(lambda _: None)
    after = read(address(server), known_after(before))

    assert [page.coverage for page in after] == ["expired"]


def test_a_record_from_the_future_hides_nothing_that_comes_later(server: ListServer) -> None:
    server.records.insert(0, attempt(9, "2126-01-01T00:00:00Z"))
    before = read(address(server))
    server.records.insert(0, attempt(10, datetime.now(UTC).isoformat()))
    after = read(address(server), known_after(before))

    assert "atm_10" in ids(after)
    assert after[-1].coverage == "complete"


# A time without a zone says of no record that it is before the goal, however many there are.
@pytest.mark.parametrize(("zone", "count"), [("Z", PAGE - 1), ("", 2 * PAGE)])
def test_a_clock_that_is_set_back_hides_nothing(server: ListServer, zone: str, count: int) -> None:
    before = read(address(server))
    server.records[:0] = [attempt(9 + n, f"2026-09-01T00:00:00{zone}") for n in range(count)]
    after = read(address(server), known_after(before))

    assert ids(before) | ids(after) == listed(server)
    assert after[-1].coverage == "complete"


def test_a_whole_page_from_a_clock_that_is_set_back_ends_the_walk_which_says_so(
    server: ListServer,
) -> None:
    before = read(address(server))
    server.records[:0] = [attempt(9 + n, "2026-09-01T00:00:00Z") for n in range(PAGE + 1)]
    after = read(address(server), known_after(before))

    assert ids(after) == {f"atm_{9 + n:02}" for n in range(PAGE)}
    assert after[-1].coverage == "expired"


class TestTimesWithoutAZone:
    """In Berlin the clock shows the hour from two to three twice on the 25th of October 2026."""

    TIMES = ("02:20:00", "02:50:00", "02:10:00", "02:40:00")

    @pytest.fixture(autouse=True)
    def naive(self, server: ListServer) -> None:
        server.records[:] = [
            attempt(number, f"2026-10-25T{time}") for number, time in enumerate(self.TIMES)
        ][::-1]

    @pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
    def test_it_is_said_in_which_zone_they_were_read(
        self, server: ListServer, tmp_path: Path, zone: str
    ) -> None:
        case = Case(tmp_path / "case", registry, configuration=Configuration(timezone=zone))
        (account,) = case.ingest([f"hook={address(server)}"])
        said = " ".join(notice.sentence for notice in account.notices)
        first = case.sql("SELECT min(occurred_at) FROM events").row(0)[0]

        assert f"4 times of `hook` carry no zone and were read as {zone}" in said
        assert ("4 in an hour that Europe/Berlin has twice" in said) == (zone != "UTC")
        assert first.astimezone(UTC).hour == (2 if zone == "UTC" else 1)
