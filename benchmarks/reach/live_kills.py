"""Kills ingests of a live source while its writers go on: nothing is lost, nothing is there twice.

    uv run python -m benchmarks.reach.live_kills [--kills 50] [SOURCE…]

Each ingest is a process of its own that gets a SIGKILL at a random moment of its reading, with two
writers at work; the last one may finish. Truth is what the writers wrote: every order must be
there, and once.
"""

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.reach.live_sources import SOURCES, LiveOrders, Write
from benchmarks.results import keep
from connectors import registry
from forensics.case.case import Case
from forensics.store import journal
from forensics.store.custody import head
from forensics.store.verification import verify

PAGE_RECORDS = 1_000
"""Of a page and of a commit, so that many of them come between two kills."""

_LARGE = 10_000
"""Of the ingest that may finish, to which the killed ones may have left much."""

_BACKLOG = 5 * PAGE_RECORDS
_AT_ONCE = 100
_PAUSE_S = 0.5
"""Of a writer: commits of so few records are slower than writers that never rest."""
_WRITERS = 2
_INGEST = """
from connectors.live import pages
from forensics.case import intake
from forensics.cli.main import main
pages.PAGE_RECORDS = intake.BATCH_RECORDS = {records}
print("ready", flush=True)
main()
"""
_FOUND = r"""
    SELECT
        count(*) AS events,
        count(DISTINCT event_id) AS ids,
        count(DISTINCT source_position) AS places,
        count(DISTINCT regexp_extract(raw, '"o-(\d+)"', 1)) AS orders
    FROM events"""


def killed(orders: LiveOrders, folder: Path, *, kills: int, seed: int = 1) -> dict[str, object]:
    """Kill so many ingests of a source that is written to, and let one finish.

    Args:
        orders: The source; empty.
        folder: Where the case is made.
        kills: How many ingests are killed.
        seed: Of the moments.

    Raises:
        AssertionError: The case lacks an order, has one twice, or is not what was stored.
    """
    moments, seen, case = random.Random(seed), Counter[str](), folder / "case"
    orders.write(range(_BACKLOG))

    def ingest(records: int, *, kill_after_s: float | None = None) -> float | None:
        command = [sys.executable, "-c", _INGEST.format(records=records)]
        command += ["ingest", f"log={orders.address}", "--case", str(case)]
        return _run(command, kill_after_s=kill_after_s)

    with _writing(orders.write, start=_BACKLOG) as numbers:
        takes_s = ingest(PAGE_RECORDS) or 0
        while seen["kills"] < kills:
            if ingest(PAGE_RECORDS, kill_after_s=moments.uniform(0, takes_s)) is None:
                seen["kills"] += 1
                seen["kills inside a commit"] += (case / journal.FILE).exists()
    written = next(numbers)
    ingest(_LARGE)
    found = Case(case, registry).sql(_FOUND).rows()
    assert found == [(written,) * 4], f"{written:,} were written, and there are {found}"
    verdict = verify(case, expect=head(case))
    assert (verdict.differences, verdict.leftovers) == ((), ()), verdict
    return {"orders": written, "quiet_ingest_s": round(takes_s, 2), **seen}


@contextmanager
def _writing(write: Write, *, start: int) -> Iterator["itertools.count[int]"]:
    """Writers at work until the block is left; the next number that nobody has written."""
    numbers, turn = itertools.count(start), threading.Lock()
    done = threading.Event()

    def go_on() -> None:
        while not done.wait(_PAUSE_S):
            with turn:
                some = [next(numbers) for _ in range(_AT_ONCE)]
            write(range(some[0], some[-1] + 1))

    writers = [threading.Thread(target=go_on) for _ in range(_WRITERS)]
    for writer in writers:
        writer.start()
    try:
        yield numbers
    finally:
        done.set()
        for writer in writers:
            writer.join()


def _run(command: list[str], *, kill_after_s: float | None = None) -> float | None:
    """Let an ingest run so long from when it begins to read; its seconds, None when it was killed.

    Raises:
        AssertionError: It failed by itself.
    """
    with (
        tempfile.TemporaryFile("w+") as told,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told) as child,
    ):
        assert child.stdout
        assert child.stdout.readline() == b"ready\n"
        begun = time.monotonic()
        try:
            code = child.wait(timeout=kill_after_s)
        except subprocess.TimeoutExpired:
            child.kill()
            return None
        told.seek(0)
        assert code == 0, f"{code}: {told.read()}"
        return time.monotonic() - begun


def main() -> None:
    """Kill, print and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", default=list(SOURCES), metavar="SOURCE")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where to keep the result instead")
    arguments = parser.parse_args()
    found = {}
    for name in arguments.sources:
        with SOURCES[name]() as orders, tempfile.TemporaryDirectory() as folder:
            found[name] = killed(orders, Path(folder), kills=arguments.kills, seed=arguments.seed)
        print(f"{name}: {found[name]}", flush=True)
    keep(
        "live_kills",
        out=arguments.out,
        claim="every order that was written is there, once; custody green",
        parameters={"kills": arguments.kills, "page": PAGE_RECORDS, "seed": arguments.seed},
        result=found,
    )


if __name__ == "__main__":
    main()
