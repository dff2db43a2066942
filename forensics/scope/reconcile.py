"""Provider, broker and ledger against each other."""

import duckdb

from forensics.model.reconciliation import Reconciliation
from forensics.scope.queries import rows, sql


def reconcile(connection: duckdb.DuckDBPyConnection) -> list[Reconciliation]:
    """Every pair of logs that tell of the same effects, by class of effect and system.

    Args:
        connection: Has `events`, `coverage` and `effect_witnesses`.
    """
    return [Reconciliation(**row) for row in rows(connection, sql("reconcile"))]
