"""What a finding is beside the case's last run: new, growing or recurring."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files

import duckdb

from forensics.model.finding import Finding, Severity


def with_status(connection: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> list[Finding]:
    """Compare with the run that the case holds: an episode is known by shared evidence.

    Args:
        connection: Has `candidates`, `candidate_evidence` and the views of the case.
        found: What this run found.
    """
    if not connection.execute("SELECT EXISTS (FROM evidence)").fetchall()[0][0]:
        return list(found)
    text = files("forensics.case").joinpath("status.sql").read_text(encoding="utf-8")
    known = {row[0]: row[1:] for row in connection.execute(text).fetchall()}
    return [replace(finding, status=_word(finding, known)) for finding in found]


def _word(finding: Finding, known: Mapping[str, tuple[bool, Sequence[str]]]) -> str:
    """More evidence is growth, and so is a finding that weighs more than it did."""
    if finding.finding_id not in known:
        return "new"
    has_grown, severities = known[finding.finding_id]
    weighs_more = all(finding.severity.rank < Severity(held).rank for held in severities)
    return "growing" if has_grown or weighs_more else "recurring"
