"""What the views over the data files of a case show."""

from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from deltalake.transaction import AddAction

from forensics.store import tables
from forensics.store.case_store import CaseStore, Change
from forensics.store.engine import engine
from forensics.store.schema import EVENTS
from tests.store.rows import opened, written


def test_rows_that_were_stored_as_production_are_live(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    opened(folder)
    names = ["production", "PROD", "live", "staging", None]
    rows = [
        {
            "event_id": str(place),
            "source": "shop",
            "source_position": str(place),
            "acquisition_id": "a1",
            "kind": "effect",
            "phase": "single",
            "action": "charge",
            "outcome": "ok",
            "execution_id": str(place),
            "environment": name,
        }
        for place, name in enumerate(names)
    ]
    with CaseStore.open(folder) as store, engine() as connection:
        store.commit([written(store, "events", pa.Table.from_pylist(rows, EVENTS))], what="ingest")
        store.attach(connection)

        shown = connection.sql("SELECT environment FROM events ORDER BY event_id").fetchall()

    assert [name for (name,) in shown] == ["live", "live", "live", "staging", None]


NOTHING = "NULL::VARCHAR"
EMPTY = {
    "natural_key": NOTHING,
    "fields": "NULL::VARCHAR[]",
    "related": "NULL::STRUCT(type VARCHAR, id VARCHAR, role VARCHAR)[]",
    "approval": "NULL::STRUCT(id VARCHAR, subject_hash VARCHAR, expires_at TIMESTAMPTZ)",
}
SOMETHING = {
    "natural_key": "'INV-1'",
    "fields": "[]::VARCHAR[]",
    "related": "[{'type': NULL::VARCHAR, 'id': NULL::VARCHAR, 'role': NULL::VARCHAR}]",
    "approval": (
        "{'id': NULL::VARCHAR, 'subject_hash': NULL::VARCHAR, 'expires_at': NULL::TIMESTAMPTZ}"
    ),
}
"""Values beside null; a footer, which counts the innermost nulls, seldom tells them apart."""


@pytest.mark.parametrize("column", EMPTY)
@pytest.mark.parametrize("first", ["filled", "empty", "lacking"])
@pytest.mark.parametrize("second", ["filled", "empty", "lacking"])
def test_only_columns_that_hold_nothing_are_not_read(
    tmp_path: Path, column: str, first: str, second: str
) -> None:
    folder = tmp_path / "case"
    opened(folder)
    with CaseStore.open(folder) as store, engine() as connection:
        for source, way in (("a", first), ("b", second)):
            path = store.new_file("events")
            held = {"filled": f", {SOMETHING[column]} AS {column}", "lacking": ""}
            written_as = held.get(way, f", {EMPTY[column]} AS {column}")
            connection.execute(
                f"COPY (SELECT '{source}' AS source{written_as} FROM range(3)) TO '{path}'"
                " (FORMAT parquet)"
            )
            store.commit([Change(table="events", add=[(path, 3)])], what="ingest")
        store.attach(connection)

        query = f"SELECT list({column}) FROM events"
        read = connection.sql(f"EXPLAIN {query}").fetchall()[0][1]
        [(shown,)] = connection.sql(query).fetchall()

    filled = (first, second).count("filled")
    assert len([value for value in shown if value is not None]) == 3 * filled
    assert (column in read.split("Read Parquet")[-1]) == (filled > 0)


@pytest.mark.parametrize("said", [None, {"numRecords": 1}])
def test_of_a_file_of_which_the_log_says_less_every_column_is_read(
    tmp_path: Path, said: dict[str, int] | None
) -> None:
    """As files are that other tools, and older versions of this one, have added."""
    tables.make(tmp_path, "events", EVENTS)
    counted = {"numRecords": 1, "nullCount": {"natural_key": 1}}
    for name, stats in (("a", counted), ("b", said)):
        file = AddAction(
            path=f"{name}.parquet",
            size=1,
            partition_values={},
            modification_time=1,
            data_change=True,
            stats=None if stats is None else orjson.dumps(stats).decode(),
        )
        table = tables.load(tmp_path, "events")
        table.create_write_transaction([file], mode="append", schema=table.schema())
        known = tables.empty_columns(tables.load(tmp_path, "events"))
        assert known == ({"natural_key"} if name == "a" else set())
