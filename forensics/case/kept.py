"""What a run leaves in the tables of its case."""

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from forensics.detect.registry import DETECTORS
from forensics.model.audit import Audit
from forensics.report.document import rendered
from forensics.store.case_store import CaseStore, Change
from forensics.store.data_file import WRITTEN_AS
from forensics.store.schema import FINDINGS, RUNS, TABLES
from forensics.store.views import literal


def kept(store: CaseStore, connection: duckdb.DuckDBPyConnection, result: Audit) -> list[Change]:
    """The run's findings beside those of earlier runs; its evidence in place of theirs.

    Args:
        store: The case.
        connection: Has `candidate_evidence`.
        result: The run.
    """
    rows = [
        {
            "finding_id": f.finding_id,
            "problem_id": f.problem_id,
            "detector": f.detector,
            "pattern": f.pattern,
            "title": f.explanation.title,
            "severity": f.severity.value,
            "grade": f.grade.value,
            "status": f.status,
            "first_at": f.first_at,
            "last_at": f.last_at,
            "excess": f.excess,
            "incident_id": f.incident_id,
            "run_at": result.run.at,
            "document": orjson.dumps(f, default=str).decode(),
        }
        for f in result.findings
    ]
    run = {
        "run_at": result.run.at,
        "findings": len(rows),
        "tool_version": result.run.tool_version,
        "document": rendered(result).decode(),
        "resolved": [one.finding_id for one in result.gone if one.status == "resolved"],
    }
    changes = [
        _written(store, "findings", pa.Table.from_pylist(rows, FINDINGS)),
        _written(store, "runs", pa.Table.from_pylist([run], RUNS)),
    ]
    whole = (
        len(result.run.detectors) == len(DETECTORS)
        and result.run.since is None
        and result.run.until is None
    )
    return [
        *changes,
        _kept_evidence(store, connection, "evidence", "suppressor IS NULL", whole=whole),
        _kept_evidence(store, connection, "suppressed", "suppressor IS NOT NULL", whole=whole),
    ]


def _kept_evidence(
    store: CaseStore, connection: duckdb.DuckDBPyConnection, table: str, chosen: str, *, whole: bool
) -> Change:
    """The run's evidence in place of that of earlier runs, or beside what it did not look at."""
    columns = ", ".join(TABLES[table].names)
    query = f"SELECT {columns} FROM candidate_evidence WHERE {chosen}"
    if not whole:
        query += f"""
            UNION ALL SELECT {columns} FROM {table}
            WHERE finding_id NOT IN (SELECT finding_id FROM candidates)"""
    target = store.new_file(table)
    count = connection.execute(
        f"COPY ({query} ORDER BY ALL) TO {literal(str(target))} ({WRITTEN_AS})"
    ).fetchall()[0][0]
    return Change(table=table, add=[(target, count)], remove=store.files(table))


def _written(store: CaseStore, table: str, rows: pa.Table) -> Change:
    path = store.new_file(table)
    pq.write_table(rows, path, compression="zstd")
    return Change(table=table, add=[(path, rows.num_rows)])
