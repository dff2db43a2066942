"""Databases of workflow platforms: known by their tables, read as the executions they hold.

A row of theirs changes until its run has ended, so that they are read whole each time: a row that
stands as it did is known, and one that changed is another witness of the same execution.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson

from connectors.live.flatted import unflattened
from connectors.live.pages import Budget, PartPages, as_they_stand
from connectors.live.payload import carried
from forensics.model.record import KnownPart, Notice, Page

Row = dict[str, object]
Columns = Mapping[str, Collection[str]]
"""The columns of each table."""

_ZONELESS = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Rows of a platform, joined to what they are about.

    Attributes:
        name: The table that they stand in; the part's name.
        needs: The tables that are read, and the columns by which they are known.
        query: Gives the rows, in SQLite and in PostgreSQL.
        key: The columns that tell each row from the others.
        made: Changes a row into what the platform's own exports say.
        forgets: Why rows go, where the platform removes some; their numbers then count from 1.
    """

    name: str
    needs: Columns
    query: str
    key: Sequence[str] = ("id",)
    made: Callable[[Row], None] = lambda _: None
    forgets: str = ""

    def is_in(self, columns: Columns) -> bool:
        """Whether a database has what it needs."""
        return all(
            name in columns and set(wanted) <= set(columns[name])
            for name, wanted in self.needs.items()
        )

    def record(self, row: Row) -> tuple[str, object]:
        """Place and document of a row."""
        key = "/".join(str(row[name]) for name in self.key)
        self.made(row)
        document = {name: _plain(value) for name, value in row.items()}
        digest = hashlib.sha256(orjson.dumps(document)).hexdigest()[:16]
        return f"{key}@{digest}", document


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform.

    Attributes:
        title: What people call it.
        views: What is read of its database.
    """

    title: str
    views: Sequence[View]


def platform_of(columns: Columns) -> Platform | None:
    """Whose database it is, and what of it is there; None where it is somebody else's."""
    for platform in PLATFORMS:
        views = [view for view in platform.views if view.is_in(columns)]
        if views:
            return Platform(title=platform.title, views=views)
    return None


def platform_pages(
    platform: Platform,
    rows: Callable[[str], Iterator[Row]],
    known: Sequence[KnownPart],
    budget: Budget,
) -> Iterator[Page | Notice]:
    """What a platform's database holds.

    Args:
        platform: Whose it is.
        rows: Gives the rows of a query.
        known: As of `Connector.pages`.
        budget: Of the source.
    """
    names = ", ".join(f"`{view.name}`" for view in platform.views)
    yield Notice(
        part=platform.views[0].name,
        state="noted",
        sentence=f"This is a database of {platform.title}: {names} are read as its executions;"
        " `?table=NAME` reads a table as it is.",
    )
    for view in platform.views:
        found = (view.record(row) for row in rows(view.query))
        parts = PartPages(view.name, known)
        yield from as_they_stand(found, parts, budget, coverage=_coverage(view, rows))


def _coverage(view: View, rows: Callable[[str], Iterator[Row]]) -> tuple[str, str]:
    if not view.forgets:
        return "complete", ""
    query = f"SELECT max(id) AS last, count(*) AS there FROM {view.name}"
    (row,) = rows(query)
    last, there = (int(str(row[name] or 0)) for name in ("last", "there"))
    if last <= there:
        return "complete", ""
    return "expired", (
        f"{last - there:,} of {last:,} rows of `{view.name}` are not there: {view.forgets}."
    )


def _plain(value: object) -> object:
    """JSON in a text as JSON, times with the zone that platforms leave out, bytes as digits."""
    if isinstance(value, bytes):
        return value.hex()
    if not isinstance(value, str):
        return value
    if _ZONELESS.fullmatch(value):
        return f"{value}+00:00"
    return carried(value.encode()) if value[:1] in {"{", "["} else value


def _execution(row: Row) -> None:
    """An execution as n8n's API gives it: its data opened, of its workflow the name alone."""
    workflow = row.pop("workflowData", None)
    with suppress(ValueError):
        found = orjson.loads(workflow) if isinstance(workflow, str) else workflow
        if isinstance(found, dict):
            row["workflowData"] = {name: found.get(name) for name in ("id", "name", "versionId")}
    text = row["data"]
    if isinstance(text, str):
        # In an object in any case: a list would be taken for a page of executions.
        row["data"] = {"flatted": text}
        with suppress(ValueError, RecursionError):
            row["data"] = unflattened(text)


N8N = Platform(
    title="n8n",
    views=(
        View(
            name="execution_entity",
            needs={
                "execution_entity": ("id", "workflowId", "mode", "retryOf"),
                "execution_data": ("executionId", "data", "workflowData"),
            },
            query='SELECT e.*, d."data", d."workflowData" FROM execution_entity AS e'
            ' LEFT JOIN execution_data AS d ON d."executionId" = e."id"',
            made=_execution,
            forgets="n8n keeps 10,000 executions for 14 days unless it is told otherwise, and may"
            " be told not to keep those that succeed",
        ),
    ),
)

# What the states of runs say, the events say again: of a flow run its row is read, which has its
# parameters, of a task run its events, which have each try, or its row where they have expired.
PREFECT = Platform(
    title="Prefect",
    views=(
        View(
            name="flow_run",
            needs={
                "flow": ("id", "name"),
                "flow_run": ("id", "flow_id", "state_type", "run_count"),
            },
            query="SELECT r.*, f.name AS flow_name FROM flow_run AS r"
            " LEFT JOIN flow AS f ON f.id = r.flow_id",
        ),
        View(
            name="task_run",
            needs={"task_run": ("id", "task_key", "run_count"), "events": ("resource_id",)},
            query="SELECT r.* FROM task_run AS r WHERE NOT EXISTS (SELECT 1 FROM events AS e"
            " WHERE e.resource_id = 'prefect.task-run.' || CAST(r.id AS TEXT))",
        ),
        View(
            name="events",
            needs={"events": ("id", "occurred", "event", "resource_id", "follows")},
            query="SELECT * FROM events WHERE event NOT LIKE 'prefect.flow-run.%'",
        ),
    ),
)

AIRFLOW = Platform(
    title="Airflow",
    views=(
        View(
            name="dag_run",
            needs={"dag_run": ("id", "dag_id", "run_id", "run_type", "state")},
            query="SELECT * FROM dag_run",
        ),
        View(
            name="task_instance",
            needs={"task_instance": ("dag_id", "run_id", "task_id", "map_index", "try_number")},
            query="SELECT * FROM task_instance",
            key=("dag_id", "run_id", "task_id", "map_index"),
        ),
        View(
            name="task_instance_history",
            needs={"task_instance_history": ("dag_id", "run_id", "task_id", "try_number")},
            query="SELECT * FROM task_instance_history",
            key=("dag_id", "run_id", "task_id", "map_index", "try_number"),
        ),
        View(
            name="log",
            needs={"log": ("id", "dttm", "dag_id", "event", "owner", "extra")},
            query="SELECT * FROM log",
        ),
    ),
)

DAGSTER = Platform(
    title="Dagster",
    views=(
        View(
            name="runs",
            needs={"runs": ("id", "run_id", "pipeline_name", "run_body", "status")},
            query="SELECT * FROM runs",
        ),
        View(
            name="event_logs",
            needs={"event_logs": ("id", "run_id", "event", "dagster_event_type", "step_key")},
            query="SELECT * FROM event_logs",
        ),
    ),
)

PLATFORMS: tuple[Platform, ...] = (AIRFLOW, DAGSTER, N8N, PREFECT)
