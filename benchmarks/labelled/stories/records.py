"""How the stories read and write records: what a store's own log tells of it."""

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.stage import Entity, Stage


def read(stage: Stage, seconds: float, record: Entity, run: str, **columns: object) -> Fact:
    """Read a record."""
    return stage.note(
        seconds, "read", "record.read", run=run, entity=record, transaction_id=f"tx-{run}",
        **({"vantage": "database"} | columns),
    )  # fmt: skip


def write(stage: Stage, seconds: float, record: Entity, run: str, **columns: object) -> Fact:
    """Write a record."""
    filled = {
        "write_kind": "update", "after_hash": stage.hash(record, run), "vantage": "database",
    }  # fmt: skip
    return stage.note(
        seconds, "write", "record.save", run=run, entity=record, transaction_id=f"tx-{run}",
        **(filled | columns),
    )  # fmt: skip


def serial(stage: Stage, number: int) -> dict[str, object]:
    """The place in a statement log that needs no clock."""
    return {"source_stream": f"store-{stage.label}", "source_seq": 1000 + number}
