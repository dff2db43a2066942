"""A commit stopped after any of its steps is finished, or undone, by whoever opens the case."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model.errors import CaseError
from forensics.store import custody
from forensics.store.case_store import CaseStore, Change
from forensics.store.verification import verify
from tests.store.rows import acquired, events, opened, quarantined, stored

STEPS = 8  # journal, documents, three tables and the cursor, custody, journal away


def page(store: CaseStore, number: int) -> list[Change]:
    return [
        events(store, [f"{number}a", f"{number}b"]),
        quarantined(store, [f"{number}q"]),
        quarantined(store, [f"{number}r"]),
        acquired(store, end=number),
    ]


def stop_after(folder: Path, count: int) -> int:
    """Begin the commit of page 2 and stop after so many steps; how many it has."""
    with CaseStore.open(folder) as store:
        document = store.new_document(Path("report/findings.json"))
        document.write_text("{}")
        steps = store.steps(page(store, 2), what="ingest", files=[document])
        for step in steps[:count]:
            step()
        store._handed_out.clear()  # a killed process tidies nothing up
    return len(steps)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    with CaseStore.open(folder) as store:
        store.commit(page(store, 1), what="ingest")
    return folder


def test_a_commit_is_whole_or_absent_after_a_stop_at_any_step(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    total, count = 1, 0
    while count <= total:
        folder = tmp_path_factory.mktemp("stopped") / "case"
        with CaseStore.open(folder) as store:
            store.commit(page(store, 1), what="ingest")
        total = stop_after(folder, count)
        with CaseStore.open(folder) as store:
            reached = store.page

        assert reached == (2 if count else 1)
        expected = ["1a", "1b"] + (["2a", "2b"] if count else [])
        assert stored(folder) == expected
        assert len(stored(folder, "quarantine")) == 2 * reached
        assert (folder / "report" / "findings.json").exists() == (count > 0)
        verdict = verify(folder)
        assert (verdict.differences, verdict.leftovers) == ((), ())
        count += 1
    assert total == STEPS - 1


@settings(max_examples=15)
@given(stops=st.lists(st.integers(min_value=0, max_value=STEPS - 1), min_size=1, max_size=5))
def test_many_stops_in_a_row_lose_and_repeat_nothing(
    tmp_path_factory: pytest.TempPathFactory, stops: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("stops") / "case"
    expected: list[str] = []
    for number, count in enumerate(stops):
        with CaseStore.open(folder) as store:
            steps = store.steps([events(store, [f"e{number}"])], what="ingest")
            for step in steps[:count]:
                step()
        expected += [f"e{number}"] if count else []

    opened(folder)
    assert stored(folder) == sorted(expected)
    assert verify(folder).differences == ()


def test_a_reader_sees_no_commit_that_is_half_done(case: Path) -> None:
    for count in range(STEPS):
        stop_after(case, count)
        seen = stored(case)

        with CaseStore.open(case, read_only=True) as store:
            cursor = store.page
        assert len(seen) == 2 * cursor
        assert len(stored(case, "quarantine")) == 2 * cursor
        if count:
            opened(case)  # so that the next stop meets a settled case


def test_a_snapshot_stays_as_it_was_while_another_process_goes_on(case: Path) -> None:
    with CaseStore.open(case, read_only=True) as reader:
        with CaseStore.open(case) as writer:
            writer.commit(page(writer, 2), what="ingest")

        assert reader.page == 1
        assert len(reader.files("events")) == 1
    assert len(stored(case)) == 4


def test_a_torn_custody_line_is_written_again_whole(case: Path) -> None:
    stop_after(case, STEPS - 2)
    chain = case / custody.FILE
    whole = chain.read_bytes()
    journal = (case / "journal.json").read_bytes()
    start = whole.rfind(b"\n", 0, -1) + 1
    for cut in range(start, len(whole), 97):
        chain.write_bytes(whole[:cut])
        (case / "journal.json").write_bytes(journal)
        opened(case)

        assert verify(case).differences == ()
        assert chain.read_bytes() == whole


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_log_files_that_a_power_cut_tore_are_written_again(case: Path, share: float) -> None:
    stop_after(case, STEPS - 3)
    for path in case.glob("*/_delta_log/00000000000000000002.json"):
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])
    (case / "events" / "_delta_log" / "_last_checkpoint").write_bytes(b"")
    opened(case)

    assert stored(case) == ["1a", "1b", "2a", "2b"]
    assert verify(case).differences == ()


def test_what_a_killed_process_left_is_removed(case: Path) -> None:
    rubbish = [
        case / "events" / "00000002-0123456789ab.parquet",
        case / "events" / "_delta_log" / "00000000000000000002.json#1",
        case / "journal.json.new",
        case / ".staging" / "report" / "report.html",
    ]
    for path in rubbish:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")

    assert len(verify(case).leftovers) == 4
    opened(case)
    assert [path for path in rubbish if path.exists()] == []
    assert verify(case).leftovers == ()


def test_files_that_were_handed_out_and_not_used_go_when_the_case_is_closed(case: Path) -> None:
    with CaseStore.open(case) as store:
        events(store, ["never committed"])
        store.commit([events(store, ["2a"])], what="ingest")

    assert len(list((case / "events").glob("*.parquet"))) == 2


def test_a_full_disk_is_said_and_the_case_goes_on(case: Path) -> None:
    full = case / "journal.json.new"
    full.symlink_to("/dev/full")
    with CaseStore.open(case) as store:
        full.symlink_to("/dev/full")  # opening removed the first one
        with pytest.raises(CaseError, match="full; nothing that was stored is lost"):
            store.commit(page(store, 2), what="ingest")
        full.unlink()
        store.commit(page(store, 2), what="ingest")

    assert len(stored(case)) == 4
    assert verify(case).differences == ()


def test_a_commit_that_failed_is_finished_by_the_next_one(case: Path) -> None:
    with CaseStore.open(case) as store:
        for step in store.steps(page(store, 2), what="ingest")[:3]:
            step()
        store.commit(page(store, 3), what="ingest")

    assert stored(case) == ["1a", "1b", "2a", "2b", "3a", "3b"]
    assert verify(case).differences == ()


def test_a_file_with_fewer_rows_than_were_counted_is_refused(case: Path) -> None:
    with CaseStore.open(case) as store:
        (path, rows), *_ = events(store, ["2a"]).add
        with pytest.raises(CaseError, match="holds 1 rows; 2 were to be stored"):
            store.commit([Change(table="events", add=[(path, rows + 1)])], what="ingest")


def test_the_files_of_a_source_are_replaced_in_one_commit(case: Path) -> None:
    with CaseStore.open(case) as store:
        store.commit([events(store, ["x"], source="it's")], what="ingest")
        old = store.files_of_source("events", "queue")
        fresh = events(store, ["1a", "1c"])
        store.commit([Change(table="events", add=fresh.add, remove=old)], what="ingest")

        assert [path for path, _ in fresh.add] == store.files_of_source("events", "queue")
        assert len(store.files_of_source("events", "it's")) == 1
        assert store.files_of_source("events", "que") == []
    assert stored(case) == ["1a", "1c", "x"]
    assert verify(case).differences == ()


def test_a_data_file_of_two_sources_is_refused(case: Path) -> None:
    with CaseStore.open(case) as store:
        paths = [
            change.add[0][0] for change in (events(store, ["2"]), events(store, ["3"], source="z"))
        ]
        mixed = store.new_file("events")
        pq.write_table(pa.concat_tables([pq.read_table(path) for path in paths]), mixed)
        with pytest.raises(CaseError, match="rows of `queue` and of `z`"):
            store.commit([Change(table="events", add=[(mixed, 2)])], what="ingest")


KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from forensics.store.case_store import CaseStore
from tests.store.rows import acquired, events

with CaseStore.open(Path(sys.argv[1])) as store:
    steps = store.steps([events(store, ["k"]), acquired(store, end=9)], what="ingest")
    for step in steps[: int(sys.argv[2])]:
        step()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_a_killed_process_holds_no_lock(case: Path, count: int) -> None:
    child = subprocess.run(
        [sys.executable, "-c", KILLED_IN_THE_MIDDLE, str(case), str(count)], check=False
    )

    assert child.returncode == -signal.SIGKILL
    with CaseStore.open(case, wait_s=0) as store:
        assert store.page == (2 if count else 1)
    assert verify(case).differences == ()


Tamper = Callable[[Path], None]


def delete_journal(case: Path) -> None:
    (case / "journal.json").unlink()


def flip_journal(case: Path) -> None:
    content = bytearray((case / "journal.json").read_bytes())
    content[len(content) // 2] ^= 1
    (case / "journal.json").write_bytes(content)


@pytest.mark.parametrize("tamper", [delete_journal, flip_journal])
def test_a_journal_that_was_tampered_with_is_not_followed(case: Path, tamper: Tamper) -> None:
    stop_after(case, 3)
    tamper(case)

    with pytest.raises(CaseError):
        opened(case)
    assert verify(case).differences != ()
