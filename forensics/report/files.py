"""Writes the files of an audit into a folder."""

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import duckdb

from forensics.model.audit import Audit, Repair
from forensics.model.shown import cell
from forensics.report.document import rendered
from forensics.report.page import page


def write(audit: Audit, connection: duckdb.DuckDBPyConnection, folder: Path) -> list[Path]:
    """Write page, documents and tables; returns their paths.

    Args:
        audit: What to report.
        connection: Has `candidate_evidence`, from which the evidence tables are written whole, but
            for an audience that may not see the whole case.
        folder: Where to; made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        folder / "findings.json": rendered(audit),
        folder / "repair.csv": repair_csv(audit.repairs).encode(),
        folder / "report.html": page(audit).encode(),
    }
    for path, content in contents.items():
        path.write_bytes(content)
    tables = () if audit.audience.is_outside else _tables(connection, folder)
    return [*contents, *tables]


def _tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[Path]:
    """Every event of the evidence, and of what was explained away."""
    columns = "finding_id, detector, pattern, event_id, role"
    evidence, suppressed = folder / "evidence.parquet", folder / "suppressed.parquet"
    _copy(
        connection, f"SELECT {columns} FROM candidate_evidence WHERE suppressor IS NULL", evidence
    )
    _copy(
        connection,
        f"SELECT {columns}, suppressor FROM candidate_evidence WHERE suppressor IS NOT NULL",
        suppressed,
    )
    return [evidence, suppressed]


def repair_csv(repairs: Sequence[Repair]) -> str:
    """The repair list; no cell of it is run as a formula by a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = [field.name for field in fields(Repair)]
    writer.writerow(names)
    for repair in repairs:
        writer.writerow([_cell(getattr(repair, name)) for name in names])
    return buffer.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else cell(str(value))


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    target = str(path).replace("'", "''")
    connection.execute(
        f"COPY ({query} ORDER BY ALL) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    )
