"""How the stories start runs and let them write: what an engine and a store tell of it."""

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.stage import Entity, Stage

LOGS_OF_RUNS = ("canonical", "otlp", "cloudevents", "celery")


def start(
    stage: Stage,
    seconds: float,
    workflow: str,
    about: Entity,
    *,
    run: str,
    cause: str | None = None,
    root: str | None = None,
    **columns: object,
) -> Fact:
    """Start a run."""
    filled = {
        "system": "flows", "trigger_kind": "event", "lasts": 0.2, "vantage": "orchestrator",
        "delivery_id": f"d-{run}",
    }  # fmt: skip
    return stage.note(
        seconds, "trigger", workflow, run=run, entity=about, workflow=workflow, cause_id=cause,
        trace_id=root, **(filled | columns),
    )  # fmt: skip


def save(stage: Stage, seconds: float, about: Entity, *, run: str, **columns: object) -> Fact:
    """Let a run write a record; in a log of tasks there is no row for it."""
    filled = {
        "system": "flows", "write_kind": "update", "after_hash": stage.hash(about, run),
        "log": "canonical" if stage.log == "celery" else None,
    }  # fmt: skip
    return stage.note(seconds, "write", "record.save", run=run, entity=about, **(filled | columns))
