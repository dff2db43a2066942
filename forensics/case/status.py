"""What a finding is beside the case's last run: new, growing or recurring."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files

import duckdb

from forensics.model.finding import Finding


def with_status(connection: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> list[Finding]:
    """Compare with the run that the case holds: an episode is known by shared evidence.

    Args:
        connection: Has `candidates`, `candidate_evidence` and the views of the case.
        found: What this run found.
    """
    if not connection.execute("SELECT EXISTS (FROM evidence)").fetchall()[0][0]:
        return list(found)
    text = files("forensics.case").joinpath("status.sql").read_text(encoding="utf-8")
    has_grown = dict(connection.execute(text).fetchall())
    words = {None: "new", False: "recurring", True: "growing"}
    return [replace(finding, status=words[has_grown.get(finding.finding_id)]) for finding in found]
