"""Other tools can read the tables of a case, however many commits it has had."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable

from forensics.store.case_store import CaseStore, Change
from forensics.store.engine import engine
from forensics.store.schema import ACQUISITIONS, EVENTS, TABLES
from forensics.store.verification import verify
from tests.store.rows import AT, acquired, events, opened, stored

FULL_ROW = """
    SELECT
        'e1' AS event_id, 'pay''ments' AS source, '0' AS source_position, 1::INTEGER AS source_part,
        'a1' AS acquisition_id, TIMESTAMPTZ '2026-11-01 12:00:00.000001+00' AS occurred_at,
        'effect' AS kind, 'single' AS phase, 'charge.create' AS action, 'ok' AS outcome,
        'e1' AS execution_id, true AS reversible, 12.3400::DECIMAL(18, 4) AS amount,
        [{'type': 'order', 'id': 'o1', 'role': NULL}] AS related, ['status'] AS fields,
        [{'name': 'status', 'before': 1::BIGINT, 'after': NULL}] AS changes,
        {'mode': 'exclusive', 'expires_at': TIMESTAMPTZ '2026-11-01 12:00:00+00',
         'fencing_token': '7'} AS lock,
        (-9223372036854775808)::BIGINT AS payload_hash
"""
"""One event with every kind of type, as DuckDB writes it."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("delta") / "case"
    with CaseStore.open(folder) as store, engine() as connection:
        path = store.new_file("events")
        empty = EVENTS.empty_table()
        connection.register("shape", empty)
        connection.execute(
            f"COPY (FROM shape UNION ALL BY NAME {FULL_ROW}) TO '{path}' (FORMAT parquet)"
        )
        written = Change(table="events", add=[(path, 1)])
        store.commit([written, acquired(store, end=5)], what="ingest")
    return folder


def test_delta_readers_see_the_declared_types(case: Path) -> None:
    for name, schema in TABLES.items():
        table = DeltaTable(case / name).to_pyarrow_table()

        assert table.schema.names == schema.names
        for field in schema:
            read = table.schema.field(field.name)
            assert read.nullable == field.nullable, field
            assert comparable(read.type) == comparable(field.type), field


def comparable(kind: pa.DataType) -> str:
    """Readers choose the width of strings and the names of list elements."""
    words = str(kind).replace("large_", "").replace("_view", "").replace(" not null", "")
    return words.replace("element:", "item:")


def test_delta_readers_see_the_values(case: Path) -> None:
    (row,) = DeltaTable(case / "events").to_pyarrow_table().to_pylist()

    assert row["amount"] == Decimal("12.3400")
    assert row["occurred_at"] == AT.replace(microsecond=1)
    assert row["payload_hash"] == -(2**63)
    assert row["related"] == [{"type": "order", "id": "o1", "role": None}]
    assert row["changes"] == [{"name": "status", "before": 1, "after": None}]
    assert row["lock"] == {"mode": "exclusive", "expires_at": AT, "fencing_token": "7"}
    assert row["fields"] == ["status"]
    assert row["cause_id"] is None


def test_polars_scans_the_tables(case: Path) -> None:
    frame = pl.scan_delta(str(case / "events")).collect()

    assert frame["amount"].to_list() == [Decimal("12.3400")]
    assert frame.schema["occurred_at"] == pl.Datetime("us", "UTC")
    assert frame.height == 1
    assert pl.scan_delta(str(case / "acquisitions")).collect().height == 1


def test_a_map_survives_the_way_through_duckdb(case: Path) -> None:
    with CaseStore.open(case, read_only=True) as store, engine() as connection:
        store.attach(connection)
        table = connection.sql("FROM acquisitions").to_arrow_table()

    assert table.schema.field("ignored_by_name").type.equals(
        ACQUISITIONS.field("ignored_by_name").type
    )


def test_the_engine_knows_how_large_a_table_is_before_it_reads_it(tmp_path: Path) -> None:
    """Of two sides of a join it keeps the one in memory that it takes for the smaller."""
    with CaseStore.open(tmp_path / "case") as store, engine() as connection:
        store.commit([events(store, [str(number) for number in range(500)])], what="ingest")
        store.attach(connection)
        plan = connection.execute("EXPLAIN (FORMAT json) FROM events").fetchall()[0][1]

    assert '"Estimated Cardinality": "500"' in plan


def test_the_log_counts_rows(case: Path) -> None:
    actions = pa.table(DeltaTable(case / "events").get_add_actions(flatten=True))

    assert actions["num_records"].to_pylist() == [1]


@pytest.mark.parametrize("column", ["event_id", "effect_id", "natural_key"])
def test_delta_readers_find_the_rows_that_they_ask_for(tmp_path: Path, column: str) -> None:
    """Some columns are counted by the log, some are not, and a file may lack some."""
    with CaseStore.open(tmp_path / "case") as store, engine() as connection:
        for source, also in (("a", "NULL::VARCHAR"), ("b", "CASE WHEN i > 0 THEN 'x' END")):
            path = store.new_file("events")
            connection.execute(
                f"COPY (SELECT '{source}' AS source, {also} AS {column} FROM range(3) AS r(i))"
                f" TO '{path}' (FORMAT parquet)"
            )
            store.commit([Change(table="events", add=[(path, 3)])], what="ingest")

    dataset = DeltaTable(tmp_path / "case" / "events").to_pyarrow_dataset()
    field, scanned = ds.field(column), pl.scan_delta(str(tmp_path / "case" / "events"))
    asked = [
        (field == "x", pl.col(column) == "x"),
        (field.is_valid(), pl.col(column).is_not_null()),
    ]
    for ours, theirs in asked:
        assert dataset.count_rows(filter=ours) == 2
        assert scanned.filter(theirs).collect().height == 2
    assert dataset.count_rows(filter=field.is_null()) == 4


def test_hundreds_of_commits_keep_every_row_file_and_digest(tmp_path: Path) -> None:
    folder, commits = tmp_path / "case", 210
    with CaseStore.open(folder) as store:
        for number in range(commits):
            source = f"s{number % 3}"
            store.commit([events(store, [f"{number}"], source=source)], what="ingest")
    checkpoints = sorted((folder / "events" / "_delta_log").glob("*.checkpoint.parquet"))
    with CaseStore.open(folder) as store:
        assert len(store.files_of_source("events", "s1")) == commits // 3
        store.commit(
            [Change(table="events", remove=store.files_of_source("events", "s1"))], what="ingest"
        )
        assert store.files_of_source("events", "s1") == []

    assert [int(path.name.split(".")[0]) for path in checkpoints] == list(range(25, 201, 25))
    assert opened(folder) == commits + 1
    assert len(stored(folder)) == 2 * commits // 3
    table = DeltaTable(folder / "events").to_pyarrow_table()
    assert pc.count_distinct(table["event_id"]).as_py() == 2 * commits // 3
    assert verify(folder).differences == ()


def test_a_data_file_may_lack_columns_that_none_of_its_rows_fills(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    with CaseStore.open(folder) as store, engine() as connection:
        paths = []
        for source, more in (
            ("a", "'k1' AS operation_key"),
            ("b", "12.5::DECIMAL(18, 4) AS amount"),
        ):
            path = store.new_file("events")
            connection.execute(f"""
                COPY (SELECT '{source}1' AS event_id, '{source}' AS source, '0' AS source_position,
                    'a1' AS acquisition_id, 'effect' AS kind, 'single' AS phase, 'pay' AS action,
                    'ok' AS outcome, 'r' AS execution_id, {more}) TO '{path}' (FORMAT parquet)""")
            paths.append((path, 1))
        written = Change(table="events", add=paths)
        store.commit([written, acquired(store, end=5)], what="ingest")
        store.attach(connection)
        viewed = connection.execute(
            "SELECT event_id, operation_key, amount FROM events ORDER BY ALL"
        ).fetchall()

    expected = [("a1", "k1", None), ("b1", None, Decimal("12.5"))]
    scanned = pl.scan_delta(str(folder / "events")).sort("event_id")
    read = DeltaTable(folder / "events").to_pyarrow_table().sort_by("event_id")
    names = ["event_id", "operation_key", "amount"]
    assert viewed == expected
    assert scanned.select(names).collect().rows() == expected
    assert [tuple(row.values()) for row in read.select(names).to_pylist()] == expected
    assert read.schema.names == EVENTS.names
