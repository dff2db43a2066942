"""An outbox with two dispatchers: what its own log of dispatches shows, against the receiver."""

import gzip
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import orjson
import pytest

from connectors import registry
from forensics.case.case import Case
from forensics.model.record import SourceSpec
from tests.connectors.live.database_servers import (
    PostgresqlDatabase,
    postgresql,
    postgresql_server,
)

__all__ = ["postgresql", "postgresql_server"]
RECORDING = Path(__file__).parents[2] / "data" / "recordings" / "sqlite_outbox"
TRUTH = orjson.loads((RECORDING / "truth.json").read_bytes())
NOT_IN_THE_LOG = "crash-004"
"""Its dispatcher was killed before it could note the first of the two sendings."""


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    folder = tmp_path_factory.mktemp("outbox")
    (folder / "app.db").write_bytes(gzip.decompress((RECORDING / "app.db.gz").read_bytes()))
    return accused(f"sqlite://{folder}/app.db?table=dispatch_log", folder)


def accused(address: str, folder: Path) -> dict[str, set[str]]:
    """Detector to the events of the outbox that it accuses."""
    case = Case(folder / "case", registry)
    formats = (str(RECORDING / "dispatches.toml"),)
    (account,) = case.ingest([SourceSpec(name="dispatches", address=address, formats=formats)])
    assert account.events
    kinds = {finding.finding_id: finding.detector for finding in case.audit().findings}
    found: dict[str, set[str]] = {}
    rows = case.sql("""
        SELECT DISTINCT finding_id, operation_key FROM evidence JOIN events USING (event_id)
        WHERE role IN ('original', 'duplicate')""")
    for row in rows.iter_rows(named=True):
        found.setdefault(kinds[row["finding_id"]], set()).add(row["operation_key"])
    return found


def told(kind: str) -> list[dict[str, Any]]:
    return [fault for fault in TRUTH["findings"] if fault["kind"] == kind]


def test_what_two_dispatchers_sent_twice_is_found_and_nothing_else(
    findings: dict[str, set[str]],
) -> None:
    twice = told("duplicate_side_effect")
    visible = {fault["keys"][-1] for fault in twice if fault["keys"][0] != NOT_IN_THE_LOG}

    assert len(twice) == len(visible) + 1
    assert findings["duplicate_side_effect"] == visible


def test_what_was_refused_again_and_again_is_a_storm(findings: dict[str, set[str]]) -> None:
    assert findings["retry_storm"] == {fault["keys"][-1] for fault in told("retry_storm")}


def dispatch(database: PostgresqlDatabase, *, locking: str) -> Counter[str]:
    """Let two dispatchers empty an outbox; how often the receiver got each event."""
    database.run(
        "CREATE TABLE outbox (id bigserial PRIMARY KEY, event_id uuid DEFAULT gen_random_uuid(),"
        " sent_at timestamptz)",
        "CREATE TABLE dispatch_log (id bigserial PRIMARY KEY, outbox_id bigint, event_id uuid,"
        " dispatcher text, attempt int, http_status int, response text,"
        " started_at timestamptz DEFAULT clock_timestamp(),"
        " finished_at timestamptz DEFAULT clock_timestamp())",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        "INSERT INTO outbox (sent_at) SELECT NULL FROM generate_series(1, 12)",
    )
    received: Counter[str] = Counter()
    both_have_looked = Barrier(2)

    def work(name: str) -> None:
        with (
            closing(database.connect(name, autocommit=False)) as connection,
            closing(connection.cursor()) as cursor,
        ):
            cursor.execute(
                "SELECT id, event_id::text FROM outbox"
                f" WHERE sent_at IS NULL ORDER BY id LIMIT 6 {locking}"
            )
            mine = cursor.fetchall()
            both_have_looked.wait()
            for number, event in mine:
                received[event] += 1
                cursor.execute(
                    "INSERT INTO dispatch_log (outbox_id, event_id, dispatcher, attempt,"
                    " http_status, response)"
                    f" VALUES ({number}, '{event}', '{name}', 1, 200, 'mail queued')"
                )
                cursor.execute(f"UPDATE outbox SET sent_at = clock_timestamp() WHERE id = {number}")
            connection.commit()

    with ThreadPoolExecutor(2) as dispatchers:
        list(dispatchers.map(work, ("disp-1", "disp-2")))
    return received


@pytest.mark.service
@pytest.mark.xdist_group("postgresql")
@pytest.mark.parametrize(("locking", "times"), [("", 2), ("FOR UPDATE SKIP LOCKED", 1)])
def test_two_dispatchers_of_one_table_are_told_from_two_that_lock_their_rows(
    postgresql: PostgresqlDatabase, tmp_path: Path, locking: str, times: int
) -> None:
    received = dispatch(postgresql, locking=locking)
    found = accused(postgresql.address("?table=dispatch_log"), tmp_path)

    assert set(received.values()) == {times}
    assert found == ({"duplicate_side_effect": set(received)} if times > 1 else {})
