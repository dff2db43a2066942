"""SIGKILL an ingest at random instants, over and over, then let one finish: nothing lost or twice.

    uv run python -m benchmarks.reach.kills

Each round reads the same made-up log into a new case with small pages, in a process of its own
that is killed at a random instant, started again, killed again, until it reaches the end. After
every kill the case is read as it stands: what a reader sees must be whole commits. A round that
reaches the end is counted record by record and verified. Rounds go on until there were enough
kills.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

import connectors.registry
from benchmarks.results import keep
from connectors.files.connector import Files
from connectors.files.limits import Limits
from forensics.case import intake
from forensics.case.case import Case
from forensics.model.record import Connector, Readable, SourceSpec
from forensics.store import journal
from forensics.store.case_store import CaseStore
from forensics.store.custody import head
from forensics.store.read_only import ask, read_only_engine
from forensics.store.verification import verify

SOURCE = "shop"
COUNTS = """
    SELECT
        (SELECT count(*) FROM events) AS events,
        (SELECT count(DISTINCT event_id) FROM events) AS ids,
        (SELECT count(DISTINCT effect_id) FROM events) AS effects,
        (SELECT coalesce(sum(records_read), 0)::BIGINT FROM acquisitions) AS read,
        (SELECT coalesce(sum(mapped), 0)::BIGINT FROM acquisitions) AS mapped,
        (SELECT count(*) FROM quarantine) AS quarantined
"""


class SmallPages:
    """The usual connectors and formats, but with so many records a commit."""

    def __init__(self, records: int) -> None:
        self._limits = Limits(page_bytes=1 << 20, page_records=records, chunk=1 << 16)

    def connector(self, spec: SourceSpec) -> Connector:
        """The connector that reads a source."""
        return Files(name=spec.name, address=spec.address, limits=self._limits)

    def open_again(self, address: str, path: str) -> AbstractContextManager[Readable]:
        """The content of a part that was read before."""
        return connectors.registry.open_again(address, path)

    def mapping_texts(self) -> Sequence[tuple[str, str]]:
        """Every format's mapping."""
        return connectors.registry.mapping_texts()

    def other_logs(self) -> str:
        """Which log shows what another cannot."""
        return connectors.registry.other_logs()


def read_in(case: Path, logs: Path, page: int) -> None:
    """The process that is killed: one ingest."""
    intake.BATCH_RECORDS = page
    print("ready", flush=True)
    Case(case, SmallPages(page)).ingest([SourceSpec(name=SOURCE, address=str(logs))])


def make_logs(folder: Path, *, records: int, files: int) -> None:
    """Write so many different canonical records as JSON lines, spread over the files."""
    folder.mkdir()
    for number in range(files):
        with (folder / f"{number}.jsonl").open("w") as handle:
            for index in range(number, records, files):
                event = {
                    "action": "charge.create",
                    "kind": "effect",
                    "outcome": "ok",
                    "occurred_at": f"2026-11-01T{index // 3600 % 24:02}:00:{index % 60:02}Z",
                    "effect_id": f"ch_{index}",
                    "operation_key": f"order-{index}",
                }
                handle.write(json.dumps(event) + "\n")


def start(case: Path, logs: Path, page: int) -> "subprocess.Popen[bytes]":
    """Start an ingest; returns once it has imported everything and begins."""
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "benchmarks.reach.kills",
            "--worker",
            str(case),
            str(logs),
            str(page),
        ],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    return child


def counts(case: Path) -> dict[str, int]:
    """What a reader sees."""
    with CaseStore.open(case, read_only=True) as store, read_only_engine(store) as connection:
        (row,) = ask(connection, COUNTS).to_pylist()
    return row


def check_whole(case: Path, seen: Counter[str]) -> None:
    """Whatever a kill left, a reader sees whole commits."""
    if (case / journal.FILE).exists():
        seen["kills inside a commit"] += 1
    if not (case / "case.json").exists():
        seen["kills before there was a case"] += 1
        return
    found = counts(case)
    assert found["events"] == found["ids"] == found["mapped"] == found["read"], found


def check_finished(case: Path, records: int) -> None:
    """Every record once, and custody green."""
    found = counts(case)
    whole = {"events", "ids", "effects", "read", "mapped"}
    assert {name: found[name] for name in whole} == dict.fromkeys(whole, records), found
    assert found["quarantined"] == 0, found
    verdict = verify(case, expect=head(case))
    assert (verdict.differences, verdict.leftovers) == ((), ()), verdict


def measured(arguments: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Kill and restart until there were enough kills; raises AssertionError on any loss."""
    logs = folder / "logs"
    make_logs(logs, records=arguments.records, files=arguments.files)
    began = time.monotonic()
    start(folder / "quiet", logs, arguments.page).communicate()
    quiet_s = time.monotonic() - began
    check_finished(folder / "quiet", arguments.records)

    chance = random.Random(arguments.seed)
    seen: Counter[str] = Counter()
    while seen["kills"] < arguments.kills:
        case = folder / f"case{seen['rounds that finished']}"
        finished = False
        while not finished:
            child = start(case, logs, arguments.page)
            try:
                wait = chance.uniform(0, quiet_s / 5) if seen["kills"] < arguments.kills else None
                finished = child.wait(wait) == 0
                assert finished, "the ingest failed by itself"
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                code = child.wait()
                finished = code == 0  # it reached the end in the last moment
                assert code in {0, -signal.SIGKILL}, f"the ingest failed by itself: {code}"
                seen["kills"] += not finished
                check_whole(case, seen)
        check_finished(case, arguments.records)
        seen["rounds that finished"] += 1
    return {"quiet_ingest_s": round(quiet_s, 2), "commits_a_round": _pages(folder), **seen}


def _pages(folder: Path) -> int:
    with CaseStore.open(folder / "quiet", read_only=True) as store:
        return store.page


def main() -> None:
    """Measure, print and keep the result."""
    if sys.argv[1:2] == ["--worker"]:
        read_in(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--page", type=int, default=2_000, help="records a commit")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where to keep the result instead")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        found = measured(arguments, Path(folder))
    path = keep(
        "kills",
        out=arguments.out,
        claim="all records there, once; custody green; readers saw whole commits",
        parameters={name: value for name, value in vars(arguments).items() if name != "out"},
        result=found,
    )
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
