"""Databases of workflow platforms: known by their tables, read as executions, nothing twice."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors import registry
from connectors.live.flatted import unflattened
from forensics.case.case import Case
from forensics.model.errors import UsageError
from forensics.model.record import Notice, Page, SourceSpec
from tests.connectors.live.contract import known_after, read, records
from tests.connectors.live.database_servers import (
    PostgresqlDatabase,
    postgresql,
    postgresql_server,
)

__all__ = ["postgresql", "postgresql_server"]

RECORDED = Path(__file__).parents[2] / "data" / "platforms"

_N8N = (
    (
        'CREATE TABLE execution_entity ("id" INTEGER PRIMARY KEY, "workflowId" VARCHAR(36),'
        ' "finished" BOOLEAN, "mode" VARCHAR, "retryOf" VARCHAR, "retrySuccessId" VARCHAR,'
        ' "startedAt" {time}, "stoppedAt" {time}, "waitTill" {time}, "status" VARCHAR,'
        ' "deletedAt" {time}, "createdAt" {time})'
    ),
    (
        'CREATE TABLE execution_data ("executionId" INTEGER PRIMARY KEY, "workflowData" {json},'
        ' "data" TEXT, "workflowVersionId" VARCHAR(36))'
    ),
    "CREATE TABLE credentials_entity (id INTEGER PRIMARY KEY, data TEXT)",
    "INSERT INTO credentials_entity VALUES (1, 'hidden')",
)
_WORKFLOW = '{"id": "wf1", "name": "charge order", "nodes": [{"apiKey": "hidden"}]}'


def flatted(value: Any) -> str:
    """As n8n writes it: the library's own algorithm."""
    places: list[Any] = []
    known: dict[str, int] = {}

    def place(item: Any) -> str:
        key = f"s{item}" if isinstance(item, str) else f"o{id(item)}"
        if key not in known:
            known[key] = len(places)
            places.append(None)
            places[known[key]] = item if isinstance(item, str) else inner(item)
        return str(known[key])

    def inner(item: Any) -> Any:
        if isinstance(item, dict):
            return {name: by_place(part) for name, part in item.items()}
        return [by_place(part) for part in item]

    def by_place(item: Any) -> Any:
        return place(item) if isinstance(item, str | dict | list) else item

    place(value)
    return json.dumps(places)


def _ran(order: str, parent: str = "") -> str:
    item = {"json": {"headers": {"x": "0"}, "body": {"order": order}}}
    data: dict[str, Any] = {
        "resultData": {
            "runData": {"Webhook": [{"source": [], "data": {"main": [[item]]}, "executionTime": 3}]}
        }
    }
    if parent:
        data["parentExecution"] = {"executionId": parent, "workflowId": "wf0"}
    return flatted(data)


def _executions() -> list[tuple[list[Any], str]]:
    """Rows of both tables: a delivery that failed, its retry, a call of it, and one that runs."""

    def row(number: int, mode: str, status: str, retry_of: str | None = None) -> list[Any]:
        begun, ended = f"2026-03-01 10:00:{number:02}.250", f"2026-03-01 10:00:{number + 1:02}.500"
        over = None if status == "running" else ended
        done = status == "success"
        return [number, "wf1", done, mode, retry_of, None, begun, over, None, status, None, begun]

    return [
        (row(4, "webhook", "error"), _ran("o-1")),
        (row(6, "retry", "success", "4"), _ran("o-1")),
        (row(7, "integrated", "success", None), _ran("o-2", parent="6")),
        (row(9, "webhook", "running"), "[]"),
    ]


def _n8n(run: Callable[[str], object], *, time: str = "TEXT", document: str = "TEXT") -> None:
    def literal(value: Any) -> str:
        if value is None or isinstance(value, bool):
            return {None: "NULL", True: "true", False: "false"}[value]
        return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"

    for statement in _N8N:
        run(statement.replace("{time}", time).replace("{json}", document))
    for row, data in _executions():
        run(f"INSERT INTO execution_entity VALUES ({', '.join(map(literal, row))})")
        values = [row[0], _WORKFLOW, data, "v1"]
        run(f"INSERT INTO execution_data VALUES ({', '.join(map(literal, values))})")


def _database(path: Path, *names: str) -> str:
    with closing(sqlite3.connect(path)) as database:
        for name in names:
            database.executescript((RECORDED / f"{name}.sql").read_text())
    return f"sqlite://{path}"


def _stored(folder: Path, *sources: str) -> Case:
    case = Case(folder / "case", registry)
    for account in case.ingest(list(sources)):
        assert (account.quarantined, account.failed) == (0, False)
    return case


N8N_READ = [
    ("n8n/4", "charge order", "error", None, None, True, "2026-03-01 10:00:04.25+00"),
    ("n8n/6", "charge order", "ok", "n8n/4", None, True, "2026-03-01 10:00:06.25+00"),
    ("n8n/7", "charge order", "ok", None, "n8n/6", True, "2026-03-01 10:00:07.25+00"),
    ("n8n/9", "charge order", "pending", None, None, False, "2026-03-01 10:00:09.25+00"),
]
_N8N_QUERY = (
    "SELECT execution_id, action, outcome, previous_execution_id, cause_id,"
    " payload_hash IS NOT NULL AS opened, occurred_at::VARCHAR AS time FROM events ORDER BY time"
)


@pytest.fixture
def n8n(tmp_path: Path) -> str:
    path = tmp_path / "database.sqlite"
    with closing(sqlite3.connect(path)) as database:
        _n8n(database.execute)
        database.commit()
    return f"sqlite://{path}"


def test_executions_of_n8n_are_read_with_their_data(n8n: str, tmp_path: Path) -> None:
    case = _stored(tmp_path, f"n8n={n8n}")

    assert case.sql(_N8N_QUERY).rows() == N8N_READ
    assert case.sql("SELECT count(DISTINCT payload_hash) FROM events").item() == 2
    assert not case.sql("SELECT 1 FROM events WHERE raw LIKE '%hidden%'").height


@pytest.mark.service
@pytest.mark.xdist_group("postgresql")
def test_n8n_on_postgresql_is_read_as_on_sqlite(
    postgresql: PostgresqlDatabase, tmp_path: Path
) -> None:
    _n8n(postgresql.run, time="TIMESTAMPTZ(3)", document="JSON")
    postgresql.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    case = _stored(tmp_path, f"n8n={postgresql.address('')}")

    assert case.sql(_N8N_QUERY).rows() == N8N_READ


def test_what_n8n_pruned_is_told(n8n: str, tmp_path: Path) -> None:
    (page,) = read(n8n)

    assert page.coverage == "expired"
    assert page.coverage_reason.startswith("5 of 9 rows of `execution_entity` are not there: n8n")


def test_an_execution_that_ends_later_is_the_same_one(n8n: str, tmp_path: Path) -> None:
    case = _stored(tmp_path, f"n8n={n8n}")
    with closing(sqlite3.connect(n8n.removeprefix("sqlite://"))) as database:
        ended = "status = 'success', stoppedAt = '2026-03-01 10:00:10.000'"
        database.execute(f"UPDATE execution_entity SET {ended} WHERE id = 9")
        database.commit()
    (account,) = case.ingest([f"n8n={n8n}"])
    rows = case.sql(
        "SELECT occurrence_id, list(outcome ORDER BY outcome) FROM events"
        " WHERE execution_id = 'n8n/9' GROUP BY ALL"
    ).rows()

    assert account.events == 1
    assert rows == [("wf1/9", ["ok", "pending"])]


def test_reading_again_gives_nothing_new(n8n: str, tmp_path: Path) -> None:
    first = read(n8n)

    assert records(read(n8n, known_after(first))) == records(first)


def test_a_table_that_is_named_is_read_as_it_is(n8n: str) -> None:
    (page,) = read(f"{n8n}?table=credentials_entity")

    assert page.records["document"].to_pylist() == [b'{"id":1,"data":"hidden"}']


def test_it_is_told_whose_database_it_is(n8n: str) -> None:
    items = registry.connector(SourceSpec(name="", address=n8n)).pages(())
    notice, page = items

    assert isinstance(notice, Notice)
    assert isinstance(page, Page)
    assert notice.sentence.startswith("This is a database of n8n: `execution_entity` are read")
    with pytest.raises(UsageError, match="max_records"):
        read(f"{n8n}?max_records=1")


def test_prefect_counts_no_try_twice(tmp_path: Path) -> None:
    case = _stored(tmp_path, f"prefect={_database(tmp_path / 'prefect.db', 'prefect')}")
    tries = case.sql(
        "SELECT count(*) FROM events WHERE kind = 'attempt' AND phase = 'start' GROUP BY"
        " execution_id ORDER BY 1"
    )
    runs = case.sql(
        "SELECT action, count(*), count(DISTINCT payload_hash) FROM events"
        " WHERE kind = 'trigger' GROUP BY ALL"
    )

    assert tries.rows() == [(1,), (1,), (3,)]
    assert runs.rows() == [("settle", 3, 2)]


def test_where_prefect_forgot_the_events_the_runs_are_read(tmp_path: Path) -> None:
    address = _database(tmp_path / "prefect.db", "prefect")
    with closing(sqlite3.connect(tmp_path / "prefect.db")) as database:
        database.execute("DELETE FROM events")
        database.commit()
    case = _stored(tmp_path, f"prefect={address}")
    tries = case.sql("SELECT attempt FROM events WHERE kind = 'attempt' ORDER BY 1").rows()

    assert tries == [(1,), (1,), (3,)]


def test_airflow_has_its_earlier_tries(tmp_path: Path) -> None:
    case = _stored(tmp_path, f"airflow={_database(tmp_path / 'airflow.db', 'airflow')}")
    tries = case.sql(
        "SELECT list(outcome ORDER BY attempt) AS outcomes FROM events WHERE kind = 'attempt'"
        " GROUP BY operation_key ORDER BY len(outcomes)"
    )
    runs = case.sql(
        "SELECT count(*), count(DISTINCT payload_hash) FROM events WHERE kind='trigger'"
    )

    assert tries.rows() == [(["ok"],), (["ok"],), (["error", "error", "ok"],)]
    assert runs.rows() == [(3, 2)]


def test_dagster_s_index_says_nothing_twice(tmp_path: Path) -> None:
    names = ("dagster_runs", "dagster_run", "dagster_index")
    case = _stored(tmp_path, *(f"{n}={_database(tmp_path / f'{n}.db', n)}" for n in names))
    run = "61443cf0-1ec3-46ed-bd54-9c2bd01d5fee"
    ends = case.sql(
        "SELECT count(*), count(DISTINCT occurrence_id) FROM events WHERE kind = 'trigger'"
        f" AND phase = 'end' AND execution_id = '{run}'"
    )
    tries = case.sql(
        "SELECT action, count(*) FROM events WHERE kind = 'attempt' AND phase = 'start'"
        " GROUP BY ALL"
    )

    assert ends.rows() == [(2, 1)]
    assert tries.rows() == [("charge", 3)]


def test_a_database_of_somebody_s_own_is_read_table_by_table(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "app.db")) as database:
        database.execute("CREATE TABLE runs (id INTEGER PRIMARY KEY, status TEXT)")
        database.execute("CREATE TABLE log (id INTEGER PRIMARY KEY, event TEXT)")
        database.execute("INSERT INTO runs VALUES (1, 'ok')")
        database.commit()

    assert [p.records["document"].to_pylist() for p in read(f"sqlite://{tmp_path}/app.db")] == [
        [b'{"id":1,"status":"ok"}']
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (flatted({"a": ["b", {"c": 1}], "d": None}), {"a": ["b", {"c": 1}], "d": None}),
        ('[{"self":"0","x":"1"},"y"]', {"self": None, "x": "y"}),
        ('["text"]', "text"),
    ],
)
def test_flatted_json_is_read_as_what_it_was(text: str, said: object) -> None:
    assert unflattened(text) == said


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", '[{"a":"7"}]', '[{"a":"-1"}]', '[{"a":"x"}]', "no JSON"],
)
def test_what_is_not_flatted_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the reason
        unflattened(text)


def test_flatted_json_that_grows_without_end_is_refused() -> None:
    doubling = [[str(n + 1), str(n + 1)] for n in range(60)] + ["x"]
    chain = [[str(n + 1)] for n in range(5000)] + ["x"]
    for places in (doubling, chain):
        with pytest.raises(ValueError):  # noqa: PT011 - likewise
            unflattened(orjson.dumps(places).decode())
