"""An outbox with two dispatchers: what its own log of dispatches shows, against the receiver."""

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors import registry
from forensics.case.case import Case
from forensics.model.record import SourceSpec

RECORDING = Path(__file__).parents[2] / "data" / "recordings" / "sqlite_outbox"
TRUTH = orjson.loads((RECORDING / "truth.json").read_bytes())
NOT_IN_THE_LOG = "crash-004"
"""Its dispatcher was killed before it could note the first of the two sendings."""


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Detector to the events of the outbox that it accuses."""
    folder = tmp_path_factory.mktemp("outbox")
    (folder / "app.db").write_bytes(gzip.decompress((RECORDING / "app.db.gz").read_bytes()))
    case = Case(folder / "case", registry)
    source = SourceSpec(
        name="dispatches",
        address=f"sqlite://{folder}/app.db?table=dispatch_log",
        formats=(str(RECORDING / "dispatches.toml"),),
    )
    case.ingest([source])
    audit = case.audit()
    kinds = {finding.finding_id: finding.detector for finding in audit.findings}
    found: dict[str, set[str]] = {}
    rows = case.sql("""
        SELECT DISTINCT finding_id, operation_key FROM evidence JOIN events USING (event_id)
        WHERE role IN ('original', 'duplicate')""")
    for row in rows.iter_rows(named=True):
        found.setdefault(kinds[row["finding_id"]], set()).add(row["operation_key"])
    return found


def told(kind: str) -> list[dict[str, Any]]:
    return [fault for fault in TRUTH["findings"] if fault["kind"] == kind]


def test_what_two_dispatchers_sent_twice_is_found_and_nothing_else(
    findings: dict[str, set[str]],
) -> None:
    twice = told("duplicate_side_effect")
    visible = {fault["keys"][-1] for fault in twice if fault["keys"][0] != NOT_IN_THE_LOG}

    assert len(twice) == len(visible) + 1
    assert findings["duplicate_side_effect"] == visible


def test_what_was_refused_again_and_again_is_a_storm(findings: dict[str, set[str]]) -> None:
    assert findings["retry_storm"] == {fault["keys"][-1] for fault in told("retry_storm")}
