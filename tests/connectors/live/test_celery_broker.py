"""Celery's broker in Redis: looked at while its messages stay where they are."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import redis

from forensics.model.errors import UsageError
from tests.connectors.live import shop
from tests.connectors.live.consumers.celery_broker import TASK, app
from tests.connectors.live.contract import LiveContract, read, records
from tests.connectors.live.servers import redis_server

pytestmark = [
    pytest.mark.service,
    pytest.mark.xdist_group("redis"),
    pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning"),  # Celery's
]
__all__ = ["redis_server"]


class Broker:
    """Messages that wait, one that a worker has taken, and a result."""

    secret = ""

    def __init__(self, server: str) -> None:
        self.address = f"celery+redis://{server}/1"
        self.client = redis.Redis.from_url(f"redis://{server}/1")
        self.client.flushall()
        self.app = app(f"redis://{server}/1")
        self.add(8)
        self.app.backend.store_result("t-1", "ch_0123456789", "SUCCESS")
        self.connection = self.app.connection()
        self.taken = self.connection.SimpleQueue("celery").get(timeout=5)

    def add(self, count: int) -> None:
        for number in range(count):
            self.app.send_task(TASK, [f"o-{number}"])

    def close(self) -> None:
        self.taken.ack()  # else the transport puts it back when Python ends
        self.connection.release()

    def marks(self) -> object:
        return {
            key: self.client.dump(key)
            for key in self.client.scan_iter()
            if not key.startswith(b"_kombu")
        }


@pytest.fixture
def broker(redis_server: str) -> Iterator[Broker]:
    made = Broker(redis_server)
    yield made
    made.close()


class TestBroker(LiveContract):
    @pytest.fixture
    def system(self, broker: Broker) -> Broker:
        return broker


def test_what_waits_what_is_taken_and_what_is_done(broker: Broker) -> None:
    found: dict[str, list[dict[str, object]]] = {}
    for (part, _), document in records(read(broker.address)).items():
        found.setdefault(part, []).append(orjson.loads(document))
    (taken,) = found["unacked"]

    assert len(found["celery"]) == 7
    assert orjson.dumps(taken["message"]).count(broker.taken.headers["id"].encode()) >= 1
    assert [result["result_of"] for result in found["results"]] == ["t-1"]


@pytest.mark.parametrize(
    "odd", [b"no JSON", b"\xff", b"7", b"[7]", b'["text", "", "celery"]', b'{"properties": 7}']
)
def test_what_is_no_message_is_kept_as_it_is(broker: Broker, odd: bytes) -> None:
    broker.client.lpush("celery", odd)
    broker.client.hset("unacked", "odd", odd)
    found = [(part, orjson.loads(d)) for (part, _), d in records(read(broker.address)).items()]

    assert [part for part, _ in found] == ["celery"] * 8 + ["unacked"] * 2 + ["results"]
    assert all(document["message"] is not None for part, document in found if part != "results")


def test_a_state_is_read_whole(broker: Broker) -> None:
    with pytest.raises(UsageError, match="max_records"):
        read(f"{broker.address}?max_records=2")


def test_a_worker_killed_between_charge_and_acknowledgement_is_found(
    redis_server: str, tmp_path: Path
) -> None:
    url = f"redis://{redis_server}/1"
    redis.Redis.from_url(url).flushall()
    for name in shop.ORDERS:
        app(url).send_task(TASK, [name])
    shop.run("celery_broker", url, tmp_path)

    assert shop.charged_twice(tmp_path) == {shop.CHARGED_TWICE}
    assert shop.accused(tmp_path, f"celery+{url}") == {shop.CHARGED_TWICE: "redelivery"}
