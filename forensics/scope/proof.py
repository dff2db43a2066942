"""The shortest proof of each finding: from what was done first to what was done again."""

import duckdb

from forensics.scope.queries import count, execute

_MOST_HOPS = 64
"""As far up as causes are followed from a finding; see `incidents.sql`."""


def prove(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `proofs(finding_id, hops, way)` and `proof_runs(finding_id, execution_id)`.

    The hops of a proof are the causes on the shortest way from a run of an original to one of a
    duplicate, up to a cause of both and down again: over ids and, in a chain that was found by
    values, over those. A finding between whose sides no cause leads has no row: names join them.

    Args:
        connection: Has `finding_events`, `finding_effects`, `found_witnesses`, `candidates`,
            `linked_executions` and `inferred_causes`.
    """
    execute(connection, "proof_start", "proof_meet")
    for hops in range(_MOST_HOPS):
        if not count(connection, f"proof_climbs WHERE hops = {hops}"):
            break
        execute(connection, "proof_step", "proof_meet")
    execute(connection, "proof_runs")
