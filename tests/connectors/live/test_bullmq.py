"""BullMQ: its events and jobs, while its own worker works on them."""

import json
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
import redis

from forensics.model.errors import SourceError, UsageError
from tests.connectors.live import consumers, shop
from tests.connectors.live.consumers.bullmq import QUEUE
from tests.connectors.live.contract import HistoryContract, LiveContract, read, records
from tests.connectors.live.servers import redis_server

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("redis")]
__all__ = ["redis_server"]

ADD = """
import { Queue } from "bullmq";
const [host, port, queue, jobs] = process.argv.slice(2);
const there = new Queue(queue, { connection: { host, port: Number(port) } });
for (const job of JSON.parse(jobs)) await there.add("charge", job, { attempts: 3 });
await there.close();
"""


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which BullMQ is installed, with the scripts that use it."""
    folder = tmp_path_factory.mktemp("bullmq")
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "bullmq@6.7.0", "ioredis@5"],  # noqa: S607 - where it is differs
        cwd=folder,
        check=True,
        timeout=120,
    )
    shutil.copy(Path(consumers.__file__).parent / "bullmq.mjs", folder)
    (folder / "add.mjs").write_text(ADD, encoding="utf-8")
    return folder


class Queue:
    """A queue with jobs of which none has begun."""

    secret = ""

    def __init__(self, server: str, modules: Path, options: str = "") -> None:
        self.server = server
        self.modules = modules
        self.address = f"bullmq://{server}/0?queue={QUEUE}{options}"
        self.client = redis.Redis.from_url(f"redis://{server}/0")
        self.client.flushall()
        self.add(8)

    def add(self, count: int) -> None:
        self.put([f"o-{number}" for number in range(count)])

    def put(self, orders: list[str]) -> None:
        host, port = self.server.split(":")
        jobs = json.dumps([{"order": name} for name in orders])
        subprocess.run(
            ["node", str(self.modules / "add.mjs"), host, port, QUEUE, jobs],  # noqa: S607 - where it is differs
            check=True,
            timeout=60,
        )

    def marks(self) -> object:
        return {key: self.client.dump(key) for key in self.client.scan_iter()}


class TestEvents(HistoryContract):
    @pytest.fixture
    def system(self, redis_server: str, modules: Path) -> Queue:
        return Queue(redis_server, modules, "&jobs=none")

    def test_only_what_was_added_comes_with_the_next_reading(self, system: Queue) -> None:
        """A job is added by two events: `added` and `waiting`."""
        before = records(read(system.address))
        system.put(["o-9"])
        found = [
            orjson.loads(d) for p, d in records(read(system.address)).items() if p not in before
        ]

        assert [entry["fields"]["event"] for entry in found] == ["added", "waiting"]


class TestJobs(LiveContract):
    @pytest.fixture
    def system(self, redis_server: str, modules: Path) -> Queue:
        return Queue(redis_server, modules)

    def test_only_what_was_added_comes_with_the_next_reading(self, system: Queue) -> None:
        """As above, and the job itself."""
        before = records(read(system.address))
        system.put(["o-9"])
        found = [part for part, _ in records(read(system.address)).keys() - before.keys()]

        assert sorted(found) == [f"{QUEUE} (events)", f"{QUEUE} (events)", f"{QUEUE} (jobs)"]


def test_jobs_are_read_whole(redis_server: str) -> None:
    with pytest.raises(UsageError, match="max_records"):
        read(f"bullmq://{redis_server}/0?queue={QUEUE}&max_records=2")


def test_a_queue_that_is_not_there_is_answered_with_those_that_are(
    redis_server: str, modules: Path
) -> None:
    Queue(redis_server, modules)
    with pytest.raises(SourceError, match="no queue `none-such`") as raised:
        read(f"bullmq://{redis_server}/0?queue=none-such")

    assert QUEUE in raised.value.hint


def test_a_worker_killed_between_charge_and_completion_is_found(
    redis_server: str, modules: Path, tmp_path: Path
) -> None:
    queue = Queue(redis_server, modules)
    queue.client.flushall()
    queue.put(list(shop.ORDERS))
    host, port = redis_server.split(":")
    shop.run("bullmq", f"{host},{port},{modules}", tmp_path)

    assert shop.charged_twice(tmp_path) == {shop.CHARGED_TWICE}
    assert shop.accused(tmp_path, queue.address) == {shop.CHARGED_TWICE: "redelivery"}
