"""Sidekiq: its jobs in Redis, while its own process works on them."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import redis

from connectors import registry
from forensics.case.case import Case
from forensics.model.errors import UsageError
from tests.connectors.live import consumers, shop
from tests.connectors.live.contract import LiveContract, read, records
from tests.connectors.live.servers import found, redis_server, until

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("redis")]
__all__ = ["redis_server"]

SCRIPT = Path(consumers.__file__).parent / "sidekiq.rb"


class Jobs:
    """A database with jobs, which the tests put in as Sidekiq's client does."""

    secret = ""

    def __init__(self, server: str) -> None:
        self.url = f"redis://{server}/2"
        self.address = f"sidekiq://{server}/2"
        self.client = redis.Redis.from_url(self.url)
        self.client.flushall()

    def add(self, count: int) -> None:
        self.put([f"o-{number}" for number in range(count)])

    def put(self, orders: list[str]) -> None:
        for name in orders:
            job = {"class": "Charge", "args": [name], "queue": "default", "retry": True}
            now = time.time()
            job |= {"jid": os.urandom(12).hex(), "created_at": now, "enqueued_at": now}
            self.client.sadd("queues", "default")
            self.client.lpush("queue:default", json.dumps(job))

    def work(self, folder: Path, ended: Callable[[], object]) -> None:
        """Let Sidekiq work until it has come to an end."""
        settings = {
            "REDIS_URL": self.url,
            "SHOP_FOLDER": str(folder),
            "SHOP_AFTER": shop.CHARGED_TWICE,
            "SHOP_BEFORE": shop.TAKEN_TWICE,
        }
        process = subprocess.Popen(
            [found("sidekiq"), "-r", str(SCRIPT)],
            env={**os.environ, **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(ended)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)

    def marks(self) -> object:
        return {key: self.client.dump(key) for key in self.client.scan_iter()}


class TestJobs(LiveContract):
    @pytest.fixture
    def system(self, redis_server: str) -> Jobs:
        jobs = Jobs(redis_server)
        jobs.add(8)
        return jobs


def test_a_job_at_work_is_at_a_place_that_does_not_show_its_arguments(redis_server: str) -> None:
    jobs = Jobs(redis_server)
    job = {"class": "Charge", "args": ["4242-secret"], "queue": "default", "jid": "j-1"}
    note = json.dumps({"queue": "default", "payload": json.dumps(job), "run_at": 1})
    jobs.client.sadd("processes", "vm:1")
    jobs.client.hset("vm:1:work", "t1", note)
    ((part, place),) = records(read(jobs.address))

    assert part == "work"
    assert place.startswith("vm:1/t1@")
    assert "4242-secret" not in place


@pytest.mark.parametrize("odd", [b"no JSON", b"\xff", b"7", b'{"payload": 7}', b'"text"'])
def test_what_is_no_note_of_a_job_is_kept_as_it_is(redis_server: str, odd: bytes) -> None:
    jobs = Jobs(redis_server)
    jobs.add(1)
    jobs.client.sadd("processes", "vm:1")
    jobs.client.hset("vm:1:work", "t1", odd)
    found = {part: orjson.loads(d) for (part, _), d in records(read(jobs.address)).items()}

    assert found.keys() == {"queue:default", "work"}
    assert found["work"]["job"] is not None


def test_one_failed_run_that_several_readings_saw_is_one(redis_server: str, tmp_path: Path) -> None:
    jobs = Jobs(redis_server)
    case = Case(tmp_path / "case", registry)
    failed = {"class": "Charge", "args": ["o-1"], "queue": "default", "jid": "j-1"}
    failed |= {"failed_at": 1795661419.146118, "retry_count": 0, "error_message": "declined"}
    for at_s in (1795661431, 1795661490):
        jobs.client.delete("retry")
        jobs.client.zadd("retry", {json.dumps(failed): at_s})
        case.ingest([f"queue={jobs.address}"])
    runs = case.sql(
        "SELECT count(*) AS readings, count(DISTINCT execution_id) AS runs,"
        " count(DISTINCT occurrence_id) AS occurrences FROM events WHERE action = 'failed'"
    ).rows()

    assert runs == [(2, 1, 1)]


def test_a_state_is_read_whole(redis_server: str) -> None:
    with pytest.raises(UsageError, match="max_records"):
        read(f"{Jobs(redis_server).address}?max_records=2")


def test_a_job_that_was_charged_and_failed_is_found_when_it_is_tried_again(
    redis_server: str, tmp_path: Path
) -> None:
    jobs = Jobs(redis_server)
    jobs.put(list(shop.ORDERS))
    case = Case(tmp_path / "case", registry)

    # One that failed was charged, the other was not; the rest are done.
    all_but_one = len(shop.ORDERS) - 1
    jobs.work(
        tmp_path,
        lambda: jobs.client.zcard("retry") == 2 and shop.charges(tmp_path) == all_but_one,
    )
    failed = [orjson.loads(document) for document in records(read(jobs.address)).values()]
    case.ingest([f"queue={jobs.address}"])
    # A job between its queue and its worker stands in neither: the charges say that all was done.
    jobs.work(tmp_path, lambda: shop.charges(tmp_path) == len(shop.ORDERS) + 1)

    assert sorted(entry["job"]["args"][0] for entry in failed) == [
        shop.CHARGED_TWICE,
        shop.TAKEN_TWICE,
    ]
    assert shop.charged_twice(tmp_path) == {shop.CHARGED_TWICE}
    assert set(shop.accused(tmp_path, jobs.address)) == {shop.CHARGED_TWICE}
