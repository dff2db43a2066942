"""What is to be undone or corrected, one row an excess effect or damaged record."""

from collections.abc import Sequence

import duckdb

from forensics.model.audit import Repair
from forensics.model.finding import Finding
from forensics.scope.queries import execute, rows


def repairs(connection: duckdb.DuckDBPyConnection, findings: Sequence[Finding]) -> list[Repair]:
    """Rows in the order in which a person should work: worst finding first, then by time.

    Args:
        connection: After `assemble`.
        findings: Those to be mended, in their order.
    """
    place = {finding.finding_id: number for number, finding in enumerate(findings)}
    execute(connection, "repair")
    made = [Repair(**row) for row in rows(connection, "FROM repair_rows")]
    return sorted(
        (row for row in made if row.finding_id in place),
        key=lambda r: (place[r.finding_id], str(r.occurred_at), r.subject, r.evidence),
    )
