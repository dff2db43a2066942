"""Small data files for the tables of a case."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from forensics.store.case_store import CaseStore, Change
from forensics.store.schema import ACQUISITIONS, EVENTS, QUARANTINE

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


def quarantined(store: CaseStore, ids: list[str], *, source: str = "queue") -> Change:
    """A new data file of table `quarantine`, one row an id."""
    rows = [
        {
            "source": source,
            "source_position": identity,
            "acquisition_id": "a1",
            "reason": "not JSON",
        }
        for identity in ids
    ]
    return written(store, "quarantine", pa.Table.from_pylist(rows, QUARANTINE))


def events(store: CaseStore, ids: list[str], *, source: str = "queue") -> Change:
    """A new data file of table `events`, one row an id."""
    rows = [
        {
            "event_id": identity,
            "source": source,
            "source_position": identity,
            "acquisition_id": "a1",
            "occurred_at": AT,
            "kind": "effect",
            "phase": "single",
            "action": "charge.create",
            "outcome": "ok",
            "execution_id": identity,
        }
        for identity in ids
    ]
    return written(store, "events", pa.Table.from_pylist(rows, EVENTS))


def acquired(
    store: CaseStore, *, end: int, sha256: str = "0" * 64, part: str = "p1", source: str = "queue"
) -> Change:
    """A new data file of table `acquisitions` with one row, the cursor at byte `end`."""
    row = {field.name: _filling(field.type) for field in ACQUISITIONS if not field.nullable}
    row |= {
        "page": store.page + 1,
        "source": source,
        "part": part,
        "path": f"{part}.jsonl",
        "end_offset": end,
        "sha256": sha256,
    }
    return written(store, "acquisitions", pa.Table.from_pylist([row], ACQUISITIONS))


def written(store: CaseStore, table: str, rows: pa.Table) -> Change:
    """The rows as a new data file of the table."""
    path = store.new_file(table)
    pq.write_table(rows, path)
    return Change(table=table, add=[(path, rows.num_rows)])


def stored(folder: Path, table: str = "events") -> list[str]:
    """Positions of the rows that a reader sees in the table, sorted."""
    with CaseStore.open(folder, read_only=True) as store:
        files = store.files(table)
    return sorted(
        position
        for path in files
        for position in pq.read_table(path)["source_position"].to_pylist()
    )


def _filling(kind: pa.DataType) -> object:
    if pa.types.is_timestamp(kind):
        return AT
    return 0 if pa.types.is_integer(kind) else "x"


def opened(
    folder: Path,
    *,
    create: bool = True,
    read_only: bool = False,
    wait_s: float = 60,
    on_wait: Callable[[str], None] | None = None,
) -> int:
    """Open the case, close it again; the page it stood at."""
    with CaseStore.open(
        folder, create=create, read_only=read_only, wait_s=wait_s, on_wait=on_wait
    ) as store:
        return store.page
