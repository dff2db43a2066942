"""Celery's monitoring events, as `app.events.Receiver` hands them over.

Shapes after https://docs.celeryq.dev/en/stable/userguide/monitoring.html#event-reference.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sample_data.identifiers import Identifiers
from sample_data.moments import later, microseconds

_PROCESS_OF = {"web-1@shop": 3104, "worker-1@shop": 2210, "worker-2@shop": 2214}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task; `args` is the Python text of its arguments, as Celery logs it."""

    uuid: str
    name: str
    args: str
    root_id: str
    parent_id: str | None
    eta: datetime | None = None


@dataclass(slots=True)
class CeleryLog:
    """Collects events; `lines` gives them as the monitor received them."""

    ids: Identifiers
    events: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)

    def task(
        self, name: str, *args: object, parent: Task | None = None, eta: datetime | None = None
    ) -> Task:
        """Return a new task, caused by `parent` or a root of its own."""
        uuid = self.ids.uuid("task")
        root_id = parent.root_id if parent else uuid
        parent_id = parent.uuid if parent else None
        return Task(
            uuid=uuid, name=name, args=repr(args), root_id=root_id, parent_id=parent_id, eta=eta
        )

    def run(
        self,
        task: Task,
        at: datetime,
        *,
        host: str = "worker-1@shop",
        runtime: float = 0.42,
        result: str | None = None,
        retries: int = 0,
    ) -> datetime:
        """Add a run to its success and return when it ended.

        Only the web server has `task_send_sent_event` on, as is common: what a task starts is
        not logged as sent.
        """
        if task.parent_id is None:
            self.sent(task, at)
        begun = self.begin(task, later(at, 0.004), host=host, retries=retries)
        ended = later(begun, runtime)
        self.succeed(task, ended, host=host, runtime=runtime, result=result)
        return ended

    def sent(self, task: Task, at: datetime) -> None:
        """The client put the task in the queue."""
        detail = self._described(task, 0) | {
            "queue": "celery", "exchange": "", "routing_key": "celery",
        }  # fmt: skip
        self._add("task-sent", at, "web-1@shop", detail)

    def begin(self, task: Task, at: datetime, *, host: str, retries: int = 0) -> datetime:
        """A worker took the task from the queue and started it; return the start."""
        self._add("task-received", at, host, self._described(task, retries))
        self._add("task-started", later(at, 0.002), host, {"uuid": task.uuid})
        return later(at, 0.002)

    def succeed(
        self, task: Task, at: datetime, *, host: str, runtime: float, result: str | None
    ) -> None:
        """The task returned; `result` is what it returned, logged as Python text."""
        detail = {"uuid": task.uuid, "result": repr(result), "runtime": runtime}
        self._add("task-succeeded", at, host, detail)

    def retry(self, task: Task, at: datetime, *, host: str, error: str) -> None:
        """The task raised `Retry`: it goes back to the queue with one more retry."""
        self._add("task-retried", at, host, self._raised(task, error))

    def fail(self, task: Task, at: datetime, *, host: str, error: str) -> None:
        """The task raised and gave up."""
        self._add("task-failed", at, host, self._raised(task, error))

    def heartbeat(self, at: datetime, host: str, processed: int) -> None:
        """A worker says that it is alive."""
        load = [round(0.2 + processed % 7 / 10, 2), 0.5, 0.4]
        detail = {
            "freq": 3600.0, "active": 0, "processed": processed, "loadavg": load,
            "sw_ident": "py-celery", "sw_ver": "5.5.3", "sw_sys": "Linux",
        }  # fmt: skip
        self._add("worker-heartbeat", at, host, detail)

    def lines(self) -> list[dict[str, Any]]:
        """Return the events, oldest first, with the logical clock that Celery counts."""
        ordered = sorted(self.events, key=lambda pair: pair[0])
        return [event | {"clock": 1200 + n} for n, (_, event) in enumerate(ordered)]

    def _add(self, kind: str, at: datetime, host: str, detail: dict[str, Any]) -> None:
        event = {"hostname": host, "utcoffset": 0, "pid": _PROCESS_OF[host], "clock": 0}
        seen = {
            "timestamp": microseconds(at) / 1e6, "type": kind,
            "local_received": microseconds(later(at, 0.0013)) / 1e6,
        }  # fmt: skip
        self.events.append((at, event | detail | seen))

    @staticmethod
    def _described(task: Task, retries: int) -> dict[str, Any]:
        return {
            "uuid": task.uuid, "name": task.name, "args": task.args, "kwargs": "{}",
            "root_id": task.root_id, "parent_id": task.parent_id, "retries": retries,
            "eta": task.eta.isoformat() if task.eta else None, "expires": None,
        }  # fmt: skip

    @staticmethod
    def _raised(task: Task, error: str) -> dict[str, Any]:
        trace = f"Traceback (most recent call last):\n  in {task.name}\n{error}"
        return {"uuid": task.uuid, "exception": error, "traceback": trace}
