"""The log lines behind findings, for people."""

from collections.abc import Sequence

import duckdb

from forensics.model.audit import EvidenceLine
from forensics.scope.queries import sql

LINES_PER_FINDING = 50
"""Enough to see what happened; the whole evidence is in the tables."""
LINES_OF_THE_REST = 2
"""Enough to draw a finding that is not shown: an original and its first duplicate."""


def evidence_lines(
    connection: duckdb.DuckDBPyConnection, relation: str, *, shown: Sequence[str]
) -> list[EvidenceLine]:
    """Lines of evidence that matter most, in order of time within each finding.

    Args:
        connection: Has the view `events`.
        relation: Rows with `finding_id`, `role` and `event_id`: a table, with a WHERE if need be.
        shown: Ids of the findings that get fifty lines with their records; the rest get two
            without.
    """
    rows = (
        connection.sql(
            sql("evidence").replace("named_relation", relation),
            params={"shown": list(shown), "most": LINES_PER_FINDING, "rest": LINES_OF_THE_REST},
        )
        .to_arrow_table()
        .to_pylist()
    )
    return [EvidenceLine(**row) for row in rows]
