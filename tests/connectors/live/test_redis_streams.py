"""Redis streams: read whole, while groups and deliveries stay as they were."""

from pathlib import Path

import pytest
import redis

from connectors import registry
from forensics.case.case import Case
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Notice, SourceSpec
from tests.connectors.live import shop
from tests.connectors.live.consumers.redis_streams import GROUP, STREAM
from tests.connectors.live.contract import (
    HistoryContract,
    LiveContract,
    known_after,
    read,
    records,
)
from tests.connectors.live.servers import redis_server

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("redis")]
__all__ = ["redis_server"]


class Streams:
    """A database with a stream of which a group has taken some."""

    secret = ""

    def __init__(self, server: str, options: str = "") -> None:
        self.address = f"redis://{server}/0{options}"
        self.client = redis.Redis.from_url(f"redis://{server}/0")
        self.client.flushall()
        self.add(8)
        self.client.xgroup_create(STREAM, GROUP, 0)
        self.client.xreadgroup(GROUP, "w1", {STREAM: ">"}, count=3)

    def add(self, count: int) -> None:
        for number in range(count):
            self.client.xadd(STREAM, {"order": f"o-{number}", "payload": '{"amount": 0.10}'})

    def marks(self) -> object:
        state = self.client.xinfo_stream(STREAM, full=True)
        return repr(state)


class TestEntries(HistoryContract):
    @pytest.fixture
    def system(self, redis_server: str) -> Streams:
        return Streams(redis_server, f"?stream={STREAM}&groups=none")


class TestEntriesAndDeliveries(LiveContract):
    @pytest.fixture
    def system(self, redis_server: str) -> Streams:
        return Streams(redis_server)


def test_reading_is_no_use_of_a_key(redis_server: str) -> None:
    streams = Streams(redis_server)
    streams.client.execute_command("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
    before = streams.client.object("freq", STREAM)
    for _ in range(30):
        read(streams.address)

    assert streams.client.object("freq", STREAM) == before


def test_a_field_that_is_there_twice_is_kept_twice(redis_server: str) -> None:
    streams = Streams(redis_server)
    number = streams.client.execute_command("XADD", "odd", "*", "a", "1", "a", b"\xff")
    found = records(read(f"redis://{redis_server}/0?stream=odd"))

    assert found["odd", number.decode()] == (
        b'{"stream":"odd","id":"%b","fields":{"a":["1",{"base64":"/w=="}]}}' % number
    )


def test_what_was_trimmed_before_it_was_read_is_said(redis_server: str) -> None:
    streams = Streams(redis_server, "?groups=none")
    whole = read(streams.address)
    streams.add(4)
    streams.client.xtrim(STREAM, maxlen=2, approximate=False)
    (unread,) = read(streams.address, known_after(whole))
    (late,) = read(streams.address)

    assert whole[-1].coverage == "complete"
    assert (unread.coverage, "2 entries" in unread.coverage_reason) == ("expired", True)
    assert (late.coverage, "10 entries" in late.coverage_reason) == ("expired", True)


def test_what_consumers_deleted_as_they_went_is_said(redis_server: str) -> None:
    streams = Streams(redis_server, "?groups=none")
    numbers = [number for number, _ in streams.client.xrange(STREAM)]
    streams.client.xdel(STREAM, numbers[2], numbers[-1])
    some = read(streams.address)
    streams.client.xdel(STREAM, *numbers)
    streams.add(1)
    streams.client.xtrim(STREAM, maxlen=0)
    more = read(streams.address, known_after(some))
    (everything,) = read(streams.address)

    assert [page.records.num_rows for page in (*some, *more, everything)] == [6, 0, 0]
    assert "2 entries" in some[-1].coverage_reason
    assert "3 entries" in more[-1].coverage_reason
    assert (everything.coverage, "9 entries" in everything.coverage_reason) == ("expired", True)
    assert not read(streams.address, known_after(more, known_after(some)))


def test_an_audit_says_what_is_gone_of_a_stream_that_is_empty(
    redis_server: str, tmp_path: Path
) -> None:
    streams = Streams(redis_server, "?groups=none")
    streams.client.xtrim(STREAM, maxlen=0)
    streams.client.xadd("other", {"a": "b"})
    case = Case(tmp_path / "case", registry)
    (account,) = case.ingest([f"queue={streams.address}"])
    case.ingest([f"queue={streams.address}"])
    (coverage,) = case.audit(detectors=["retry_storm"]).coverage

    assert account.mapped == account.read == 1
    assert ["8 entries" in notice.sentence for notice in account.notices] == [True]
    assert (coverage.state, "8 entries" in coverage.reason) == ("expired", True)


def test_a_stream_that_was_begun_anew_is_not_taken_for_the_old_one(redis_server: str) -> None:
    streams = Streams(redis_server, "?groups=none")
    before = known_after(read(streams.address))
    streams.client.delete(STREAM)
    streams.client.xadd(STREAM, {"a": "b"}, id="5-1")
    source = registry.connector(SourceSpec(name="", address=streams.address))
    (notice,) = source.pages(before)

    assert isinstance(notice, Notice)
    assert "begun anew" in notice.sentence


def test_what_cannot_be_read_is_said_with_what_to_do(
    redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READER", "s3cret")
    client = Streams(redis_server).client
    client.set("text", "1")
    client.execute_command("ACL", "SETUSER", "reader", "on", ">s3cret", "~*", "+xrange")
    with pytest.raises(SourceError, match="`text` is no stream"):
        read(f"redis://{redis_server}/0?stream=text")
    with pytest.raises(SourceError, match="has no stream `nope`") as absent:
        read(f"redis://{redis_server}/0?stream=nope")
    assert absent.value.hint == f"It has: {STREAM}."
    with pytest.raises(SourceError, match="refuses") as raised:
        read(f"redis://reader@{redis_server}/0")
    with pytest.raises(UsageError, match="no Redis database"):
        read(f"redis://{redis_server}/orders")
    with pytest.raises(SourceError, match="refuses `SCAN`"):
        read(f"redis://reader@{redis_server}/0?password_env=READER")

    assert "REDIS_PASSWORD" in raised.value.hint


def test_a_worker_killed_between_charge_and_acknowledgement_is_found(
    redis_server: str, tmp_path: Path
) -> None:
    url = f"redis://{redis_server}/0"
    client = redis.Redis.from_url(url)
    client.flushall()
    client.xgroup_create(STREAM, GROUP, mkstream=True)
    for name in shop.ORDERS:
        client.xadd(STREAM, {"order": name, "event": shop.order(name)})
    shop.run("redis_streams", url, tmp_path)

    assert shop.charged_twice(tmp_path) == {shop.CHARGED_TWICE}
    assert shop.accused(tmp_path, url) == {shop.CHARGED_TWICE: "redelivery"}


def test_every_run_that_was_repeated_was_foretold(redis_server: str, tmp_path: Path) -> None:
    """The run is frozen where the first worker died, asked what fires next, and resumed."""
    url = f"redis://{redis_server}/0"
    client = redis.Redis.from_url(url)
    client.flushall()
    client.xgroup_create(STREAM, GROUP, mkstream=True)
    for name in shop.ORDERS:
        client.xadd(STREAM, {"order": name, "event": shop.order(name)})

    shop.worker("redis_streams", url, tmp_path, "w1", "after", shop.CHARGED_TWICE)
    assert shop.accused(tmp_path, url) == {}
    foretold = shop.foretold(tmp_path)
    done = shop.messages(tmp_path)
    shop.worker("redis_streams", url, tmp_path, "w2")
    repeated = {message for message in done if shop.messages(tmp_path)[message] > done[message]}

    assert len(repeated) == 1
    assert repeated <= foretold
    assert not foretold & (set(done) - repeated)
