"""Kills ingests of a live source while its writers go on: nothing is lost, nothing is there twice.

    uv run python -m benchmarks.reach.live_kills [KILLS]

Each ingest is a process of its own that gets a SIGKILL at a random moment of its run; the last one
may finish. What the case then holds is compared with what the source holds, place by place.
"""

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.reach.rates import body, served
from connectors import registry
from forensics.case.case import Case
from forensics.model.record import Page, SourceSpec
from tests.connectors.live.servers import found

KILLS = 50
_INGEST = "from forensics.cli.main import main; main()"


def killed(address: str, write: Callable[[], object], folder: Path, *, kills: int) -> int:
    """Kill so many ingests of a source; the number of records that it holds in the end.

    Args:
        address: The source.
        write: Adds some records to it.
        folder: Where the case is made.
        kills: How many ingests are killed.

    Raises:
        AssertionError: The case lacks a record of the source, or has one twice.
    """
    moments = random.Random(kills)
    done = threading.Event()

    def going_on() -> None:
        while not done.is_set():
            write()
            time.sleep(0.01)

    writer = threading.Thread(target=going_on)
    writer.start()
    command = [sys.executable, "-c", _INGEST, "ingest", f"queue={address}"]
    command += ["--case", str(folder / "case")]
    try:
        takes_s = _run(command, None)
        for _ in range(kills):
            _run(command, moments.uniform(0.3, 1.1) * takes_s)
    finally:
        done.set()
        writer.join()
    _run(command, None)
    source = registry.connector(SourceSpec(name="queue", address=address))
    there = sum(page.records.num_rows for page in source.pages([]) if isinstance(page, Page))
    query = "SELECT count(*), count(DISTINCT event_id), count(DISTINCT source_position) FROM events"
    assert Case(folder / "case", registry).sql(query).rows() == [(there, there, there)]
    return there


def _run(command: list[str], kill_after_s: float | None) -> float:
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=kill_after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    else:
        assert process.returncode == 0
    return time.monotonic() - begun


def main(kills: int) -> None:
    """Kill ingests of a Redis stream."""
    import redis  # noqa: PLC0415 - only the source that is killed needs its library

    with (
        served(found("redis-server"), "--port", "{port}", "--save", "") as port,
        tempfile.TemporaryDirectory() as folder,
    ):
        client = redis.Redis(port=port)
        numbers = iter(range(10**9))

        def write() -> None:
            for _ in range(100):
                client.xadd("orders", {"event": body(next(numbers))})

        address = f"redis://127.0.0.1:{port}/0?stream=orders"
        there = killed(address, write, Path(folder), kills=kills)
    print(f"{kills} kills: {there:,} records, each stored once")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else KILLS)
