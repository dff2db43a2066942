"""PostgreSQL's recording: its audit table, against what those who drove it noted."""

from pathlib import Path

import orjson
import pytest

from connectors import registry
from forensics.case.case import Case
from forensics.model.audit import Audit
from forensics.model.finding import Verdict
from forensics.model.record import SourceSpec

RECORDING = Path(__file__).parents[1] / "data" / "recordings" / "postgresql_audit"
TRUTH = orjson.loads((RECORDING / "truth.json").read_bytes())["findings"]
PATTERNS = {
    "duplicate_side_effect": "same_key",
    "check_then_insert_double_booking": "twin_create",
    "recursive_chain": "loop",
}
"""What is planted and can be seen in the table, to the pattern that finds it."""
ASKS_FOR_READS = {"lost_update", "check_then_act"}
"""What was planted and no table of changes shows: from which reading a value was computed."""


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    case = Case(tmp_path_factory.mktemp("audit") / "case", registry)
    table = str(RECORDING / "audit_log.csv.gz")
    formats = (str(RECORDING / "shop.toml"),)
    (account,) = case.ingest([SourceSpec(name="audit", address=table, formats=formats)])
    assert account.events == account.read
    return case.audit()


def test_what_the_table_can_show_is_found_and_nothing_else(audit: Audit) -> None:
    planted = {
        (PATTERNS[kind], key.replace(" ", "T"))
        for fault in TRUTH
        if (kind := fault.get("subkind", fault["kind"])) in PATTERNS
        for key in fault["keys"]
    }
    told = {(found.pattern, found.explanation.title) for found in audit.findings}

    assert len(planted) == len(told)
    for pattern, key in planted:
        assert [title for name, title in told if name == pattern and key[:22] in title]


def test_what_it_cannot_show_is_blind(audit: Audit) -> None:
    blind = {v.pattern for v in audit.verdicts if v.verdict is Verdict.BLIND}

    assert blind >= ASKS_FOR_READS


def test_it_is_known_without_a_mapping_and_accuses_nobody(tmp_path: Path) -> None:
    case = Case(tmp_path / "case", registry)
    (account,) = case.ingest([f"audit={RECORDING / 'audit_log.csv.gz'}"])

    assert account.formats == ["audit_table"]
    assert account.events == account.read
    assert list(case.audit().findings) == []
