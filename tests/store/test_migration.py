"""A case of an older version is brought up to date before anything else, whatever is killed."""

import shutil
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from forensics.store import custody, journal, version
from forensics.store.case_store import CaseStore, Change
from forensics.store.case_tables import CaseTables
from forensics.store.commit import steps_after
from forensics.store.custody import Chain
from forensics.store.engine import engine
from forensics.store.journal import Journal
from forensics.store.schema import CASE_VERSION, COVERAGE, TABLES
from forensics.store.verification import verify
from tests.store.rows import events, opened, stored, written

OLD_TABLES = {name: schema for name, schema in TABLES.items() if name != "runs"} | {
    "coverage": COVERAGE.remove(COVERAGE.get_field_index("control_total"))
}
"""Version 0, as far as this test is concerned: no table `runs`, no column `control_total`."""
ROW = {"source": "queue", "part": "p1", "page": 1, "state": "complete", "reason": ""}


@pytest.fixture(scope="module")
def made_with_version_0(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An old case with one commit, made by the tool as it would have been then."""
    folder = tmp_path_factory.mktemp("old") / "case"
    with pytest.MonkeyPatch.context() as then:
        then.setattr("forensics.store.commit.TABLES", OLD_TABLES)
        then.setattr("forensics.store.case_store.TABLES", OLD_TABLES)
        for module in ("version", "case_store"):
            then.setattr(f"forensics.store.{module}.CASE_VERSION", 0)
        with CaseStore.open(folder) as store:
            old = written(store, "coverage", pa.Table.from_pylist([ROW], OLD_TABLES["coverage"]))
            store.commit([old, events(store, ["1"])], what="ingest")
    return folder


@pytest.fixture
def old(made_with_version_0: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_with_version_0, tmp_path / "case"))


def totals(folder: Path, *, read_only: bool = False) -> list[dict[str, object]]:
    with CaseStore.open(folder, read_only=read_only) as store, engine() as connection:
        store.attach(connection)
        query = "SELECT part, control_total FROM coverage ORDER BY ALL"
        assert connection.sql("FROM runs").to_arrow_table().num_rows == 0
        return connection.sql(query).to_arrow_table().to_pylist()


def test_a_missing_column_reads_as_null_and_can_be_filled(old: Path) -> None:
    with CaseStore.open(old) as store:
        rows = [ROW | {"part": "p2", "control_total": 7}]
        store.commit(
            [written(store, "coverage", pa.Table.from_pylist(rows, COVERAGE))], what="ingest"
        )

    expected = [{"part": "p1", "control_total": None}, {"part": "p2", "control_total": 7}]
    assert totals(old) == expected
    table = DeltaTable(old / "coverage").to_pyarrow_table()
    assert sorted(table["control_total"].to_pylist(), key=str) == [7, None]
    assert orjson.loads((old / "case.json").read_bytes()) == {
        "version": CASE_VERSION,
        "first_version": 0,
    }
    assert [
        orjson.loads(line)["what"] for line in (old / custody.FILE).read_bytes().splitlines()
    ] == [
        "create",
        "ingest",
        "migrate",
        "ingest",
    ]
    assert verify(old).differences == ()


def test_an_old_case_can_be_read_without_being_changed(old: Path) -> None:
    before = (old / custody.FILE).read_bytes()

    assert totals(old, read_only=True) == [{"part": "p1", "control_total": None}]
    assert before == (old / custody.FILE).read_bytes()
    assert verify(old).differences == ()


def test_a_migration_that_was_killed_at_any_step_is_finished(old: Path, tmp_path: Path) -> None:
    content = version.content(old)
    entry = Journal(
        page=2,
        what="migrate",
        at=journal.now(),
        files={version.FILE: custody.hashlib.sha256(content).hexdigest()},
        schema_version=CASE_VERSION,
    )
    for count in range(len(TABLES) + 5):
        folder = Path(shutil.copytree(old, tmp_path / f"killed{count}"))
        entry.write(folder)
        steps = steps_after(entry, CaseTables(folder), Chain.read(folder))
        for _, step in zip(range(count), steps, strict=False):
            step()

        assert opened(folder) == 2
        assert totals(folder) == [{"part": "p1", "control_total": None}]
        assert verify(folder).differences == ()


def test_a_commit_that_an_older_tool_left_is_finished_first(old: Path) -> None:
    path = old / "events" / "00000002-0123456789ab.parquet"
    (source,) = (old / "events").glob("*.parquet")
    shutil.copyfile(source, path)
    change = Change(table="events", add=[(path, pq.read_metadata(path).num_rows)])
    Journal.of(old, [change], page=2, what="ingest").write(old)

    assert opened(old) == 3
    assert stored(old) == ["1", "1"]
    assert verify(old).differences == ()
