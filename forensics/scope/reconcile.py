"""Provider, broker and ledger against each other."""

from typing import Any

import duckdb

from forensics.model.reconciliation import Period, Reconciliation
from forensics.scope.queries import execute, rows, sql


def reconcile(connection: duckdb.DuckDBPyConnection) -> list[Reconciliation]:
    """Every pair of logs that tell of the same effects, by class of effect and system.

    Leaves `tied_effects` behind: what each pair says of each effect.

    Args:
        connection: Has `events`, `coverage` and `effect_witnesses`.
    """
    execute(connection, "tied_effects")
    return [_reconciliation(row) for row in rows(connection, sql("reconcile"))]


def _reconciliation(row: dict[str, Any]) -> Reconciliation:
    left, right = (
        Period(**whole) if (whole := row.pop(side)) else None
        for side in ("left_whole", "right_whole")
    )
    complete = left is not None and right is not None
    return Reconciliation(**row, left_whole=left, right_whole=right, complete=complete)
