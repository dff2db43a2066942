"""Celery's monitoring events: a run of a task is received, started, and ends in one of three ways.

https://docs.celeryq.dev/en/stable/userguide/monitoring.html#event-reference
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.formats.canonical import Written
from sample_data.identifiers import Identifiers, content_hash
from sample_data.moments import later, microseconds


def write(facts: Sequence[Fact]) -> Written:
    """Three events a fact; Celery's own retry is told by the attempt being more than the first."""
    tasks = {fact.columns["execution_id"]: _task_of(fact) for fact in facts}
    clock = 1200
    for fact in facts:
        for at, kind, detail in _life(fact, tasks):
            clock += 1
            host = fact.columns.get("actor", "worker-1@tasks")
            yield fact, at, {
                "hostname": host, "utcoffset": 0, "pid": 2210, "clock": clock,
                "uuid": tasks[fact.columns["execution_id"]], **detail, "type": kind,
                "timestamp": microseconds(at) / 1e6, "local_received": microseconds(at) / 1e6,
            }  # fmt: skip


def _life(fact: Fact, tasks: dict[str, str]) -> list[tuple[datetime, str, dict[str, Any]]]:
    columns = fact.columns
    about = columns.get("entity_id")
    cause = columns.get("cause_id")
    uuid = tasks[columns["execution_id"]]
    described = {
        "name": columns["action"], "args": repr((about,)) if about else "()", "kwargs": "{}",
        "retries": columns.get("attempt", 1) - 1, "eta": None, "expires": None,
        "parent_id": tasks.get(cause, _uuid(cause)) if cause else None,
        "root_id": _uuid(columns["trace_id"]) if "trace_id" in columns else uuid,
    }  # fmt: skip
    ended = columns.get("ended_at") or fact.at + timedelta(seconds=0.4)
    life = [
        (later(fact.at, -0.004), "task-received", described),
        (fact.at, "task-started", {}),
    ]
    if columns["outcome"] == "pending":  # the worker was killed
        return life
    if columns["outcome"] == "ok":
        runtime = (ended - fact.at).total_seconds()
        answer = {"result": repr(columns.get("effect_id")), "runtime": runtime}
        return [*life, (ended, "task-succeeded", answer)]
    kind = "task-failed" if fact.payload.get("gave_up") else "task-retried"
    error = f"{columns.get('error', 'Error')}('{columns.get('error_kind', 'failed')}')"
    return [*life, (ended, kind, {"exception": error, "traceback": error})]


def _task_of(fact: Fact) -> str:
    """The message is the task; without its id every run has one of its own."""
    return _uuid(fact.columns.get("delivery_id", fact.columns["execution_id"]))


def _uuid(name: str) -> str:
    return str(UUID(Identifiers(content_hash(name)).uuid("task")))
