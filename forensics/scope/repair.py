"""What is to be undone or corrected, one row an excess effect or damaged record."""

from collections.abc import Sequence
from importlib.resources import files

import duckdb

from forensics.model.audit import Repair
from forensics.model.finding import Finding


def repairs(connection: duckdb.DuckDBPyConnection, findings: Sequence[Finding]) -> list[Repair]:
    """Rows in the order in which a person should work: worst finding first, then by time.

    Args:
        connection: After `assemble`.
        findings: In their order.
    """
    place = {finding.finding_id: number for number, finding in enumerate(findings)}
    text = files("forensics.scope").joinpath("repair.sql").read_text(encoding="utf-8")
    made = [Repair(**row) for row in connection.sql(text).to_arrow_table().to_pylist()]
    return sorted(
        made, key=lambda r: (place[r.finding_id], str(r.occurred_at), r.subject, r.evidence)
    )
