"""Opening a case: made whole or not at all, one writer, no surprises about the folder."""

import subprocess
import sys
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from forensics.model.errors import CaseError
from forensics.store import custody
from forensics.store.case_store import CaseStore
from forensics.store.case_tables import CaseTables
from forensics.store.commit import steps_after
from forensics.store.engine import engine
from forensics.store.journal import Journal
from forensics.store.schema import CASE_VERSION, EVENTS, TABLES
from forensics.store.verification import verify
from tests.store.rows import events, opened, stored


def test_a_new_case_has_all_tables_and_one_step(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "case"
    with CaseStore.open(folder) as store:
        assert store.page == 0

    for name in TABLES:
        assert DeltaTable(folder / name).version() == 0
    assert len(custody.Chain.read(folder).digests) == 1
    assert verify(folder).differences == ()


def test_a_creation_that_was_killed_at_any_step_is_finished(tmp_path: Path) -> None:
    made = tmp_path / "made"
    opened(made)
    entry = Journal(
        page=0,
        what="create",
        at="2026-11-01T00:00:00+00:00",
        files={"case.json": custody.file_digest(made / "case.json")},
        schema_version=CASE_VERSION,
    )
    for count in range(len(TABLES) + 5):
        folder = tmp_path / f"killed{count}"
        folder.mkdir()
        entry.write(folder)
        steps = steps_after(entry, CaseTables(folder), custody.Chain(folder=folder))
        for _, step in zip(range(count), steps, strict=False):
            step()
        with CaseStore.open(folder) as store:
            store.commit([events(store, ["1"])], what="ingest")

        assert stored(folder) == ["1"]
        assert verify(folder).differences == ()


def test_half_a_table_folder_is_made_whole(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    content = orjson.dumps({"version": CASE_VERSION, "first_version": CASE_VERSION})
    (folder / "events" / "_delta_log").mkdir(parents=True)
    (folder / "events" / "_delta_log" / "00000000000000000000.json#1").write_bytes(b"{")
    Journal(
        page=0,
        what="create",
        at="2026-11-01T00:00:00+00:00",
        files={"case.json": custody.hashlib.sha256(content).hexdigest()},
        schema_version=CASE_VERSION,
    ).write(folder)
    opened(folder)

    assert verify(folder).differences == ()


def test_a_missing_case_is_made_only_when_asked(tmp_path: Path) -> None:
    for read_only in (False, True):
        with pytest.raises(CaseError, match="There is no case") as caught:
            opened(tmp_path / "case", create=False, read_only=read_only)
        assert "forensics ingest" in caught.value.hint
    assert not (tmp_path / "case").exists()


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(CaseError, match=r"is not a case: it holds `thesis.tex`"):
        opened(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_not_a_case(tmp_path: Path) -> None:
    (tmp_path / "case").write_text("x")
    with pytest.raises(CaseError, match="is a file"):
        opened(tmp_path / "case")


@pytest.mark.parametrize("name", ["back\\slash", "per%20cent", "new\nline"])
def test_a_path_that_delta_lake_misreads_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaseError, match="cannot lie in"):
        opened(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["sp ace", "it's", "a[1]", "st*r", "qu?st", "100%", "ha#sh", "ünï", 'dq"', "k=v", "$x"]
)
def test_a_case_works_in_a_folder_of_any_other_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    decoy = tmp_path / "star"
    with CaseStore.open(folder) as store:
        store.commit([events(store, ["1"])], what="ingest")
        (path,) = store.files("events")
        (decoy / "events").mkdir(parents=True)
        pq.write_table(pq.read_table(path), decoy / "events" / path.name)
        with engine() as connection:
            store.attach(connection)
            rows = connection.sql("FROM events").to_arrow_table()

    assert rows.column_names == EVENTS.names
    assert rows.num_rows == 1
    assert verify(folder).differences == ()


def test_a_second_process_is_told_who_writes(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from forensics.store.case_store import CaseStore\n"
        "with CaseStore.open(Path(sys.argv[1])): print('open', flush=True); sys.stdin.read()"
    )
    folder = tmp_path / "case"
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        told: list[str] = []
        with pytest.raises(CaseError, match=rf"Process {child.pid} on .* is writing to the case"):
            opened(folder, wait_s=0.3, on_wait=told.append)
        with CaseStore.open(folder, read_only=True) as reader:
            assert reader.page == 0
        assert len(told) == 1
        assert told[0].endswith("waiting.")
    opened(folder, wait_s=0)


def test_a_second_process_that_waits_gets_its_turn(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from forensics.store.case_store import CaseStore\n"
        "from tests.store.rows import events\n"
        "for n in range(5):\n"
        "    with CaseStore.open(Path(sys.argv[1])) as s:\n"
        "        s.commit([events(s, [f'{sys.argv[2]}{n}'])], what='ingest')"
    )
    folder = tmp_path / "case"
    children = [
        subprocess.Popen([sys.executable, "-c", script, str(folder), name]) for name in "xy"
    ]

    assert [child.wait(60) for child in children] == [0, 0]
    assert stored(folder) == [f"{name}{n}" for name in "xy" for n in range(5)]
    assert verify(folder).differences == ()


def test_a_newer_case_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    opened(folder)
    (folder / "case.json").write_bytes(orjson.dumps({"version": CASE_VERSION + 1}))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != ".lock"}
    for read_only in (True, False):
        with pytest.raises(CaseError, match="this tool knows up to") as caught:
            opened(folder, read_only=read_only)
        assert "newer event-forensics" in caught.value.hint

    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != ".lock"}
    assert before == after


def test_a_table_that_something_else_wrote_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    with CaseStore.open(folder) as store:
        store.commit([events(store, ["1"])], what="ingest")
    DeltaTable(folder / "events").delete()

    with pytest.raises(CaseError, match="Something else than this tool has written"):
        opened(folder)
    assert "events/_delta_log/00000000000000000002.json" in [
        difference.file for difference in verify(folder).differences
    ]


def test_nothing_is_written_through_a_case_opened_for_reading(tmp_path: Path) -> None:
    opened(tmp_path / "case")
    with (
        CaseStore.open(tmp_path / "case", read_only=True) as store,
        pytest.raises(CaseError, match="for reading only"),
    ):
        store.commit([], what="ingest")


def test_a_damaged_version_file_or_log_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    opened(folder)
    log = folder / "acquisitions" / "_delta_log" / "00000000000000000000.json"
    for path in (folder / "case.json", log):
        content = path.read_bytes()
        path.write_bytes(b"\x00" + content[1:])
        for read_only in (True, False):
            with pytest.raises(CaseError):
                opened(folder, read_only=read_only)
        path.write_bytes(content)
