"""Accepting findings: they stay in the case and in the report, and no longer count."""

import getpass
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from forensics.model.acceptance import Acceptance
from forensics.model.errors import UsageError
from forensics.model.version import __version__
from forensics.store.case_store import CaseStore, Change
from forensics.store.schema import ACCEPTANCES

_NEWEST = """
    FROM acceptances
    QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY said_at DESC) = 1"""

_COMPARED = """
    CREATE OR REPLACE TEMP TABLE earlier_findings AS
    SELECT finding_id, problem_id, severity, 'accepted' AS status, events FROM ({newest})
    WHERE {which};
    CREATE OR REPLACE TEMP TABLE earlier_evidence AS
    SELECT finding_id, unnest(events) AS event_id FROM earlier_findings"""
"""With what `status.sql` compares, so that an accepted finding is known by its evidence."""

HOLDING = _COMPARED.format(
    newest=_NEWEST, which='NOT withdrawn AND coalesce("until" > now(), TRUE)'
)

# A detector has a temporary table `runs` of its own.
ENDED = _COMPARED.format(
    newest=_NEWEST,
    which="""CASE WHEN withdrawn THEN said_at WHEN "until" <= now() THEN "until" END
        > (SELECT max(run_at) FROM memory.main.runs)""",
)
"""What was withdrawn, or ran out, after the last run."""


def accept(
    store: CaseStore,
    connection: duckdb.DuckDBPyConnection,
    name: str,
    *,
    reason: str,
    until: datetime | None = None,
    withdraw: bool = False,
) -> list[Acceptance]:
    """Say of a finding of the last run, or of all of an incident's, that it is accepted or not.

    Args:
        store: Open for writing.
        connection: Has the tables of the case.
        name: Id of a finding or incident, or its beginning.
        reason: Why.
        until: When it is to count again, UTC.
        withdraw: Take an acceptance back.

    Raises:
        UsageError: Nothing or several things bear the name, or nothing of it was accepted.
    """
    now = datetime.now(UTC)
    found = _accepted(connection, name) if withdraw else _named(connection, name)
    said = {
        "reason": reason,
        "until": until,
        "withdrawn": withdraw,
        "said_by": f"{getpass.getuser()}@{platform.node()}",
        "said_at": now,
        "tool_version": __version__,
    }
    rows = [finding | said for finding in found]
    path = store.new_file("acceptances")
    pq.write_table(pa.Table.from_pylist(rows, ACCEPTANCES), path, compression="zstd")
    change = Change(table="acceptances", add=[(path, len(rows))])
    store.commit([change], what="withdraw" if withdraw else "accept")
    return [_acceptance(row) for row in rows]


def acceptances(connection: duckdb.DuckDBPyConnection) -> list[Acceptance]:
    """The newest word on each finding that was ever accepted, newest first."""
    rows = connection.sql(f"FROM ({_NEWEST}) ORDER BY said_at DESC, finding_id")
    return [_acceptance(row) for row in rows.to_arrow_table().to_pylist()]


def statuses_now(
    document: Mapping[str, Any], said: Sequence[Acceptance], now: datetime
) -> dict[str, str]:
    """Finding id to its status, of those on which there is a word since the run.

    Args:
        document: The run, as `findings.json` has it.
        said: The newest word on each finding.
        now: UTC.
    """
    run_at = datetime.fromisoformat(document["run"]["at"])
    words = {one.finding_id: one for one in said}
    changed = {}
    for finding in document["findings"]:
        name, status = finding["finding_id"], finding["status"]
        since = status_now(status, run_at, words.get(name), now)
        if since != status:
            changed[name] = since
    return changed


def status_now(status: str, run_at: datetime, word: Acceptance | None, now: datetime) -> str:
    """What a finding is since the newest word on it.

    Args:
        status: What it was in a run.
        run_at: When that was, UTC.
        word: The newest on the finding, if there is any.
        now: UTC.
    """
    if word and word.holds(now):
        return "accepted" if word.said_at > run_at else status
    # It has to be looked at, as in a run.
    return "growing" if word and status == "accepted" else status


def _acceptance(row: dict[str, Any]) -> Acceptance:
    kept = {key: row[key] for key in Acceptance.__dataclass_fields__}
    return Acceptance(**kept | {"events": len(row["events"])})


def _named(connection: duckdb.DuckDBPyConnection, name: str) -> Sequence[dict[str, Any]]:
    rows = _rows(connection, _LAST_FINDINGS, name)
    incidents = {row.pop("incident_id") for row in rows}
    exact = [row for row in rows if row["finding_id"] == name]
    by_id = exact or [row for row in rows if row["finding_id"].startswith(name)]
    if len(by_id) == 1 and (exact or len(rows) == 1):
        return by_id
    if not rows:
        raise UsageError(
            f"The last audit has no finding or incident `{name}`.",
            hint="`forensics show` lists them.",
        )
    if len(incidents) == 1 and next(iter(incidents)).startswith(name):
        return rows
    raise UsageError(f"`{name}` is the beginning of {len(rows)} findings: write more of it.")


def _accepted(connection: duckdb.DuckDBPyConnection, name: str) -> Sequence[dict[str, Any]]:
    incident = [row["finding_id"] for row in _rows(connection, _LAST_FINDINGS, name)]
    rows = connection.sql(
        f"SELECT finding_id, problem_id, title, severity, events FROM ({_NEWEST})"
        ' WHERE NOT withdrawn AND coalesce("until" > now(), TRUE)'
        " AND (starts_with(finding_id, $name) OR finding_id IN (SELECT unnest($incident)))"
        " ORDER BY finding_id",
        params={"name": name, "incident": incident},
    )
    found: list[dict[str, Any]] = rows.to_arrow_table().to_pylist()
    if not found:
        raise UsageError(
            f"No finding `{name}` is accepted.", hint="`forensics accept` lists those that are."
        )
    return found


def _rows(connection: duckdb.DuckDBPyConnection, query: str, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        connection.sql(query, params={"name": name}).to_arrow_table().to_pylist()
    )
    return rows


_LAST_FINDINGS = """
    SELECT f.finding_id, f.problem_id, f.title, f.severity, f.incident_id,
        list(DISTINCT e.event_id ORDER BY e.event_id) AS events
    FROM findings AS f
    INNER JOIN evidence AS e USING (finding_id)
    WHERE f.run_at = (SELECT max(run_at) FROM runs)
        AND (starts_with(f.finding_id, $name) OR starts_with(f.incident_id, $name))
    GROUP BY ALL
    ORDER BY f.finding_id"""
