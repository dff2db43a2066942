"""What the views over the data files of a case show."""

from pathlib import Path

import pyarrow as pa

from forensics.store.case_store import CaseStore
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
